"""Words and sentences, each with its place in the text.

A small scanner of our own: no trained English model can be had from a package index, and a tokenizer is all
that a library would bring without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CONTRACTED: Final = re.compile(r"(?<=[^\W\d_])['’ʼ](?:s|ve|re|ll|d|m)$", re.IGNORECASE)
"""What hangs on a word with an apostrophe and is one of its own: "Kyiv's", "they've", "we'll"."""

_WORD: Final = re.compile(
    r"""
    \d+(?:[.,:/]\d+)*(?:st|nd|rd|th)?\b(?:-[^\W\d_]+)*   # 20,000  5.30  3rd  22/07/2022  20-kilometre
  | (?:[^\W\d_]\.){2,}                                   # U.S.  a.m.
  | [^\W_]+(?:[-–][^\W_]+)*(?:['’ʼʹ`][^\W_]+)*(?:[-][^\W_]+)*   # words, hyphens, inner apostrophes
  | \.\.\.|…|--|[^\w\s]|_                                # punctuation, one at a time
    """,
    re.VERBOSE,
)
_ABBREVIATIONS: Final = frozenset(
    "gen lt col maj capt sgt mr mrs ms dr st no vs approx brig adm gov sen rep prof ft mt jan feb mar apr jun jul"
    " aug sep sept oct nov dec inc ltd co e.g i.e oblast. km.".split()
)
_QUOTES: Final = "\"'“”‘’«»„)]"
_BULLET: Final = re.compile(r"[ \t]*(?:[-*•–—·▪►❗‼]|\d{1,2}[.)])[ \t]+")
_STOP: Final = re.compile(r"[.!?…]+[\"'“”‘’«»)\]]*(?=\s|$)|\n")
_CONTINUED: Final = re.compile(r"[^.!?:;\s][ \t\r]*\n[ \t]*[a-zà-ÿа-я]")
"""A line that goes on in small letters: then lines are broken for their length."""
_DANGLING: Final = frozenset("the a an of in to and or by from with at on for that its his".split())
LONGEST: Final = 240
"""Words a sentence may have; a longer stretch with no full stop is a list or no prose, and is cut."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as words.

    Attributes:
        text: of the whole document.
        words: as written; a possessive 's is a word of its own.
        lower: the same in lower case, but for abbreviations of two letters.
        starts, ends: characters of each word in `text`.
        paragraph: number of the paragraph it is in, from 0.
        index: number of the sentence in the document, from 0.
    """

    text: str
    words: tuple[str, ...]
    lower: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    paragraph: int
    index: int

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, last: int) -> str:
        """The text from word `first` up to, not including, word `last`."""
        return self.text[self.starts[first] : self.ends[last - 1]] if last > first else ""


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text, in order.

    A blank line, a bullet or a full stop ends one; a line break only where lines are not broken for their length.
    """
    index = 0
    paragraph = -1
    for start, end in _blocks(text):
        paragraph += 1
        for first, last in _stretches(text, start, end):
            words, starts, ends = _words(text, first, last)
            for cut in range(0, len(words), LONGEST):
                part = slice(cut, cut + LONGEST)
                yield Sentence(
                    text,
                    tuple(words[part]),
                    tuple(_lower(word) for word in words[part]),
                    tuple(starts[part]),
                    tuple(ends[part]),
                    paragraph,
                    index,
                )
                index += 1


def _lower(word: str) -> str:
    """A word in lower case; "IS", "US" and the like stay, for they are not "is" and "us"."""
    return word if len(word) == 2 and word.isupper() else word.casefold().replace("’", "'")


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in re.finditer(r"\n[ \t\r]*\n\s*", text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _stretches(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the sentences of one block begin and end."""
    begin = start
    block = text[start:end]
    wrapped = bool(_CONTINUED.search(block))
    for stop in _STOP.finditer(block):
        at = start + stop.start()
        after = start + stop.end()
        if text[at] == "." and _abbreviated(text, at, after, end):
            continue
        if text[at] == "\n" and (wrapped or _runs_on(text, begin, at)) and not _BULLET.match(text, at + 1, end):
            continue
        yield begin, after
        begin = after
    if begin < end:
        yield begin, end


def _runs_on(text: str, begin: int, at: int) -> bool:
    """Whether a line plainly goes on in the next: it ends in a comma, a hyphen or a small word that wants another."""
    line = text[begin:at].rstrip()
    return not line or line[-1] in ",-–—(&" or line.rsplit(None, 1)[-1].casefold() in _DANGLING


def _abbreviated(text: str, dot: int, after: int, end: int) -> bool:
    """Whether a full stop belongs to an abbreviation: "Gen.", "U.S.", "5 a.m." before a small letter."""
    rest = text[after:end].lstrip()
    if not rest:
        return False
    head = rest.lstrip("\"'“”‘’«»([")[:1]
    if head.islower():
        return True
    word = re.search(r"([^\s\"'“”‘’(]+)\.?$", text[max(0, dot - 14) : dot])
    before = word.group(1).casefold() if word else ""
    if before in _ABBREVIATIONS:
        return True
    return len(before) == 1 and before.isalpha() and before != "i"  # an initial


def _words(text: str, first: int, last: int) -> tuple[list[str], list[int], list[int]]:
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    bullet = _BULLET.match(text, first, last)
    for found in _WORD.finditer(text, bullet.end() if bullet else first, last):
        word, start, end = found.group(), found.start(), found.end()
        contracted = _CONTRACTED.search(word)
        if contracted is not None:
            cut = contracted.start()
            words += [word[:cut], word[cut:]]
            starts += [start, start + cut]
            ends += [start + cut, end]
            continue
        words.append(word)
        starts.append(start)
        ends.append(end)
    return words, starts, ends
