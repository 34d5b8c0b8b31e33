"""Against a hospital's archive (Orthanc): a study out of it, its results back into it, once each.

Skipped where Orthanc, its DICOMweb plugin or dcmtk is missing (Debian packages, see .ci/run).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import dcmread

from pipeline.export.readback import check_segmentation
from pipeline.geometry import load_volume
from pipeline.node.outbox import parcels
from pipeline.node.send import send
from pipeline.settings import load_settings

from .archive import output_with
from .certificates import Certificates, make_certificates
from .hospital import Hospital, cases_of, hospital, nvc_send, settings_with, small_results
from .kills import Tally, send_despite_kills, tally
from .orthanc import orthanc
from .tls_front import tls_front

KINDS = {"segmentation", "measurements", "report", "key_image"}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with hospital(tmp_path_factory.mktemp("hospital")) as found:
        yield found


@pytest.fixture(scope="module", params=["C-STORE", "STOW-RS"])
def returned(request: pytest.FixtureRequest, day: Hospital) -> Iterator[Hospital]:
    """The results sent back by either service into an archive that has none yet."""
    assert day.archive.instances() == day.source_instances
    day.send(request.param)
    yield day
    for series in {made.series_instance_uid for made in day.sent.objects}:
        day.archive.delete_series(series)


def test_results_stand_in_the_patients_study(returned: Hospital) -> None:
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


def test_objects_come_back_over_rest_as_they_were_sent(returned: Hospital) -> None:
    for made in returned.sent.objects:
        found = dcmread(BytesIO(returned.archive.file(made.sop_instance_uid)))
        assert found == dcmread(returned.folder.root / made.file), made.kind


def test_dicomweb_finds_and_gives_them_back(returned: Hospital, tmp_path: Path) -> None:
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
    """Twenty studies out of the archive and back, the sender killed after random numbers of them.

    `make hospital` does the same with whole studies, run by the networks.
    """
    with orthanc(tmp_path / "archive") as archive:
        output = small_results(archive, tmp_path, studies=20)
        before = archive.instances()
        settings = settings_with(tmp_path / "s.yaml", archive.dimse_peer)
        held = send_despite_kills(archive, output, settings, 5, random.Random(5))

        sent = list(parcels(output))
        assert len(sent) == 64
        assert 0 < held[0] < held[-1] < len(sent)
        assert {parcel.case for parcel in sent} == {folder.case for folder in cases_of(output)}
        assert tally(archive, output) == Tally(20, len(sent), (), (), ())
        assert archive.instances() == before + len(sent)
        assert len(archive.get("/studies").json()) == 20

        again = next(parcel for parcel in sent if parcel.path.stem == "measurements")
        archive.store(again.path)  # a double would have been seen
        assert tally(archive, output).doubled == (again.sop_instance_uid,)


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


def test_nothing_is_sent_where_the_two_do_not_trust_each_other(
    tmp_path: Path, certificates: Certificates
) -> None:
    """Without TLS, with an authority that is not the archive's, with a stranger's certificate."""
    output = output_with(tmp_path / "out", studies=1, objects=1)
    ours, theirs = certificates.settings, make_certificates(tmp_path / "stranger").settings
    wrong = {
        "tls": {**ours, "tls": False},
        "authority": {**ours, "tls": True, "authority": theirs["authority"]},
        "certificate": {**theirs, "tls": True, "authority": ours["authority"]},
    }
    with (
        orthanc(tmp_path / "archive", certificates) as archive,
        tls_front(archive.http_port, certificates) as port,
    ):
        peers = []
        for lacking, encryption in wrong.items():
            scheme = "https" if encryption["tls"] else "http"
            url = f"{scheme}://localhost:{port}/dicom-web"
            peers.append(archive.dimse_peer | encryption | {"name": f"store-{lacking}"})
            peers.append(archive.web_peer | encryption | {"name": f"web-{lacking}", "url": url})
        ended = nvc_send(output, settings_with(tmp_path / "s.yaml", *peers, attempts=1))

        names = [peer["name"] for peer in peers]
        assert ended.returncode == 1
        assert ended.stdout.splitlines() == [f"{name}: 0 sent, 0 there before" for name in names]
        for name in names:
            assert f"nvc: {name}: " in ended.stderr
        assert "Traceback" not in ended.stderr
        assert archive.arrivals() == {}
