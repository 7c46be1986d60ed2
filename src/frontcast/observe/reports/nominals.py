"""Events told by a phrase alone, with no verb of their own: "the blast in the shopping mall", "exhausted troops"."""

from __future__ import annotations

from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.frames import KindWords
from frontcast.observe.reports.setting import COUNTS, Setting
from frontcast.observe.reports.syntax import DATE, NOUN, PREPOSITION, Clauses

AROUND: Final = frozenset(
    "in at on near of toward towards against around outside from along across over by for".split()
)
"""Prepositions by which a place belongs to the event before it."""


def phrase_events(setting: Setting, actors: Actors, words: KindWords, taken: list[tuple[int, int]]) -> list[Event]:
    """The events that phrases of a sentence tell.

    Args:
        setting: the sentence.
        actors: the sides.
        words: of each kind.
        taken: clauses whose events are told.
    """
    found = setting.found
    out: list[Event] = []
    done: list[tuple[int, int]] = []
    for k, item in enumerate(found.items):
        if item.kind != NOUN:
            continue
        tokens = found.words(k)
        first = _described(found, item.first, words)
        state = _state(found.sentence.lower[first : item.last], actors, words)
        if state is not None:
            side = setting.side_of(k, item.first) or actors.last
            out.append(Event(side, None, None, -1, first, first, item.last, state))
            continue
        kind = words.nouns.get(tokens[-1])
        if kind is None or tokens[0] in ("no", "any", "another's"):
            continue
        last = _reach(found, k)
        uses = [use for use in setting.uses if item.first <= use.first < last and use.prep in AROUND]
        side = actors.named(tokens)
        counted = kind == "loss" and any(
            word[0].isdigit() or word in COUNTS for word in found.sentence.lower[item.first : last + 3]
        )
        if not (uses or side or counted or _dated(found, k)) or _meets((item.first, last), taken + done):
            continue
        done.append((item.first, last))
        if side is None:
            side = None if kind == "loss" else actors.last
        places = uses if kind in ("strike", "movement") and uses else uses[:1] or [None]  # type: ignore[list-item]
        out += [Event(side, None, place, -1, item.first, item.first, last, kind) for place in places]
    return out


def _described(found: Clauses, first: int, words: KindWords) -> int:
    """Where the adjectives before a phrase begin: "reluctant and exhausted troops"."""
    low = found.sentence.lower
    known = words.adjectives["morale"] | words.adjectives["manpower"]
    k = first
    while k > 0 and (low[k - 1] in known or (low[k - 1] in ("and", ",") and k > 1 and low[k - 2] in known)):
        k -= 1
    return k


def _state(phrase: tuple[str, ...], actors: Actors, words: KindWords) -> str | None:
    """Whether a phrase says in what state soldiers are: tired, or too few."""
    tokens = set(phrase)
    if not tokens & actors.forces:
        return None
    for kind in ("morale", "manpower"):
        if tokens & words.adjectives[kind]:
            return kind
    return None


def _reach(found: Clauses, k: int) -> int:
    """The end of a phrase with all that hangs on it by prepositions."""
    items = found.items
    while (
        k + 2 < len(items)
        and items[k + 1].kind == PREPOSITION
        and items[k + 1].word in AROUND
        and items[k + 2].kind == NOUN
        and items[k + 2].prep == k + 1
    ):
        k += 2
    return items[k].last


def _dated(found: Clauses, k: int) -> bool:
    """Whether a phrase is dated at once: "a chain of explosions on Tuesday"."""
    return any(entry.kind == DATE for entry in found.items[k + 1 : k + 3])


def _meets(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(first < span[1] and span[0] < last for first, last in taken)
