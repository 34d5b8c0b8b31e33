"""Every object arrives once: after failures, after refusals, and after a kill at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.node.ledger import open_ledger
from pipeline.node.send import send
from pipeline.settings import load_settings

from .archive import Archive, output_with, settings_file

# pynetdicom leaves the socket of a failed connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_everything_is_sent_once_and_not_again(tmp_path: Path) -> None:
    output = output_with(tmp_path / "out", studies=2, objects=3)
    with Archive().running() as archive:
        settings = load_settings(settings_file(tmp_path / "s.yaml", archive.port)).send
        first, second = send(output, settings)[0], send(output, settings)[0]

    assert (first.sent, first.known, first.missing) == (6, 0, [])
    assert (second.sent, second.known) == (0, 6)
    assert set(archive.stored.values()) == {1}
    assert len(archive.stored) == 6


def test_a_busy_archive_is_asked_again(tmp_path: Path) -> None:
    output = output_with(tmp_path / "out", studies=1, objects=2)
    with Archive(failures=2).running() as archive:
        settings = load_settings(settings_file(tmp_path / "s.yaml", archive.port)).send
        done = send(output, settings)[0]

    assert (done.sent, done.missing) == (2, [])


def test_a_refused_object_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    output = output_with(tmp_path / "out", studies=2, objects=1)
    with Archive(refuses="1.2.3.1.7.1").running() as archive:
        settings = load_settings(settings_file(tmp_path / "s.yaml", archive.port)).send
        done = send(output, settings)[0]

    assert done.sent == 1
    assert [reason for _, reason in done.missing] == ["refused (status C000)"]


def test_an_archive_that_is_not_there_loses_nothing(tmp_path: Path) -> None:
    output = output_with(tmp_path / "out", studies=1, objects=2)
    with Archive().running() as archive:
        port = archive.port
    gone = load_settings(settings_file(tmp_path / "s.yaml", port, attempts=1)).send
    assert len(send(output, gone)[0].missing) == 2

    with Archive().running() as archive:
        there = load_settings(settings_file(tmp_path / "s.yaml", archive.port)).send
        assert send(output, there)[0].sent == 2


def test_what_arrived_before_a_kill_is_not_sent_again(tmp_path: Path) -> None:
    output = output_with(tmp_path / "out", studies=1, objects=1)
    uid = "1.2.3.1.7.1"
    with Archive().running() as archive:
        archive.stored[uid] = 1
        output.create_private()
        with open_ledger(output.ledger) as ledger:
            ledger.record("pacs", uid, "sending")
        settings = load_settings(settings_file(tmp_path / "s.yaml", archive.port)).send
        send(output, settings)

    assert archive.stored[uid] == 1


def test_without_a_peer_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"send\.peers"):
        send(output_with(tmp_path, 1, 1), load_settings().send)


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """More of them, and with more studies, against Orthanc."""
    output = output_with(tmp_path / "out", studies=6, objects=3)
    chance = random.Random(5)
    with Archive(delay_s=0.1).running() as archive:
        settings = settings_file(tmp_path / "s.yaml", archive.port)
        command = [sys.executable, "-m", "pipeline.cli", "send", str(output.root)]
        command += ["--settings", str(settings)]
        for _ in range(2):
            before = sum(archive.stored.values())
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            wait_for_more(archive, before, process)
            time.sleep(chance.uniform(0, 0.4))
            process.send_signal(signal.SIGKILL)
            process.wait()
        ended = subprocess.run(command, check=False, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stderr
    assert len(archive.stored) == 18
    assert set(archive.stored.values()) == {1}


def wait_for_more(archive: Archive, before: int, process: subprocess.Popen[bytes]) -> None:
    """Until the sender has got something across, so that the kill meets it at work."""
    end = time.monotonic() + 120
    while sum(archive.stored.values()) == before and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)
