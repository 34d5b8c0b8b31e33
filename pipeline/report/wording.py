"""The tables of words that a page is written with: its own, and those of the findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.assess.sentences import Sentences, load_sentences
from pipeline.records.findings import Reason
from pipeline.report.text_part import FindingName
from pipeline.report.texts import ReportTexts, load_texts


@dataclass(frozen=True)
class Wording:
    """texts: of the page. sentences: of the findings, so that both use the same words."""

    texts: ReportTexts
    sentences: Sentences

    def reasons(self, reasons: Iterable[Reason], finding: FindingName) -> str:
        """Reasons in words, as they apply to a finding, joined by commas."""
        return ", ".join(self.sentences.reason_text(reason, finding) for reason in reasons)

    def probability(self, share: float) -> str:
        """A probability in words."""
        rows = self.texts.probability_words
        return next((words for lowest, words in rows if 100 * share >= lowest), rows[-1][1])


def load_wording() -> Wording:
    """Both tables."""
    return Wording(load_texts(), load_sentences())
