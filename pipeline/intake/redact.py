"""Taking names, numbers and dates out of texts that leave the private folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

REMOVED = "[removed]"
_TOKEN = re.compile(r"[^\W_]+")
_LONG_NUMBER = re.compile(r"\d{6,}")  # dates, telephone and hospital numbers


def redacted(text: str, secrets: Iterable[str]) -> str:
    """`text` without any word that occurs in `secrets` (names, identifiers, dates).

    Case and accents do not count. Words of one letter are kept: initials would take too much.
    """
    secrets = tuple(secrets)
    words = {word for secret in secrets for word in _words(secret) if len(word) > 1}
    result = _TOKEN.sub(lambda found: _kept_or_removed(found.group(), words), text)
    return REMOVED if _holds_spelled_out(result, secrets) else result


def _kept_or_removed(token: str, words: set[str]) -> str:
    plain = _plain(token)
    hidden = _LONG_NUMBER.search(plain) or any(_gives_away(plain, word) for word in words)
    return REMOVED if hidden else token


def _gives_away(token: str, word: str) -> bool:
    """The longer a secret, the less of a word around it is needed to notice it."""
    if len(word) >= 4:
        return word in token
    return token == word or (len(word) == 3 and (token.startswith(word) or token.endswith(word)))


def _holds_spelled_out(text: str, secrets: Iterable[str]) -> bool:
    """Whether a secret stands in the text with other separators (12-34-56 for 123456)."""
    joined = "".join(_words(text))
    spelled = ("".join(_words(secret)) for secret in secrets)
    return any(len(secret) >= 6 and secret in joined for secret in spelled)


def _words(text: str) -> list[str]:
    return [_plain(token) for token in _TOKEN.findall(text)]


def _plain(text: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
