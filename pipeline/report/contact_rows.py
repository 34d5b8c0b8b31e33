"""Vessel contact of one side in words and numbers: the cells of its column."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import OtherVessel, VesselContact
from pipeline.report.numbers import begun, filled, joined, shown_mm, shown_percent
from pipeline.report.place_links import contact_anchor, place_link
from pipeline.report.wording import Wording

NOTHING = Markup("")
_TOUCHING_MM = 0.05
"""A gap below this counts as none (pipeline.assess.grade)."""


@dataclass(frozen=True)
class ContactCells:
    """Writes the cells of one side. Every cell is empty where there is nothing to say."""

    side: Side
    contact: VesselContact
    wording: Wording

    def answer(self) -> Markup:
        """Contact or not, with the reasons where it cannot be said."""
        words, reasons = self.wording.texts.contact, self.reasons()
        answer = words.answer[self.contact.answer]
        if not reasons:
            return Markup.escape(answer)
        return filled(words.because, answer=answer, reasons=reasons)

    def reasons(self) -> str:
        """Why it cannot be said; nothing where it can."""
        if self.contact.answer != "cannot_say":
            return ""
        return self.wording.reasons(self.contact.reasons, "vessel_contact")

    def probability(self) -> Markup:
        """In words and rounded per cent, with the prevalence that was assumed.

        Its interval stays in the record: how often such intervals are right was not measured.
        """
        share = self.contact.probability
        if share is None:
            return NOTHING
        said = filled(
            self.wording.texts.contact.probability,
            words=self.wording.probability(share),
            percent=shown_percent(share, self._at("probability")),
        )
        return begun(self._with_prevalence(said))

    def grade(self) -> Markup:
        """What the vessel does to the nerve."""
        grade = self.contact.grade
        return NOTHING if grade is None else begun(self.wording.sentences.grade[grade])

    def gap(self) -> Markup:
        """The narrowest gap with its interval."""
        gap, interval = self.contact.min_distance_mm, self.contact.distance_interval_mm
        if gap is None:
            return NOTHING
        said = shown_mm(gap, self._at("min_distance_mm"))
        if interval is None:
            return self._linked(said)
        low, high = self._ends(interval)
        return filled(self.wording.texts.contact.gap, gap=self._linked(said), low=low, high=high)

    def why(self) -> Markup:
        """What the interval of the gap leaves open, and what an answer then rests on."""
        words, interval = self.wording.texts.contact.why, self.contact.distance_interval_mm
        if interval is None:
            return Markup.escape(words["unmeasured"])
        low, high = self._ends(interval)
        answered = self.contact.answer != "cannot_say"
        if interval[0] >= _TOUCHING_MM:
            return filled(words["gap" if answered else "contradicted"], low=low)
        if interval[1] < _TOUCHING_MM:
            return filled(words["touch"], high=high)
        return filled(words["weighed" if answered else "open"], high=high)

    def vessel(self) -> Markup:
        """Name of the nearest vessel."""
        vessel = self.contact.vessel
        return NOTHING if vessel is None else begun(self.wording.sentences.vessel[vessel.name])

    def place(self) -> Markup:
        """Part of the nerve and distance from the root exit point."""
        segment, distance = self.contact.segment, self.contact.distance_from_rexp_mm
        if segment is None:
            return NOTHING
        place = self.wording.sentences.place[segment]
        if distance is None:
            return begun(place)
        along = shown_mm(distance, self._at("distance_from_rexp_mm"))
        linked = self._linked(along)
        return begun(filled(self.wording.texts.contact.place, place=place, distance=linked))

    def others(self) -> Markup:
        """Further vessels near the nerve; those of one kind at one part of it are named once."""
        kinds = {(other.vessel.name, other.segment): other for other in self.contact.other_vessels}
        return joined([self._other(other) for other in kinds.values()], "; ")

    def base_rate(self) -> Markup:
        """How common the same is without symptoms, beside every contact."""
        if self.contact.answer != "yes":
            return NOTHING
        rates = self.wording.texts.base_rate
        rate = rates.cisternal if self.contact.segment == "CP" else rates.root_exit_zone
        return Markup.escape(rate)

    def _other(self, other: OtherVessel) -> Markup:
        words = self.wording.sentences
        pattern = self.wording.texts.contact.other_vessel
        name, place = words.vessel[other.vessel.name], words.place[other.segment]
        said = begun(filled(pattern, name=name, place=place))
        return place_link(said, contact_anchor(self.side), other.point_lps_mm)

    def _linked(self, said: Markup) -> Markup:
        return place_link(said, contact_anchor(self.side), self.contact.point_lps_mm)

    def _ends(self, interval: tuple[float, float]) -> tuple[Markup, Markup]:
        """Both ends of the gap's interval, bound to the record."""
        low = shown_mm(interval[0], self._at("distance_interval_mm.0"))
        return low, shown_mm(interval[1], self._at("distance_interval_mm.1"))

    def _with_prevalence(self, said: Markup) -> Markup:
        assumed = self.contact.prevalence_assumed
        if assumed is None:
            return said
        share = shown_percent(assumed, self._at("prevalence_assumed"))
        pattern = self.wording.texts.contact.prevalence
        return filled(pattern, probability=said, percent=share)

    def _at(self, field: str) -> str:
        return f"sides.{self.side}.vessel_contact.{field}"
