"""A sender that is killed again and again, and what its archive holds in the end."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pydicom import dcmread

from pipeline.node.outbox import parcels
from pipeline.paths import OutputFolder
from pipeline.records.manifest import Intake

from .hospital import nvc_send, send_command
from .orthanc import Orthanc

_PATIENCE_S = 300.0


def send_despite_kills(
    archive: Orthanc, output: OutputFolder, settings: Path, kills: int, chance: random.Random
) -> list[int]:
    """Kill `nvc send` with SIGKILL so often, each time while it works, then let it come to its end.

    Returns how many results the archive held at each kill. The moments are random: a share of
    what is left to send, and then up to the time of one object.
    """
    total, before = len(list(parcels(output))), archive.instances()
    held = []
    for left in range(kills, 0, -1):
        there = archive.instances() - before
        more = chance.randint(1, max(1, (total - there) // (left + 1)))
        process = subprocess.Popen(send_command(output, settings), stdout=subprocess.DEVNULL)
        _wait_for(archive, before + there + more, process)
        time.sleep(chance.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        held.append(archive.instances() - before)
    ended = nvc_send(output, settings)
    assert ended.returncode == 0, ended.stderr
    return held


def _wait_for(archive: Orthanc, instances: int, process: subprocess.Popen[bytes]) -> None:
    """Until the archive holds so many; the sender must still be at work then."""
    end = time.monotonic() + _PATIENCE_S
    while archive.instances() < instances:
        assert process.poll() is None, "the sender ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.005)


@dataclass(frozen=True)
class Tally:
    """What became of the results of an output folder in an archive.

    studies: with at least one result. lost: UIDs that are not there. doubled: UIDs that came in
    more than once. altered: UIDs whose object is not that of the file, or in another study.
    """

    studies: int
    objects: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    altered: tuple[str, ...]


def tally(archive: Orthanc, output: OutputFolder) -> Tally:
    """Compare every released object of an output folder with what the archive received."""
    arrivals = archive.arrivals()
    studies = {study.case: study.study_instance_uid for study in Intake.read(output.intake).studies}
    sent = list(parcels(output))
    there = [parcel for parcel in sent if arrivals[parcel.sop_instance_uid]]
    altered = []
    for parcel in there:
        found = dcmread(BytesIO(archive.file(parcel.sop_instance_uid)))
        same = found == dcmread(parcel.path)
        if not same or found.StudyInstanceUID != studies[parcel.case]:
            altered.append(parcel.sop_instance_uid)
    return Tally(
        studies=len({parcel.case for parcel in there}),
        objects=len(there),
        lost=tuple(p.sop_instance_uid for p in sent if not arrivals[p.sop_instance_uid]),
        doubled=tuple(p.sop_instance_uid for p in sent if arrivals[p.sop_instance_uid] > 1),
        altered=tuple(altered),
    )
