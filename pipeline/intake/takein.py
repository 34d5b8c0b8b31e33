"""The work of intake: from an input folder to manifests, links, identities and `intake.json`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NothingToReadError
from pipeline.files import write_text_if_changed
from pipeline.intake.archive import is_archive, unpack
from pipeline.intake.clinical import read_clinical, write_notes
from pipeline.intake.group import grouped
from pipeline.intake.header import Header
from pipeline.intake.links import link_series, remove_other_folders
from pipeline.intake.rules import load_rules
from pipeline.intake.scan import scan
from pipeline.intake.study import Study, study_of
from pipeline.intake.unusable import Unusable
from pipeline.intake.walk import FileEntry, shown, walk
from pipeline.paths import OutputFolder
from pipeline.records.identities import Identities
from pipeline.records.manifest import Intake, IntakeSeries, IntakeStudy, QuarantinedFile
from pipeline.settings import Settings

log = logging.getLogger("nvc")


@dataclass(frozen=True)
class _Found:
    """Files to read, those refused unread, and the folders that archives were unpacked into."""

    entries: list[FileEntry]
    refused: list[Unusable]
    unpacked: set[str]


def take_in(
    input_folder: Path,
    output: OutputFolder,
    settings: Settings,
    processes: int,
    clinical: Path | None,
) -> Intake:
    """See `pipeline.intake.run`."""
    output.create_private()
    sides = read_clinical(clinical) if clinical else {}
    rules = load_rules()
    found = _find(input_folder.resolve(), output)
    results = scan(found.entries, processes)
    unusable = [*found.refused, *(r for r in results if isinstance(r, Unusable))]
    groups = grouped((r for r in results if isinstance(r, Header)), rules)
    if not groups:
        raise NothingToReadError(_nothing(len(results) + len(found.refused)))
    studies = [study_of(series, settings.convert, rules) for series in groups.values()]
    studies.sort(key=lambda study: study.manifest.case)
    _write_studies(studies, output)
    numbered = _numbered(unusable)
    identities = _write_identities(studies, numbered, output)
    write_notes(sides, identities.cases, output)
    remove_other_folders(output.extracted, found.unpacked)
    intake = _summary(len(results) + len(found.refused), numbered, studies)
    intake.write(output.intake)
    log.info(
        "intake: %d files, %d studies, %d files not used",
        intake.files, len(intake.studies), len(numbered),
    )  # fmt: skip
    return intake


def _find(root: Path, output: OutputFolder) -> _Found:
    tree = walk(root)
    found = _Found([], [_closed(folder) for folder in tree.closed], set())
    for entry in tree.files:
        if not is_archive(entry.path):
            found.entries.append(entry)
            continue
        content = unpack(entry, output.extracted)
        found.entries.extend(content.files)
        found.refused.extend(Unusable(refused, reason) for refused, reason in content.refused)
        found.unpacked.update(folder.name for folder in content.folders)
    return found


def _closed(folder: Path) -> Unusable:
    return Unusable(FileEntry(folder, shown(folder), 0, 0), "a folder that cannot be opened")


def _nothing(files: int) -> str:
    if files == 0:
        return "the input folder is empty; give the folder that holds the DICOM files"
    return (
        f"no DICOM file among the {files} files of the input; give the folder that holds the "
        "DICOM files (zip archives are looked into)"
    )


def _write_studies(studies: Sequence[Study], output: OutputFolder) -> None:
    """Manifests and links of all studies; those of studies that are gone are removed."""
    for study in studies:
        _link(study, output)
        text = study.manifest.model_dump_json(indent=1) + "\n"
        write_text_if_changed(output.case(study.manifest.case).manifest, text)
    present = {study.manifest.case for study in studies}
    for manifest in output.work.glob("*/manifest.json"):
        if manifest.parent.name not in present:
            manifest.unlink()
    remove_other_folders(output.links, present)


def _link(study: Study, output: OutputFolder) -> None:
    case = study.manifest.case
    for index, headers in study.instances.items():
        link_series(output.series_links(case, index), [header.entry for header in headers])
    names = {output.series_links(case, index).name for index in study.instances}
    remove_other_folders(output.links / case, names)


def _numbered(unusable: Iterable[Unusable]) -> dict[str, Unusable]:
    """Unusable files by number, in the order of their paths."""
    ordered = sorted(unusable, key=lambda item: item.entry.shown)
    return {f"file-{number:06d}": item for number, item in enumerate(ordered, start=1)}


def _write_identities(
    studies: Sequence[Study], numbered: dict[str, Unusable], output: OutputFolder
) -> Identities:
    identities = Identities(
        cases={study.manifest.case: study.identity for study in studies},
        files={number: item.entry.shown for number, item in numbered.items()},
    )
    identities.write(output.identities)
    output.identities.chmod(0o600)
    return identities


def _summary(files: int, numbered: dict[str, Unusable], studies: Sequence[Study]) -> Intake:
    return Intake(
        files=files,
        quarantined=tuple(
            QuarantinedFile(file=number, reason=item.reason, what_to_do=item.what_to_do)
            for number, item in numbered.items()
        ),
        studies=tuple(_public(study) for study in studies),
    )


def _public(study: Study) -> IntakeStudy:
    fields = set(IntakeSeries.model_fields)
    return IntakeStudy(
        case=study.manifest.case,
        study_instance_uid=study.manifest.study_instance_uid,
        series=tuple(
            IntakeSeries(**entry.model_dump(include=fields)) for entry in study.manifest.series
        ),
    )
