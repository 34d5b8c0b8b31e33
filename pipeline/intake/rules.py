"""The rules of configs/series_rules.yaml: reading them, and finding those that hold."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from pipeline.errors import UsageError
from pipeline.intake.signals import SignalName, Signals
from pipeline.settings import CONFIGS

RULES_FILE = CONFIGS / "series_rules.yaml"
Target = Literal["t2", "tof", "t1", "other", "contrast"]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _without_accents(text: str) -> str:
    """So that "postérieure" is one word to patterns that know the letters a to z."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _valid(pattern: str) -> str:
    try:
        _compiled(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_valid)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Rule):
    """On one signal; a plain text in the file stands for `matches`."""

    matches: Pattern | None = None
    lacks: Pattern | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: Any) -> Any:
        return {"matches": value} if isinstance(value, str) else value

    def holds(self, value: str | float | None) -> bool:
        """Whether a signal meets the condition; a missing one meets `lacks` alone."""
        if value is None:
            return self.matches is None and self.at_least is None and self.at_most is None
        if isinstance(value, str):
            return self._holds_for_text(value)
        return self._holds_for_number(value)

    def _holds_for_text(self, text: str) -> bool:
        text = _without_accents(text)
        found = self.matches is None or _compiled(self.matches).search(text) is not None
        clear = self.lacks is None or _compiled(self.lacks).search(text) is None
        return found and clear

    def _holds_for_number(self, number: float) -> bool:
        enough = self.at_least is None or number >= self.at_least
        return enough and (self.at_most is None or number <= self.at_most)


class _Conditional(_Rule):
    because: str
    when: dict[SignalName, Condition]

    def holds(self, signals: Signals) -> bool:
        return all(condition.holds(signals.get(name)) for name, condition in self.when.items())


class Exclusion(_Conditional):
    """Makes a series `other` at once."""


class Evidence(_Conditional):
    """Speaks for a role, or with negative points against it."""

    role: Target
    points: float


class Rules(_Rule):
    """All rules, in the order of the file, with the limits that they are used with."""

    needed_points: float
    needed_contrast_points: float
    max_thickness_to_spacing: float
    min_slab_mm: float
    exclude: tuple[Exclusion, ...]
    evidence: tuple[Evidence, ...]

    def exclusion(self, signals: Signals) -> str | None:
        """Why an object is no candidate for any role, None where it is one."""
        rule = next((rule for rule in self.exclude if rule.holds(signals)), None)
        return None if rule is None else rule.because.format(object=signals["object"])

    def evidence_in(self, signals: Signals) -> dict[Target, list[Evidence]]:
        """The evidence that holds, by role."""
        found: dict[Target, list[Evidence]] = {}
        for rule in self.evidence:
            if rule.holds(signals):
                found.setdefault(rule.role, []).append(rule)
        return found


@cache
def load_rules(path: Path = RULES_FILE) -> Rules:
    """The rules of a file; UsageError with the place of the mistake where it is not valid."""
    try:
        return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path.name}, {place}: {first['msg']}") from None
