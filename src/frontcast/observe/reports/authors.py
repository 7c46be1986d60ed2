"""Who wrote a document: the office in its heading, or the name under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.speech import Speaker
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.wars import match

LONGEST_HEADING: Final = 30
LONGEST_SIGNATURE: Final = 16
LONGEST_NAME: Final = 7
DASHES: Final = ("-", "—", "–", "―", "(")


def author(sentences: Sequence[Sentence], lexicon: Lexicon, actors: Actors) -> Speaker | None:
    """The side's office or man whose bulletin or post a document is; None where nothing says, or it is no side's.

    Args:
        sentences: the document.
        lexicon: of its language.
        actors: the sides.
    """
    if len(sentences) < 2:
        return _signature(sentences[-1], lexicon, actors, within=True) if sentences else None
    return (
        _heading(sentences[0], lexicon, actors)
        or _spokesman(sentences[:3], lexicon, actors)
        or _signature(sentences[-1], lexicon, actors, within=False)
    )


def interviewed(sentences: Sequence[Sentence], lexicon: Lexicon, actors: Actors) -> tuple[Speaker, int] | None:
    """Who answers in an interview, and the number of the first question; None where a text is none.

    An interview has questions that are paragraphs of their own, and before them a few words about one person.
    """
    asked = [
        s.index
        for k, s in enumerate(sentences)
        if s.words[-1] == "?"
        and (k == 0 or sentences[k - 1].paragraph != s.paragraph or s.words[0] not in ("Why", "And"))
        and _alone(sentences, k)
    ]
    if len(asked) < LEAST_QUESTIONS or asked[0] > LONGEST_INTRODUCTION or asked[0] == 0 or actors.voice is None:
        return None
    for s in sentences[: asked[0]]:
        first = 0
        while first < len(s):
            last = first
            while last < len(s) and (
                s.words[last][:1].isupper() or (last > first and s.lower[last] in ("sergeant", "lieutenant"))
            ):
                last += 1
            name = s.lower[first:last]
            if (
                len(name) >= 2
                and name[0] not in lexicon.words["determiners"]
                and not any(match(one.phrases, name, 0) for one in actors.war.sides)
            ):
                return Speaker(s.span(first, last), actors.voice, False, False, True), asked[0]
            first = max(last, first + 1)
    return None


LEAST_QUESTIONS: Final = 3
LONGEST_INTRODUCTION: Final = 5


def _alone(sentences: Sequence[Sentence], k: int) -> bool:
    """Whether a question stands on a line of its own: what follows it begins another."""
    s = sentences[k]
    text = s.text[s.ends[-1] : s.ends[-1] + 3]
    return text.lstrip(' "”').startswith("\n")


def _finite(s: Sentence, lexicon: Lexicon, first: int = 0) -> bool:
    for word in s.lower[first:]:
        form = lexicon.verbs.get(word)
        told = form is not None and "past" in form.forms and word not in lexicon.also_nouns
        if told or word in lexicon.words["be"] or word in lexicon.words["have"] or word in lexicon.words["modals"]:
            return True
    return False


def _heading(s: Sentence, lexicon: Lexicon, actors: Actors) -> Speaker | None:
    """ "General Staff of the Armed Forces of Ukraine, evening summary, 28 July": an office and no verb."""
    if len(s) > LONGEST_HEADING or s.words[-1] in (".", "!", "?") or _finite(s, lexicon):
        return None
    offices = lexicon.words["offices"]
    at = next((i for i, word in enumerate(s.lower) if word in offices), -1)
    if at < 0:
        return None
    first = at
    while first > 0 and s.words[first - 1][:1].isupper():
        first -= 1
    last = at + 1
    while last < len(s) and (s.words[last][:1].isupper() or s.lower[last] in ("of", "the", "'s", "for", "and")):
        last += 1
    while s.lower[last - 1] in ("of", "the", "for", "and"):
        last -= 1
    side = actors.named(s.lower[first:last])
    return Speaker(s.span(first, last), side, False, False, True) if side is not None else None


def _spokesman(first: Sequence[Sentence], lexicon: Lexicon, actors: Actors) -> Speaker | None:
    """ "V. Voloshyn, spokesman.": who answers, named under the heading."""
    for s in first:
        if not 4 <= len(s) <= LONGEST_SIGNATURE or _finite(s, lexicon):
            continue
        last = 0
        while last < len(s) and (s.words[last][:1].isupper() or (s.words[last] == "." and last == 1)):
            last += 1
        if not 2 <= last <= 5 or last >= len(s) or s.words[last] != ",":
            continue
        words = s.lower
        if set(words[last:]) & {"spokesman", "spokeswoman", "spokesperson"}:
            side = actors.named(words) or actors.voice
            if side is not None:
                return Speaker(s.span(0, last), side, False, False, True)
    return None


def _signature(s: Sentence, lexicon: Lexicon, actors: Actors, *, within: bool) -> Speaker | None:
    """ "Oleh Syniehubov, head of the regional administration", or "- V. Zelensky, Thursday evening" after the text."""
    start = next((i + 1 for i in range(len(s) - 1, -1, -1) if s.words[i] in DASHES), 0)
    if within and not start:
        return None
    if len(s) - start > LONGEST_SIGNATURE or s.words[-1] in (".", "!", "?") or _finite(s, lexicon, start):
        return None
    last = start
    while last < len(s) and (s.words[last][:1].isupper() or s.words[last] == "."):
        last += 1
    name = [word for word in s.words[start:last] if word != "."]
    if not 2 <= len(name) <= 4 or (last < len(s) and s.words[last] not in (",", ")")):
        return None
    words = s.lower[start:]
    side = actors.named(words) or actors.voice
    official = any(
        word in lexicon.words["offices"] or word in lexicon.data["speakers"]["classes"]["belligerent"].split()
        for word in words
    )
    if side is None and official:
        side = actors.war.other(actors.war.attacker)
    if side is None and not within and len(s) <= LONGEST_NAME:
        return Speaker(s.span(start, last), None, True)  # a letter: nobody's side speaks
    return Speaker(s.span(start, last), side, False, False, True) if side is not None else None
