"""Words as the pieces that a pretrained encoder knows them by (WordPiece: the longest piece first)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

UNKNOWN: Final = "[UNK]"
BEGIN: Final = "[CLS]"
COVERED: Final = "[MASK]"
LONGEST: Final = 100
_PARTS: Final = re.compile(r"\w+|[^\w\s]")


class Pieces:
    """A vocabulary.

    Args:
        vocabulary: the pieces; the number of one is its place in this list. A piece that goes on a word begins with ##.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.unknown, self.begin = self.numbers[UNKNOWN], self.numbers[BEGIN]
        self.covered = self.numbers.get(COVERED, self.unknown)
        self.of = lru_cache(maxsize=65536)(self._of)

    def _of(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces; at least one."""
        plain = unicodedata.normalize("NFD", word.lower())
        plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
        found = [number for part in _PARTS.findall(plain.replace("_", " ")) for number in self._part(part)]
        return tuple(found) or (self.unknown,)

    def _part(self, part: str) -> Iterable[int]:
        if len(part) > LONGEST:
            return (self.unknown,)
        out: list[int] = []
        first = 0
        while first < len(part):
            for last in range(len(part), first, -1):
                number = self.numbers.get(("##" if first else "") + part[first:last])
                if number is not None:
                    out.append(number)
                    first = last
                    break
            else:
                return (self.unknown,)
        return out
