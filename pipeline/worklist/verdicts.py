"""Readers' verdicts: brought in as files, kept beside the studies, counted for the worklist."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.paths import CaseFolder, OutputFolder
from pipeline.records.base import Record
from pipeline.records.findings import Findings
from pipeline.records.verdict import JUDGED, Verdict
from pipeline.records.worklist import Agreement, ReviewState

Verdicts = Mapping[str, Sequence[Verdict]]
"""Verdicts by case, the earliest first."""


@dataclass(frozen=True)
class Refused:
    """A file that could not be brought in. file: its name, without the folder."""

    file: str
    reason: str


class ToReview(Record):
    """Cases that a reader disagreed with: to be looked at before they are trained on.

    cases: to the files of the verdicts, relative to the output folder.
    """

    schema_version: str = "1.0"
    cases: dict[str, tuple[str, ...]]


def bring_in(output: OutputFolder, files: Iterable[Path]) -> tuple[list[Verdict], list[Refused]]:
    """Keep the verdicts of `files`; a file that is brought in twice counts once.

    Returns what was kept and what was refused, with the reason. The files stay as they are.
    """
    kept, refused = [], []
    for file in files:
        found = _verdict(output, file)
        if isinstance(found, Verdict):
            found.write(_place(output, found))
            kept.append(found)
        else:
            refused.append(Refused(file.name, found))
    _write_to_review(output)
    return kept, refused


def read_verdicts(output: OutputFolder) -> Verdicts:
    """Everything that was brought in; what is no verdict any more is passed over."""
    found: defaultdict[str, list[Verdict]] = defaultdict(list)
    for path in sorted(output.verdicts.glob("*.json")):
        try:
            verdict = Verdict.read(path)
        except (OSError, ValueError):
            continue
        found[verdict.case].append(verdict)
    return {case: sorted(said, key=lambda one: one.written) for case, said in found.items()}


def review_state(folder: CaseFolder, said: Sequence[Verdict]) -> ReviewState:
    """What readers said of a study; only what was said of its present record counts."""
    if not said:
        return "open"
    current = findings_checksum(folder)
    of_this = [verdict for verdict in said if verdict.findings_sha256 == current]
    if not of_this:
        return "outdated"
    return "disagrees" if any(verdict.disagrees for verdict in of_this) else "agrees"


def agreement(verdicts: Verdicts) -> tuple[Agreement, ...]:
    """How often readers agreed, by finding; nothing where nobody said anything."""
    said = [verdict for of_case in verdicts.values() for verdict in of_case]
    if not said:
        return ()
    rows = []
    for finding in JUDGED:
        counts = Counter(opinion for verdict in said for opinion in verdict.opinions(finding))
        rows.append(
            Agreement(
                finding=finding,
                agree=counts["agree"],
                disagree=counts["disagree"],
                unsure=counts["unsure"],
            )
        )
    return tuple(rows)


def findings_checksum(folder: CaseFolder) -> str:
    """sha256 of the record of a study; empty where it cannot be read."""
    try:
        return hashlib.sha256(folder.findings.read_bytes()).hexdigest()
    except OSError:
        return ""


def _verdict(output: OutputFolder, file: Path) -> Verdict | str:
    """The verdict in a file, or why it cannot be used."""
    try:
        verdict = Verdict.read(file)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except ValidationError as error:
        return f"is no verdict of a report page ({_first_fault(error)})"
    except ValueError:
        return "is no verdict of a report page (not a text file)"
    try:
        findings = Findings.read(output.case(verdict.case).findings)
    except (OSError, ValueError):
        return f"belongs to case {verdict.case}, which is not in this output folder"
    if findings.study_instance_uid != verdict.study_instance_uid:
        return "names another study than its case"
    return verdict


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(str(step) for step in fault["loc"]) or "the file"
    return f"{place}: {fault['msg']}"


def _place(output: OutputFolder, verdict: Verdict) -> Path:
    """Where a verdict is kept; the same one always at the same place."""
    digest = hashlib.sha256(verdict.model_dump_json().encode()).hexdigest()[:12]
    return output.verdicts / f"{verdict.case}-{verdict.reader}-{digest}.json"


def _write_to_review(output: OutputFolder) -> None:
    cases = {
        case: tuple(output.relative(_place(output, verdict)) for verdict in said)
        for case, said in read_verdicts(output).items()
        if any(verdict.disagrees for verdict in said)
    }
    ToReview(cases=cases).write(output.to_review)
