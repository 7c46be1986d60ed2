"""What is said of a place without a verb of its own: lists, tables, maps' legends, headings, notes and answers.

"Bartella was cleared on 20 October, Qaraqosh two days later", "Hirnyk: red", "Dessie? Back in government hands."
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.claim import CONTESTED
from frontcast.observe.reports.control import Event, Frames, frames
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.setting import PlaceUse, Setting
from frontcast.observe.reports.syntax import ADVERB, CONJUNCTION, DATE, MARK, NOUN, PREPOSITION, VERB

Colours = dict[str, str | None]
"""Colours of a map's legend: the side each stands for, `CONTESTED` for nobody's ground."""

NOWHERE = frozenset("not no never near outskirts around approaches toward towards".split())
HEADS = (":", "—", "–", "-", "|", "=", "→", "--")


def fragments(
    setting: Setting, actors: Actors, lexicon: Lexicon, events: Sequence[Event], colours: Colours
) -> list[Event]:
    """Control events of a sentence that no verb tells, given those that verbs tell.

    Args:
        setting: the sentence.
        actors: the sides.
        lexicon: of the language.
        events: what the sentence's verbs tell.
        colours: of the legend the document has given.
    """
    reader = _Fragments(setting, actors, frames(lexicon), lexicon, list(events), colours)
    return [*reader.gaps(), *reader.beside(), *reader.headed(), *reader.answer(), *reader.apposed()]


class _Fragments:
    def __init__(
        self,
        setting: Setting,
        actors: Actors,
        words: Frames,
        lexicon: Lexicon,
        events: list[Event],
        colours: Colours,
    ) -> None:
        self.setting = setting
        self.found = setting.found
        self.low = setting.found.sentence.lower
        self.actors = actors
        self.w = words
        self.lexicon = lexicon
        self.events = events
        self.colours = colours
        self.told = {event.place.first for event in events if event.place is not None and event.place.first >= 0}

    # -- the verb of the clause before ------------------------------------------------------------------------

    def gaps(self) -> list[Event]:
        """ "A was cleared on Monday, B two days later and C on Friday": the verb is the one before."""
        out: list[Event] = []
        lists: dict[int, list[PlaceUse]] = {}
        for use in self.setting.uses:
            if use.first not in self.told and use.use in ("head", "partial") and use.kind != "region":
                lists.setdefault(use.role, []).append(use)
        for role, places in lists.items():
            if self.found.items[role].prep >= 0 or not self._parted(role):
                continue
            end = self._time_after(places[-1])
            if end is None:
                continue
            source = next(
                (
                    event
                    for event in reversed([*self.events, *out])
                    if event.place is not None
                    and event.kind != "contest"
                    and (event.place.last if event.place.first >= 0 else event.anchor) <= places[0].first
                ),
                None,
            )
            if source is None or not self._same_clause(source, role):
                continue
            first = places[0].first
            out += [replace(source, place=use, first=first, last=end, anchor=first) for use in places]
        return out

    def _parted(self, item: int) -> bool:
        items = self.found.items
        j = item - 1
        while j >= 0 and (
            items[j].kind in (ADVERB, DATE) or (items[j].kind == PREPOSITION and items[j + 1].kind == DATE)
        ):
            j -= 1
        return j >= 0 and (
            items[j].kind == CONJUNCTION or (items[j].kind == MARK and items[j].word in (",", ";", "—", "–"))
        )

    def _time_after(self, use: PlaceUse) -> int | None:
        """The word after the words of time that follow a place at once; None where anything else does, or nothing."""
        items = self.found.items
        j = use.item + 1
        timed = False
        last = use.last
        if items[use.item].last > use.last:
            rest = set(self.low[use.last : items[use.item].last])
            if not rest <= self.found.sets["gap_words"]:
                return None
            timed = True
            last = items[use.item].last
        while j < len(items):
            entry = items[j]
            words = set(self.found.words(j))
            if entry.kind == DATE:
                timed = True
            elif entry.kind == PREPOSITION and j + 1 < len(items) and self._timely(j + 1):
                pass
            elif entry.kind in (NOUN, ADVERB, PREPOSITION, "subordinator") and (
                words <= self.found.sets["gap_words"] or (entry.kind == NOUN and self._timely(j))
            ):
                timed = timed or bool(words & self.found.sets["gap_words"]) or self._timely(j)
            elif entry.kind == MARK and entry.word == "," and j + 1 < len(items) and items[j + 1].kind == PREPOSITION:
                if not (j + 2 < len(items) and self._timely(j + 2)):
                    break
            elif entry.kind in (MARK, CONJUNCTION):
                break
            else:
                return None
            if entry.kind != MARK:
                last = entry.last
            j += 1
        # A verb at the end of the run would be the place's own.
        if j < len(items) and items[j].kind == VERB:
            return None
        before = items[use.role - 1] if use.role else None
        dated = before is not None and (before.kind == DATE or (use.role > 1 and self._timely(use.role - 1)))
        return last if timed or dated else None

    def _timely(self, item: int) -> bool:
        entry = self.found.items[item]
        return entry.kind == DATE or bool(set(self.found.words(item)) & self.found.sets["time_nouns"])

    def _same_clause(self, source: Event, item: int) -> bool:
        """Whether no finite verb but the source's stands before the place in its clause."""
        number = source.predicate
        items = self.found.items
        start = self.found.predicates[number].item + 1 if number >= 0 else 0
        return not any(
            entry.kind == VERB
            and self.found.predicates[entry.predicate].form == "finite"
            and entry.first > source.anchor
            for entry in items[start:item]
        )

    def beside(self) -> list[Event]:
        """ "Novoprokopovka ours": the state stands beside the name."""
        out = []
        for use in self.setting.uses:
            if use.first in self.told or use.kind == "region" or use.last >= len(self.low):
                continue
            if self.low[use.last] in self.w.states["own"]:
                own = self.setting.speaker_side(use.first) or self.actors.voice
                if own is not None:
                    out.append(self._event(use, (own, own, "hold"), use.first, use.last + 1))
        return out

    # -- headings, tables, legends --------------------------------------------------------------------------------

    def headed(self) -> list[Event]:
        """ "Selydove: hatched to red", "Vyshneve, Oleksandropil — liberated on Friday": the state after the name."""
        items = self.found.items
        if not items:
            return []
        k = 0
        # "(2/9) ", "Q4, ", "07.15 ": a number or the hour before it
        while k < len(items) - 1 and (
            items[k].kind == MARK
            or (items[k].kind in (NOUN, DATE) and any(c.isdigit() for c in self.low[items[k].first]))
        ):
            k += 1
        uses = [use for use in self.setting.uses if use.kind in ("settlement", "unknown") and use.item >= k]
        if not uses or uses[0].item > k + 1 or items[uses[0].role].prep >= 0:
            return []
        head = uses[0]
        places = [use for use in uses if use.role == head.role]
        last = places[-1].item
        j = last + 1
        # "Kruhliakivka, far to the north on the Oskil: ..."
        marks = [q for q in range(j, min(len(items), j + 9)) if items[q].kind == MARK]
        mark = next((q for q in marks if items[q].word in HEADS), -1)
        if mark < 0 and marks and marks[0] == j and items[j].word in (",", "("):
            mark = j
        if mark < 0 or any(items[q].kind == VERB for q in range(j, mark)) or places[0].first in self.told:
            return []
        first = items[mark].last
        if items[mark].word == "," and any(entry.kind == VERB for entry in items[mark:]):
            return []
        end = self._end(first)
        state = self.state(first, end)
        last = end
        if items[mark].word == "|":
            # a row of a table: a later cell may say it, and tell when
            last = len(self.low) - (self.low[-1] in (".", "|"))
            while state is None and end < len(self.low) and self.low[end] == "|":
                first, end = end + 1, self._end(end + 1)
                state = self.state(first, end)
        if state is None:
            return []
        out = [self._event(use, state, places[0].first, last) for use in places if use.first not in self.told]
        if end < len(self.low) and self.low[end] == "?":
            out = [replace(event, hedged=True) for event in out]
        return out

    def _end(self, first: int) -> int:
        for i in range(first, len(self.low)):
            if self.low[i] in (".", ";", "!", "?", "|") or (self.low[i] == "," and i > first + 1):
                return i
        return len(self.low)

    def state(self, first: int, end: int) -> tuple[str | None, str | None, str] | None:
        """What verbless words say of a place: (side, holder, frame); None where they say nothing of the kind."""
        low = self.low
        while first < end and not low[first][0].isalnum():
            first += 1
        words = low[first : min(end, first + 9)]
        if not words:
            return None
        for predicate in self.found.predicates:
            if first <= predicate.head < end and predicate.form == "finite" and not predicate.passive:
                lemma = predicate.lemma
                if predicate.head == first and self._takes(low[first]):
                    continue  # "Melitopol: captured on 26 February"
                if lemma not in ("be", "remain", "stay") and lemma not in self.found.sets["fragment_verbs"]:
                    return None
        negated = words[0] in ("not", "never")
        if negated or (words[0] in ("has", "have", "was", "were", "is") and words[1:2] == ("not",)):
            at = next((k for k, word in enumerate(words[:5]) if self._takes(word)), -1)
            if at < 0:
                return None
            lemma = self.lexicon.verbs[words[at]].lemma
            if self.w.verbs.get(lemma) == "lose" or lemma in ("abandon", "vacate"):
                keeper = self.actors.named(words) or self.setting.loser(None, first)
                return keeper, keeper, "denied"
            side = self.actors.named(words) or self.setting.taker or self.actors.war.attacker
            return side, None, "denied"
        if any(word in NOWHERE for word in words[:4]):
            return None
        if (
            words[0] in ("probably", "likely", "reportedly", "apparently", "possibly", "still", "now")
            and len(words) > 1
        ):
            words = words[1:]
        coloured = [self.colours[word] for word in words[:6] if word in self.colours]
        if coloured:
            side = coloured[-1]
            return (None, CONTESTED, "contest") if side == CONTESTED else (side, side, "hold")
        joined = f" {' '.join(words)} "
        if any(f" {phrase} " in joined for phrase in self.w.states["contested"]) or (
            set(words[:4]) & self.w.contest_nouns and not set(words[:2]) & {"after", "despite"}
        ):
            return None, CONTESTED, "contest"
        own = self.setting.speaker_side(first) or self.actors.voice
        named = self.actors.named(words) or self.actors.by_role(words[:4])
        if words[0] in self.w.states["own"] or (
            words[0] in ("still", "now", "again") and len(words) > 1 and words[1] in self.w.states["own"]
        ):
            return (own, own, "hold") if own else None
        start = (
            words[1:]
            if words[0] in ("still", "now", "again", "back", "fully", "completely", "under", "in", "reportedly")
            else words
        )
        if set(words[:6]) & self.w.hands and named and words[0] not in ("out", "beyond"):
            return named, named, "hold"
        prefix = words[0].split("-")[0]
        if words[0].endswith(("-held", "-controlled", "-occupied")) and (
            self.actors.named([prefix]) or self.actors.by_role([prefix])
        ):
            named = self.actors.named([prefix]) or self.actors.by_role([prefix])
            return named, named, "hold"
        if named and start and self.actors.named(start[:2]) == named and len(words) <= 4:
            held = words[-1].endswith(("held", "control", "controlled", "side", "allies")) or len(start) <= 2
            return (named, named, "hold") if held else None
        taken = next((word for word in words[:3] if self._takes(word)), "")
        if taken:
            form = self.lexicon.verbs[taken]
            by = named if "by" in words else None
            other = self.actors.war.other
            if form.lemma in ("lose", "surrender", "cede", "yield"):
                loser = by or own or self.setting.loser(None, first)
                return loser, other(loser), "lose"
            if form.lemma in ("abandon", "leave", "vacate"):
                loser = by or own or self.setting.loser(None, first)
                return loser, None, "leave"
            side = by or own or self.setting.taker or self.actors.war.attacker
            return (side, side, "take") if side else None
        if words[0] in self.w.states["free"] and words[0] != "back":
            side = own or self.setting.taker or self.actors.war.attacker
            return (side, side, "take") if side else None
        if words[0] in self.w.states["lost"] or (
            len(words) > 1 and words[0] == "now" and words[1] in self.w.states["lost"]
        ):
            loser = own or self.setting.loser(None, first)
            return loser, self.actors.war.other(loser), "lose"
        return None

    def _takes(self, word: str) -> bool:
        form = self.lexicon.verbs.get(word)
        if form is None or "pp" not in form.forms:
            return False
        return self.w.verbs.get(form.lemma) in ("take", "lose") or form.lemma in ("abandon", "vacate")

    def _event(self, use: PlaceUse, state: tuple[str | None, str | None, str], first: int, last: int) -> Event:
        side, holder, kind = state
        denied = kind == "denied"
        if denied:
            kind = "lose" if holder is not None else "take"
        return Event(
            side,
            holder,
            use,
            -1,
            max(first, use.first),
            first,
            max(last, use.last, first + 1),
            kind,
            denied=denied,
            stays=side if kind in ("lose", "leave") else None,
            loser=side if kind in ("lose", "leave") else None,
        )

    # -- answers -------------------------------------------------------------------------------------------------

    def answer(self) -> list[Event]:
        """ "Dessie? Back in government hands since the sixth.": a sentence that is nothing but a state."""
        items = self.found.items
        if any(use.kind in ("settlement", "unknown") for use in self.setting.uses):
            return []
        if any(predicate.form == "finite" and predicate.subject >= 0 for predicate in self.found.predicates):
            return []
        place = self.setting.memory.place
        if place is None or not items or len(self.low) > 16:
            return []
        first = 0
        if len(items) > 1 and items[1].kind == MARK and items[1].word == ":":
            first = items[1].last
        if first >= len(self.low):
            return []
        words = self.low[first : first + 4]
        opens = words and (
            words[0] in ("back", "still", "again", "now", "in", "under", "contested", "disputed")
            or words[0] in self.w.states["own"]
            or words[0] in self.w.states["free"]
            or words[0] in self.w.states["lost"]
            or (words[0] in ("not", "never") and any(self._takes(word) for word in words[1:3]))
            or words[0] in ("probably", "likely", "apparently", "reportedly")
            or words[0].endswith(("-held", "-controlled"))
            or (words[0] in ("has", "was", "is") and words[1:2] == ("not",))
        )
        if not opens:
            return []
        state = self.state(first, self._end(first))
        if state is None:
            return []
        use = replace(place, first=-1, last=-1, item=0, role=0, use="head", prep="", over=-1, quantity=None)
        return [self._event(use, state, first, self._end(first))]

    # -- "A and B, both under RSF control" ------------------------------------------------------------------------

    def apposed(self) -> list[Event]:
        """A state after a comma, in passing: "reached A and B, both under RSF control", "A (now Russian-held)"."""
        items = self.found.items
        out: list[Event] = []
        for k, entry in enumerate(items):
            if entry.kind != NOUN or not set(self.found.words(k)) & self.w.hands:
                continue
            if entry.prep < 1 or items[entry.prep].word not in ("under", "in"):
                continue
            side = self.actors.named(self.found.words(k)) or self.setting.side_of(k, entry.first)
            j = entry.prep - 1
            while j >= 0 and (
                items[j].kind == ADVERB
                or (items[j].kind == NOUN and self.found.words(j) in (("both",), ("all",), ("all", "three"), ("each",)))
            ):
                j -= 1
            if side is None or j < 1 or items[j].kind != MARK or items[j].word not in (",", "(", "—", "–"):
                continue
            before = next((use for use in reversed(self.setting.uses) if use.item < j), None)
            if before is None or before.item < j - 1 or before.use not in ("head", "inside"):
                continue
            places = [use for use in self.setting.uses if use.role == before.role and use.first not in self.told]
            end = self.setting.with_date(entry.last)
            out += [self._event(use, (side, side, "hold"), places[0].first, end) for use in places]
        return out


def legend(words: tuple[str, ...], actors: Actors, lexicon: Lexicon) -> Colours:
    """The colours that a sentence explains: "Red is Russia, blue Ukraine, hatched means that nobody has it"."""
    known = lexicon.words["colours"]
    found: dict[str, Any] = {}
    for i, word in enumerate(words):
        if word not in known:
            continue
        j = i + 1
        while j < len(words) and words[j] in (
            "is",
            "=",
            ":",
            "for",
            "means",
            "marks",
            "denotes",
            "stands",
            "shows",
            "are",
            "that",
            "the",
            "-",
            "–",
            "—",
        ):
            j += 1
        stop = next((k for k in range(j, len(words)) if words[k] in (",", ";", ".") or words[k] in known), len(words))
        said = words[j:stop]
        if not said or len(said) > 8:
            continue
        side = actors.named(said)
        if side is not None:
            found[word] = side
        elif set(said) & {"nobody", "contested", "disputed", "neither", "grey", "unclear", "unknown"}:
            found[word] = CONTESTED
    return found if len([side for side in found.values() if side != CONTESTED]) >= 2 else {}
