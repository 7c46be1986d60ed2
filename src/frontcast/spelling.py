"""Spellings of a name, and what they have in common."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = "абвгґдеєжзиіклмнопрстуфхцчшщыэюя"
_SOUNDS: Final = "a b v h h d e e zh z i i k l m n o p r s t u f h c ch sh sh i e iu ia"
_CYRILLIC: Final = str.maketrans(dict(zip(_LETTERS, _SOUNDS.split(), strict=True)) | {"ъ": "", "ь": ""})
"""Ukrainian and Russian letters as `fold` leaves them: it has already taken the marks off й, ї, ё."""
_LATIN: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("shch|sch", "sh"),
        ("kh|g", "h"),
        ("ts|tz", "c"),
        ("[jy]", "i"),
        ("w", "v"),
        (r"(.)\1+", r"\1"),
        ("(?<=.)i(?=e)", ""),  # Sievierodonetsk, Severodonetsk
        ("[ioe]v(?=k|$)", "ov"),  # Kharkiv, Kharkov; Avdiivka, Avdeevka
        (r"(?<=..)[aeiou]+$", ""),  # Svatove, Svatovo; Popasna, Popasnaya
    )
)


def fold(name: str) -> str:
    """A name without case, diacritics and punctuation: "Svyatohirs'k" and "svyatohirsk" are one."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    # U+02B0 to U+02FF are apostrophes and primes that Unicode counts as letters.
    return " ".join(re.sub(r"[^\w\s-]|[_\u02b0-\u02ff]", "", plain).replace("-", " ").split())


def skeleton(name: str) -> str:
    """What is left of a name in any script and transliteration: Izium, Izyum, Изюм, Ізюм give `izium`."""
    return " ".join(_bare(word) for word in fold(name).translate(_CYRILLIC).split())


def _bare(word: str) -> str:
    for pattern, replacement in _LATIN:
        word = pattern.sub(replacement, word)
    return word
