"""Vessel contact of one side in words and numbers: the cells of its column."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pipeline.records.base import Side
from pipeline.records.findings import OtherVessel, Vessel, VesselContact
from pipeline.report.numbers import begun, filled, joined, shown_mm, shown_percent
from pipeline.report.wording import Wording

NOTHING = Markup("")


@dataclass(frozen=True)
class ContactCells:
    """Writes the cells of one side. Every cell is empty where there is nothing to say."""

    side: Side
    contact: VesselContact
    wording: Wording

    def answer(self) -> Markup:
        """Contact or not, with the reasons where it cannot be said."""
        words = self.wording.texts.contact
        answer = words.answer[self.contact.answer]
        if not self.contact.reasons or self.contact.answer != "cannot_say":
            return Markup.escape(answer)
        reasons = self.wording.reasons(self.contact.reasons, "vessel_contact")
        return filled(words.because, answer=answer, reasons=reasons)

    def probability(self) -> Markup:
        """In words and rounded per cent, with interval and the prevalence that was assumed."""
        share, interval = self.contact.probability, self.contact.probability_interval
        if share is None:
            return NOTHING
        words = self.wording.texts.contact
        parts = {
            "words": self.wording.probability(share),
            "percent": shown_percent(share, self._at("probability")),
        }
        said = filled(words.probability_alone, **parts)
        if interval is not None:
            low = shown_percent(interval[0], self._at("probability_interval.0"))
            high = shown_percent(interval[1], self._at("probability_interval.1"))
            said = filled(words.probability, **parts, low=low, high=high)
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
            return said
        low = shown_mm(interval[0], self._at("distance_interval_mm.0"))
        high = shown_mm(interval[1], self._at("distance_interval_mm.1"))
        return filled(self.wording.texts.contact.gap, gap=said, low=low, high=high)

    def vessel(self) -> Markup:
        """Name and width of the nearest vessel."""
        vessel = self.contact.vessel
        return NOTHING if vessel is None else begun(self._named(vessel))

    def place(self) -> Markup:
        """Part of the nerve and distance from the root exit point."""
        segment, distance = self.contact.segment, self.contact.distance_from_rexp_mm
        if segment is None:
            return NOTHING
        place = self.wording.sentences.place[segment]
        if distance is None:
            return begun(place)
        along = shown_mm(distance, self._at("distance_from_rexp_mm"))
        return begun(filled(self.wording.texts.contact.place, place=place, distance=along))

    def length(self) -> Markup:
        """Length of nerve in contact."""
        length = self.contact.contact_length_mm
        if length is None or self.contact.answer == "no":
            return NOTHING
        return shown_mm(length, self._at("contact_length_mm"))

    def shape(self) -> Markup:
        """Displacement and indentation, where there is contact."""
        if self.contact.answer != "yes":
            return NOTHING
        words, values = self.wording.texts.contact, {}
        if self.contact.deviation_mm is not None:
            values["deviation"] = shown_mm(self.contact.deviation_mm, self._at("deviation_mm"))
        if self.contact.indentation_fraction is not None:
            values["indentation"] = shown_percent(
                self.contact.indentation_fraction, self._at("indentation_fraction")
            )
        patterns = {
            ("deviation",): words.deviation,
            ("indentation",): words.indentation,
            ("deviation", "indentation"): words.deviation_and_indentation,
        }
        return begun(filled(patterns[tuple(values)], **values)) if values else NOTHING

    def others(self) -> Markup:
        """Further vessels near the nerve."""
        lines = [self._other(n, other) for n, other in enumerate(self.contact.other_vessels)]
        return joined(lines, "; ")

    def base_rate(self) -> Markup:
        """How common the same is without symptoms, beside every contact."""
        if self.contact.answer != "yes":
            return NOTHING
        rates = self.wording.texts.base_rate
        rate = rates.cisternal if self.contact.segment == "CP" else rates.root_exit_zone
        return Markup.escape(rate)

    def _other(self, number: int, other: OtherVessel) -> Markup:
        gap = shown_mm(other.min_distance_mm, self._at(f"other_vessels.{number}.min_distance_mm"))
        words = self.wording.sentences
        pattern = self.wording.texts.contact.other_vessel
        name, place = words.vessel[other.vessel.name], words.place[other.segment]
        return begun(filled(pattern, name=name, place=place, gap=gap))

    def _named(self, vessel: Vessel) -> Markup:
        name = self.wording.sentences.vessel[vessel.name]
        if vessel.diameter_mm is None:
            return Markup.escape(name)
        width = shown_mm(vessel.diameter_mm, self._at("vessel.diameter_mm"))
        pattern = self.wording.texts.contact.vessel_with_calibre
        return filled(pattern, name=name, diameter=width)

    def _with_prevalence(self, said: Markup) -> Markup:
        assumed = self.contact.prevalence_assumed
        if assumed is None:
            return said
        share = shown_percent(assumed, self._at("prevalence_assumed"))
        pattern = self.wording.texts.contact.prevalence
        return filled(pattern, probability=said, percent=share)

    def _at(self, field: str) -> str:
        return f"sides.{self.side}.vessel_contact.{field}"
