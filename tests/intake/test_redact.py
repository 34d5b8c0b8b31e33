"""Names, numbers and dates do not leave in a description, however they are written."""

from __future__ import annotations

import pytest

from pipeline.intake.redact import REMOVED, redacted

SECRETS = ("Müller^Anna Lena", "123456", "AB-9876", "Ng^Li", "19800131")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t2_ciss_tra", "t2_ciss_tra"),
        ("t2_ciss MÜLLER", f"t2_ciss {REMOVED}"),
        ("t2_ciss_muller_anna", f"t2_ciss_{REMOVED}_{REMOVED}"),
        ("MuellerMullerLab TOF", f"{REMOVED} TOF"),
        ("planned anna", f"planned {REMOVED}"),
        ("TOF 123456", f"TOF {REMOVED}"),
        ("TOF x123456x", f"TOF {REMOVED}"),
        ("TOF 9876", f"TOF {REMOVED}"),
        ("T1 31.01.1980 19800131", f"T1 31.01.1980 {REMOVED}"),
        ("TOF 20240229", f"TOF {REMOVED}"),
        ("t2 ng", f"t2 {REMOVED}"),
        ("imaging", "imaging"),
        ("", ""),
    ],
)
def test_redacted(text, expected):
    assert redacted(text, SECRETS) == expected


def test_a_secret_with_other_separators_takes_the_whole_text():
    assert redacted("TOF 12-34-56", SECRETS) == REMOVED


def test_initials_are_too_short_to_be_secrets():
    assert redacted("T2 A", ("A^B",)) == "T2 A"
