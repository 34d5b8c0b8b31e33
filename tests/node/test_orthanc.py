"""Against a hospital's archive (Orthanc): a study out of it, its results back into it, once each.

Skipped where Orthanc, its DICOMweb plugin or dcmtk is missing (Debian packages, see .ci/run).
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread

from pipeline.export.readback import check_segmentation
from pipeline.geometry import load_volume
from pipeline.node.send import send
from pipeline.settings import load_settings

from .archive import output_with
from .certificates import Certificates, make_certificates
from .hospital import Returned, hospital, nvc_send, send_command, settings_with
from .orthanc import Orthanc, orthanc
from .tls_front import tls_front

KINDS = {"segmentation", "measurements", "report", "key_image"}


@pytest.fixture(scope="module", params=["C-STORE", "STOW-RS"])
def returned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Returned]:
    with hospital(tmp_path_factory.mktemp("hospital"), request.param) as found:
        yield found


def test_results_stand_in_the_patients_study(returned: Returned) -> None:
    archive, sent = returned.archive, returned.sent
    assert {made.kind for made in sent.objects} == KINDS

    (patient,) = archive.get("/patients").json()
    (study,) = archive.get(f"/patients/{patient}").json()["Studies"]
    description = archive.get(f"/studies/{study}").json()
    assert description["MainDicomTags"]["StudyInstanceUID"] == sent.study_instance_uid
    series = [archive.get(f"/series/{found}").json()["MainDicomTags"]
              for found in description["Series"]]  # fmt: skip
    modalities = {one["SeriesInstanceUID"]: one["Modality"] for one in series}
    for made in sent.objects:
        original = dcmread(returned.folder.root / made.file)
        assert modalities[made.series_instance_uid] == original.Modality
    assert archive.instances() == returned.source_instances + len(sent.objects)


def test_objects_come_back_over_rest_as_they_were_sent(returned: Returned) -> None:
    for made in returned.sent.objects:
        found = dcmread(BytesIO(returned.archive.file(made.sop_instance_uid)))
        assert found == dcmread(returned.folder.root / made.file), made.kind


def test_dicomweb_finds_and_gives_them_back(returned: Returned, tmp_path: Path) -> None:
    """QIDO-RS for all, WADO-RS for each; the SEG still lies where the labels do."""
    client = DICOMwebClient(returned.archive.web_peer["url"])
    study = returned.sent.study_instance_uid
    found = client.search_for_instances(study)
    uids = {answer["00080018"]["Value"][0] for answer in found}
    assert {made.sop_instance_uid for made in returned.sent.objects} <= uids

    for made in returned.sent.objects:
        given = client.retrieve_instance(study, made.series_instance_uid, made.sop_instance_uid)
        assert given == dcmread(returned.folder.root / made.file), made.kind
        if made.kind == "segmentation":
            path = tmp_path / "seg.dcm"
            given.save_as(path, enforce_file_format=True)
            labels = load_volume(returned.folder.segmentation)
            checked = check_segmentation(path, labels, 0.1)
            assert {entry.segment for entry in checked} >= {1, 2, 3, 4, 5, 7}


def test_five_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """The sender is killed after a random number of arrivals; the archive counts every one."""
    output = output_with(tmp_path / "out", studies=20, objects=6)
    chance = random.Random(5)
    with orthanc(tmp_path / "archive") as archive:
        settings = settings_with(tmp_path / "s.yaml", archive.dimse_peer)
        for _ in range(5):
            process = subprocess.Popen(send_command(output, settings), stdout=subprocess.DEVNULL)
            wait_for(archive, archive.instances() + chance.randint(1, 12), process)
            time.sleep(chance.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        ended = nvc_send(output, settings)
        assert ended.returncode == 0, ended.stderr

        arrivals = archive.arrivals()
        assert len(archive.get("/studies").json()) == 20
        assert len(arrivals) == 120
        assert set(arrivals.values()) == {1}

        again = next(output.root.glob("studies/*/dicom/report_0.dcm"))
        archive.store(again)
        assert set(archive.arrivals().values()) == {1, 2}  # a double would have been seen


def wait_for(archive: Orthanc, instances: int, process: subprocess.Popen[bytes]) -> None:
    """Until the archive holds so many; the sender must still be at work then."""
    end = time.monotonic() + 180
    while archive.instances() < instances:
        assert process.poll() is None, "the sender ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "certificates")


def test_both_ways_are_encrypted_where_the_settings_say_so(
    tmp_path: Path, certificates: Certificates
) -> None:
    output = output_with(tmp_path / "out", studies=1, objects=2)
    with (
        orthanc(tmp_path / "archive", certificates) as archive,
        tls_front(archive.http_port, certificates) as port,
    ):
        web = {**archive.web_peer, "url": f"https://localhost:{port}/dicom-web", "tls": True}
        peers = (archive.dimse_peer, web | certificates.settings)
        settings = load_settings(settings_with(tmp_path / "s.yaml", *peers)).send
        by_store, by_web = send(output, settings)

        assert (by_store.sent, by_store.missing) == (2, [])
        assert (by_web.sent, by_web.missing) == (2, [])
        assert set(archive.arrivals().values()) == {2}  # once by each way


@pytest.mark.parametrize("lacking", ["tls", "authority", "certificate"])
def test_nothing_is_sent_where_the_two_do_not_trust_each_other(
    tmp_path: Path, certificates: Certificates, lacking: str
) -> None:
    output = output_with(tmp_path / "out", studies=1, objects=1)
    stranger = make_certificates(tmp_path / "stranger")
    with (
        orthanc(tmp_path / "archive", certificates) as archive,
        tls_front(archive.http_port, certificates) as port,
    ):
        scheme = "http" if lacking == "tls" else "https"
        wrong = certificates.settings
        if lacking == "authority":
            wrong["authority"] = stranger.settings["authority"]
        if lacking == "certificate":
            wrong |= {name: stranger.settings[name] for name in ("certificate", "key")}
        encryption = wrong | {"tls": lacking != "tls"}
        web = archive.web_peer | {"url": f"{scheme}://localhost:{port}/dicom-web"}
        peers = (archive.dimse_peer | encryption, web | encryption)
        path = settings_with(tmp_path / "s.yaml", *peers, attempts=1)
        ended = nvc_send(output, path)

        assert ended.returncode == 1
        assert ended.stdout.splitlines() == [
            "pacs: 0 sent, 0 there before", "web: 0 sent, 0 there before",
        ]  # fmt: skip
        assert "nvc: pacs: " in ended.stderr
        assert "nvc: web: " in ended.stderr
        assert "Traceback" not in ended.stderr
        assert archive.arrivals() == {}
