"""Who holds a place, after what a clause says of it.

Each function reads one way of saying it; the words themselves are in `language/<code>/control.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.claim import CONTESTED
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.setting import COUNTS, PlaceUse, Setting
from frontcast.observe.reports.syntax import CONJUNCTION, MARK, NOUN, RELATIVE, VERB, Predicate, _first_of_list

"""Verbs before an infinitive that leave open whether it came about."""


HOUSES = frozenset(
    "houses cellars basements streets high-rises ruins courtyards alleys lanes blocks flats towers quarters".split()
)
"""Where soldiers are who are inside a town."""

ELLIPTIC = frozenset("and but yet so either then today now".split())
STEERING = frozenset("to toward towards into across behind from of off through".split())
"""Prepositions that say where a move began or ended: then the place spoken of is not meant."""


@dataclass(slots=True)
class Event:
    """A control claim as it stands in its clause, before its speaker, its date and its certainty are weighed.

    Attributes:
        side, holder: sides' names; `holder` may be `CONTESTED` or None.
        place: the place as used; None only for other kinds than control.
        predicate: its verb's number, -1 where a noun carries it.
        anchor: a word inside the clause: for whose words it is.
        first, last: the words of the clause.
        denied: whether the clause itself negates it.
        stays: the holder if a loss or a departure is negated.
        loser: the side that loses by it.
        kind: name of the frame, or the kind of a claim that is not about control.
        origin, target: where a movement began; what was struck.
    """

    side: str | None
    holder: str | None
    place: PlaceUse | None
    predicate: int
    anchor: int
    first: int
    last: int
    kind: str
    denied: bool = False
    stays: str | None = None
    loser: str | None = None
    quantity: Any = None
    future: bool = False
    hedged: bool = False
    origin: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Frames:
    """The words of `control.toml`, ready to look up."""

    verbs: dict[str, str]
    not_sure: frozenset[str]
    leave_objects: frozenset[str]
    into: frozenset[str]
    expel: frozenset[str]
    contest_nouns: frozenset[str]
    contest_verbs: frozenset[str]
    flags: frozenset[str]
    flag_verbs: frozenset[str]
    nouns: dict[str, str]
    announcing: frozenset[str]
    states: dict[str, tuple[str, ...]]
    hands: frozenset[str]
    remain: frozenset[str]


def _bars(text: str) -> list[str]:
    return [part.strip() for line in text.splitlines() for part in line.split("|") if part.strip()]


@lru_cache(maxsize=4)
def frames(lexicon: Lexicon) -> Frames:
    """The frames of a language."""
    data = lexicon.data["control"]
    table = data["frames"]
    verbs: dict[str, str] = {}
    for name in ("hold", "enter", "leave", "lose", "fall", "take"):
        for phrase in _bars(table[name]["verbs"]):
            verbs[phrase] = name
    nouns = {word: frame for frame in ("take", "fall", "lose", "leave", "hold") for word in _bars(data["nouns"][frame])}
    return Frames(
        verbs,
        frozenset(_bars(table["take"]["not_sure"])),
        frozenset(_bars(table["leave"]["objects"])),
        frozenset(_bars(table["enter"]["into"])),
        frozenset(_bars(table["expel"]["verbs"])),
        frozenset(_bars(table["contest"]["nouns"])),
        frozenset(_bars(table["contest"]["verbs"])),
        frozenset(table["flag"]["nouns"].split()),
        frozenset(_bars(table["flag"]["verbs"])),
        nouns,
        frozenset(_bars(data["nouns"]["announcing"])),
        {name: tuple(_bars(data["states"][name])) for name in ("own", "enemy", "free", "lost", "contested")},
        frozenset(_bars(data["states"]["hands"])),
        frozenset(_bars(data["states"]["remain"])),
    )


def control_events(setting: Setting, actors: Actors, lexicon: Lexicon) -> list[Event]:
    """All control events of a sentence, in the order of their words."""
    words = frames(lexicon)
    reader = _Control(setting, actors, words)
    out = reader.out
    for number in range(len(setting.found.predicates)):
        out.extend(reader.predicate(number))
    out.extend(reader.nouns())
    return reader.ellipsis(out)


class _Control:
    def __init__(self, setting: Setting, actors: Actors, words: Frames) -> None:
        self.setting = setting
        self.found = setting.found
        self.actors = actors
        self.w = words
        self.low = setting.found.sentence.lower
        self.out: list[Event] = []

    # -- who and where ------------------------------------------------------------------------------------

    def side_of(self, item: int, word: int | None = None) -> str | None:
        """The side a phrase means, with what belongs to it ("the lads of the 100th Brigade")."""
        if item < 0:
            return None
        return self.setting.side_of(item, word if word is not None else self.found.items[item].first)

    def subject_items(self, predicate: Predicate) -> list[int]:
        if predicate.subject < 0:
            return []
        first = _first_of_list(self.found, predicate.subject)
        return [k for k in range(first, predicate.subject + 1) if self.found.items[k].kind == NOUN]

    def subject_side(self, predicate: Predicate) -> str | None:
        for item in self.subject_items(predicate):
            side = self.side_of(item, predicate.first)
            if side:
                return side
        return None

    def places(
        self, items: list[int], uses: str = "head inside partial", predicate: Predicate | None = None
    ) -> list[PlaceUse]:
        """Places that stand in a role played by any of the phrases, and places that pronouns among them mean."""
        if items and self.found.words(items[0]) == ("it",) and self.setting.pronoun(items[0]) is not None:
            items = items[:1]  # "We lost it on Tuesday, and B two days later"
        wanted = set(items)
        # The last of a list stands for all of it: they share the part that the first plays.
        wanted |= {
            use.role
            for use in self.setting.uses
            if use.item in wanted and self.found.items[use.item].prep < 0 and self.found.items[use.role].prep < 0
        }
        allowed = uses.split()
        found = [use for use in self.setting.uses if use.role in wanted and use.use in allowed]
        if not found:
            for item in items:
                use = self.setting.pronoun(item)
                if use is not None and use.use in allowed:
                    found.append(use)
        if not found:
            several = next((item for item in items if self._several(self.found.words(item))), -1)
            found = self.setting.both(several) if several >= 0 else []
        if not found and "head" in allowed:
            found = [use for use in map(self.setting.unnamed, items) if use is not None]
        del predicate
        return found

    def _several(self, words: tuple[str, ...]) -> bool:
        """Whether words take up places named before: "both", "all three", "these villages"."""
        if words[0] == "both":
            return len(words) == 1 or words[-1] in self.setting.words.nouns
        if words[0] == "all" and len(words) > 1:
            return words[1] in COUNTS and (len(words) == 2 or words[-1] in self.setting.words.nouns)
        return words[0] in ("these", "those") and words[-1] in ("villages", "towns", "settlements", "places", "cities")

    def span(self, predicate: Predicate, places: list[PlaceUse]) -> tuple[int, int]:
        """The words of the clause: from its subject to the last thing used."""
        first, last = predicate.first, predicate.last
        subjects = self.subject_items(predicate)
        if subjects and predicate.link not in ("infinitive",) and self.found.items[subjects[0]].first < first:
            gap = self.low[self.found.items[subjects[-1]].last : first]
            if not {";", "."} & set(gap) and len(gap) < 40:
                first = self.found.items[subjects[0]].first
        elif predicate.parent >= 0 and predicate.link == "infinitive":
            first = min(first, self.found.predicates[predicate.parent].first)
            parent = self.found.predicates[predicate.parent]
            subjects = self.subject_items(parent)
            if subjects and self.found.items[subjects[0]].first < first:
                first = self.found.items[subjects[0]].first
        for place in places:
            if place.first >= 0:
                first, last = min(first, place.first), max(last, place.last)
        for item in predicate.objects:
            entry = self.found.items[item]
            if entry.first >= last and entry.first - last <= 6:
                last = max(last, entry.last)
        return first, self.setting.with_date(last)

    def emit(
        self,
        predicate: Predicate | None,
        places: list[PlaceUse],
        side: str | None,
        holder: str | None,
        kind: str,
        *,
        denied: bool = False,
        stays: str | None = None,
        loser: str | None = None,
        span: tuple[int, int] | None = None,
        anchor: int | None = None,
    ) -> Iterator[Event]:
        for place in places:
            first, last = span or (self.span(predicate, places) if predicate is not None else (place.first, place.last))
            what = holder
            # A share of a region stays a share; half a town is a town fought over.
            if (
                place.use == "partial"
                and (holder is not None or (kind == "hold" and not denied))
                and place.kind != "region"
            ):
                what = CONTESTED
            yield Event(
                side,
                what,
                place,
                self.found.predicates.index(predicate) if predicate is not None else -1,
                anchor if anchor is not None else (predicate.first if predicate is not None else place.first),
                first,
                last,
                kind,
                denied=denied,
                stays=stays,
                loser=loser,
                quantity=place.quantity,
            )

    # -- verbs --------------------------------------------------------------------------------------------

    def negated(self, predicate: Predicate) -> bool:
        if predicate.negated:
            return True
        for item in self.subject_items(predicate):
            words = self.found.words(item)
            if words[0] in ("no", "nobody", "none", "neither", "nothing") or (words[0] == "not"):
                return True
            before = self.found.items[item].first - 1
            if before >= 0 and self.low[before] in ("not", "nor", "neither"):
                return True
        for item in predicate.objects:
            if self.found.words(item)[0] in ("no", "nothing", "neither", "none") and predicate.lemma != "be":
                return True
        parent = self.found.predicates[predicate.parent] if predicate.parent >= 0 else None
        if parent is not None and "only" in self.low[parent.last : parent.last + 3]:
            return False  # "is not the only city to be freed"
        return (
            parent is not None
            and predicate.link == "infinitive"
            and parent.negated
            and parent.lemma
            in (
                "manage",
                "be",
                "have",
                "seem",
                "appear",
                "able",
                "succeed",
                "begin",
                "let",
                "allow",
                "believe",
                "expect",
            )
        )

    def predicate(self, number: int) -> list[Event]:
        predicate = self.found.predicates[number]
        lemma = predicate.lemma
        if predicate.conditional == "whether":
            return []
        following = self.found.items[predicate.item + 1] if predicate.item + 1 < len(self.found.items) else None
        leads = (
            following is not None
            and following.kind == VERB
            and self.found.predicates[following.predicate].form == "infinitive"
        )
        if lemma == "go" and predicate.progressive and leads:
            return []  # "is going to be lost": the other verb tells
        direct = next((item for item in predicate.objects if item > predicate.item), -1)
        if lemma == "take" and direct >= 0 and self.found.words(direct)[-1] in self.found.sets["taken_things"]:
            return []  # "to take part in"
        if lemma == "have" and leads:
            return []  # "will have to ask"
        phrase = f"{lemma} {predicate.particle}" if predicate.particle else lemma
        if not predicate.particle:
            phrase = self._parted_phrase(predicate) or phrase
        if lemma == "change" and any(self.found.words(item)[-1] == "hands" for item in predicate.objects):
            return self._changed_hands(predicate)
        if lemma in ("reach", "set"):
            return self._reach(predicate)
        if lemma in self.found.sets["naming_places"]:
            return self._named(predicate)
        announced = self._announced(predicate)
        if announced:
            return announced
        coloured = self._coloured(predicate)
        if coloured:
            return coloured
        called = self._called(predicate)
        if called:
            return called
        if lemma in self.found.sets["repelling"]:
            return self._repelled(predicate)
        self._front(predicate)
        self._relative(predicate)
        self._headline(predicate)
        if (
            lemma == "go"
            and predicate.past
            and not predicate.particle
            and not predicate.objects
            and predicate.form == "finite"
        ):
            gone = self._unsaid(predicate)
            side = self.subject_side(predicate)
            if (
                gone
                and side
                and self._people(predicate.subject)
                and predicate.last < len(self.low)
                and not self.low[predicate.last][0].isalnum()
            ):
                return list(self.emit(predicate, gone, side, None, "leave", stays=side, loser=side))
        frame = self.w.verbs.get(phrase) or (
            self.w.verbs.get(lemma)
            if not predicate.particle or predicate.particle in ("away", "down", "back")
            else None
        )
        flag = self._flag(predicate)
        if flag:
            return flag
        if lemma in self.w.expel:
            out = self._expel(predicate)
            if out:
                return out
        if lemma == "be" or (lemma in self.w.remain and not predicate.passive):
            out = self._state(predicate)
            if out:
                return out
        if lemma in (
            "take",
            "gain",
            "establish",
            "seize",
            "have",
            "assert",
            "win",
            "regain",
            "retake",
            "keep",
            "retain",
            "lose",
            "wrest",
            "cede",
            "maintain",
            "consolidate",
            "claim",
            "remain",
            "stay",
            "hold",
            "exert",
            "assume",
            "be",
            "fight",
            "battle",
        ):
            out = self._control_of(predicate)
            if out:
                return out
        if frame == "take":
            out = self._take(predicate, phrase)
            if out:
                return out
        elif frame == "fall":
            out = self._fall(predicate)
            if out:
                return out
        elif (
            frame == "lose"
            or phrase in ("give back", "hand back", "give over")
            or (
                lemma in ("hand", "give", "transfer", "return", "deliver", "pass", "leave")
                and any(word == "to" and self.side_of(item) for word, item in predicate.adjuncts)
                and not (lemma in ("return", "pass") and not predicate.passive)
            )
        ):
            return self._lose(predicate)
        elif frame == "leave":
            out = self._leave(predicate, phrase)
            if out:
                return out
        elif frame == "hold" or lemma in ("stand", "resist"):
            out = self._hold(predicate)
            if out:
                return out
        elif frame == "enter" and predicate.passive and predicate.agent >= 0 and lemma == "storm":
            return self._take(predicate, phrase)
        elif frame == "enter":
            return self._enter(
                predicate,
                self.places(predicate.objects) or self._adjunct_places(predicate, "into in inside to".split()),
            )
        if lemma == "come" and predicate.particle == "back" and not predicate.passive:
            receiver = next(
                (self.actors.named(self.found.words(item)) for word, item in predicate.adjuncts if word == "to"), None
            )
            places = self.places(self.subject_items(predicate))
            if receiver and places:
                return list(self.emit(predicate, places, receiver, receiver, "take"))
        if predicate.particle in ("in", "back") or "in" in self.low[predicate.last : predicate.last + 1]:
            out = self._came_in(predicate)
            if out:
                return out
        if lemma in self.w.into:
            out = self._into(predicate)
            if out:
                return out
        if lemma in self.w.contest_verbs:
            return self._contest(predicate)
        return []

    def _parted_phrase(self, predicate: Predicate) -> str:
        """ "gave it back", "took the town back": the verb with its particle, which stands behind the object; or ""."""
        after = [self.found.items[k] for k in range(predicate.item + 1, min(predicate.item + 3, len(self.found.items)))]
        if len(after) < 2 or after[0].kind != NOUN or after[0].prep >= 0 or after[1].last - after[1].first != 1:
            return ""
        return f"{predicate.lemma} {after[1].word}" if after[1].word in ("back", "up", "over") else ""

    def _front(self, predicate: Predicate) -> None:
        """Gives "Martuni we still have" and "Pletenivka and Ohirtseve we lost" their object, which stands first."""
        items = self.found.items
        if predicate.form != "finite" or predicate.passive or predicate.subject < 1 or predicate.item > 14:
            return
        if any(items[item].prep < 0 and item > predicate.item for item in predicate.objects):
            return
        k = predicate.subject - 1
        if items[k].kind == MARK and items[k].word == ",":
            # "Pishchane, the next one east, they took"
            back = next((use for use in reversed(self.setting.uses) if use.item < k and use.use == "head"), None)
            if back is None or k - back.item > 6 or any(entry.kind == VERB for entry in items[back.item : k]):
                return
            if back.item and items[back.item - 1].kind not in (MARK, "conjunction"):
                return
            k = back.item
        if items[predicate.subject].prep >= 0 or items[k].kind != NOUN or items[k].prep >= 0 or k in predicate.objects:
            return
        if not (self._people(predicate.subject) or self.actors.named(self.found.words(predicate.subject))):
            return
        use = next((use for use in self.setting.uses if use.item == k and use.use == "head"), None)
        if use is not None:
            predicate.objects.append(use.role)

    def _relative(self, predicate: Predicate) -> None:
        """Gives "X, on the frontier to the east, which they took" its place: what stands between is no antecedent."""
        if predicate.link != "relative" or self.places([*predicate.objects, predicate.subject]):
            return
        items = self.found.items
        start = predicate.item if predicate.subject >= predicate.item else max(predicate.subject, 0)
        first = min(start, predicate.item)
        j = next((k for k in range(predicate.item - 1, max(-1, first - 3), -1) if items[k].kind == RELATIVE), -1)
        if j < 0 or items[j].word not in ("which", "that", "where"):
            return
        if j >= 1 and items[j - 1].kind == CONJUNCTION:
            j = next((k for k in range(j - 1, -1, -1) if items[k].kind == RELATIVE), j)
        for k in range(j - 1, max(-1, j - 9), -1):
            if items[k].kind == VERB and self.found.predicates[items[k].predicate].form == "finite":
                return
            use = next((use for use in self.setting.uses if use.item == k and use.use == "head"), None)
            if use is not None and use.kind in ("settlement", "unknown"):
                if predicate.subject >= 0 and items[predicate.item - 1].kind != RELATIVE:
                    predicate.objects.append(use.role)
                else:
                    predicate.subject = use.role
                return

    def _headline(self, predicate: Predicate) -> None:
        """Reads "Volnovakha liberated" as a passive: a place takes nothing."""
        if (
            predicate.passive
            or predicate.form != "finite"
            or not predicate.past
            or predicate.perfect
            or predicate.modal
        ):
            return
        if self.w.verbs.get(predicate.lemma) != "take" or any(item > predicate.item for item in predicate.objects):
            return
        form = self.setting.lexicon.verbs.get(self.low[predicate.head])
        meant = self.places([predicate.subject], "head") if predicate.subject >= 0 else []
        if form is None or "pp" not in form.forms or not meant or meant[0].kind == "region":
            return
        if (
            self.found.words(predicate.subject)[0] not in ("it", "they")
            and self.actors.named(self.found.words(predicate.subject)) is None
        ):
            predicate.passive = True

    def _adjunct_places(
        self, predicate: Predicate, prepositions: list[str], uses: str = "head inside partial"
    ) -> list[PlaceUse]:
        items = [item for word, item in predicate.adjuncts if word in prepositions]
        return self.places(items, uses) if items else []

    def _take(self, predicate: Predicate, phrase: str) -> list[Event]:
        negated = self.negated(predicate)
        if predicate.passive:
            places = self.places(self.subject_items(predicate))
            if not places and predicate.form == "participle":
                places = self.places(predicate.objects)
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else None
            robbed = next((self.side_of(item) for word, item in predicate.adjuncts if word == "from"), None)
            side = side or self.actors.war.other(robbed)
            if not places:
                return []
            if (
                predicate.agent >= 0
                and side is None
                and not self._military(predicate.agent)
                and predicate.lemma
                not in ("capture", "seize", "occupy", "overrun", "retake", "recapture", "liberate", "conquer")
            ):
                return []
            if side is None:
                # "captured" and "cleared" in the passive: whoever is on the move, or speaks of freedom.
                side = self._taker(predicate, places)
        else:
            objects = [item for item in predicate.objects]
            places = self.places(objects)
            if not places and predicate.link == "relative":
                places = self.places(predicate.objects)
            if not places:
                return []
            side = self.subject_side(predicate)
            if side is None and predicate.subject >= 0 and not self._military(predicate.subject):
                return []
            side = side or self._taker(predicate, places)
            if phrase in self.w.not_sure and side is None:
                return []
        if negated and predicate.lemma in ("clear", "mop", "secure") and side is not None and not predicate.passive:
            # who has not cleared a place yet is in it
            return list(self.emit(predicate, places, side, CONTESTED, "enter"))
        if negated:
            return list(self.emit(predicate, places, side, None, "take", denied=True))
        return list(self.emit(predicate, places, side, side, "take", loser=self.actors.war.other(side)))

    def _people(self, item: int) -> bool:
        """Whether a phrase means soldiers of a side, or the side as people: "the garrison", "the Russians", "they"."""
        words = self.found.words(item)
        if words[-1] in ("they", "we") or set(words) & (self.actors.forces | self.found.sets["other"]):
            return True
        return words[-1].endswith("s") and self.actors.named(words[-1:]) is not None

    def _military(self, item: int) -> bool:
        words = set(self.found.words(item))
        return (
            bool(words & self.actors.forces)
            or bool(words & {"they", "it", "he", "we", "who", "i", "that", "she", "attempt", "attempts", "bid"})
            or self.setting.unit_in(item) is not None
        )

    def _taker(self, predicate: Predicate, places: list[PlaceUse]) -> str | None:
        """Who takes, where nobody is named.

        Nobody calls his own gain an occupation, nor concedes it; what is "freed" or simply "taken" is taken by the
        speaker's own side; else by whoever took ground last.
        """
        speaker = self.setting.speaker_side(predicate.first)
        if speaker is not None:
            against = predicate.lemma in ("occupy", "reoccupy", "overrun") or self.setting.concedes(predicate.first)
            return self.actors.war.other(speaker) if against else speaker
        held = self.actors.war.other(self._held_so_far(places[0]))
        freed = predicate.lemma in (
            "liberate",
            "free",
            "retake",
            "recapture",
            "reoccupy",
            "regain",
            "recover",
            "reclaim",
        )
        attacker = self.actors.war.attacker
        free = (freed or predicate.lemma in ("clear", "cleanse", "win")) and self.actors.war.liberator
        foretold = predicate.modal or predicate.conditional
        if foretold and not freed and not held and attacker:
            return self.actors.besieger(places[0].name) or attacker
        return (
            held
            or free
            or self.setting.taker
            or (self.actors.war.other(attacker) if freed else attacker)
            or self.actors.last
        )

    def _fall(self, predicate: Predicate) -> list[Event]:
        lost = predicate.lemma == "go" and predicate.conditional in ("if", "should", "once") and not predicate.adjuncts
        follows = predicate.lemma in ("go", "come", "follow") and not lost
        if follows and (
            not self._last_taker()
            or predicate.modal
            or any(word not in ("on", "with", "in", "after") for word, _ in predicate.adjuncts)
            or any(
                self.found.words(item)[-1]
                not in ("them", "it", "suit", "first", "next", "day", "morning", "afternoon", "evening", "night", "too")
                for item in predicate.objects
            )
        ):
            return []
        if (
            predicate.lemma in ("follow",)
            and self.places(predicate.objects)
            and not self.places(self.subject_items(predicate))
        ):
            return []
        if predicate.particle in ("back", "silent") or (
            predicate.lemma in ("go", "come")
            and (predicate.particle or any(w in ("to", "into", "from", "under", "in") for w, _ in predicate.adjuncts))
        ):
            return []
        places = self.places(self.subject_items(predicate))
        if not places:
            return []
        side = None
        for word, item in predicate.adjuncts:
            if word in ("to", "into", "under", "in"):
                side = side or self.side_of(item)
                words = self.found.words(item)
                if side is None and word == "into" and words[-1] not in ("hands", "control"):
                    return []
        if predicate.lemma in ("fall",) and any(
            w in ("silent", "short", "victim", "ill", "behind", "quiet", "apart")
            for w in self.low[predicate.last : predicate.last + 2]
        ):
            return []
        if (
            any(word in ("on", "upon") and not self.setting.is_date(item) for word, item in predicate.adjuncts)
            and predicate.lemma == "fall"
            and not places[0].known
        ):
            return []
        foretold = (predicate.modal or predicate.conditional) and not self.setting.holder(places[0])
        if predicate.lemma == "go" and predicate.perfect and not side:
            # "Belgorod had gone": lost
            own = self.setting.holder(places[0]) or self.setting.speaker_side(predicate.first)
            side = self.actors.war.other(own)
        side = side or (
            (self.actors.besieger(places[0].name) or self.actors.war.attacker if foretold else None)
            or (self._last_taker() if follows else self.setting.faller(places[0], predicate.first))
        )
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "take", denied=True))
        return list(self.emit(predicate, places, side, side, "take", loser=self.actors.war.other(side)))

    def _foretold(self, predicate: Predicate) -> bool:
        """Whether a clause tells what may yet come: then it is the side on the move that it comes to."""
        own = self.setting.speaker_side(predicate.first)
        return own is None and bool(predicate.modal or predicate.conditional or predicate.form == "infinitive")

    def _held_so_far(self, place: PlaceUse) -> str | None:
        """Who held a place last, by this sentence so far or by those before it."""
        for event in reversed(self.out):
            if event.place is not None and event.place.key == place.key and event.holder not in (None, CONTESTED):
                return event.holder
        return self.setting.holder(place)

    def _last_taker(self) -> str | None:
        """The side of the last capture told, in this sentence or before."""
        taken = next(
            (
                event.holder
                for event in reversed(self.out)
                if event.kind in ("take", "lose") and event.holder not in (None, CONTESTED)
            ),
            None,
        )
        return taken or self.setting.after_taking

    def _named(self, predicate: Predicate) -> list[Event]:
        """ "named seven more villages: A, B and C": the verb is the capture told before."""
        more = any(
            {"more", "other", "further", "another", "additional"} & set(self.found.words(item))
            for item in predicate.objects
        )
        places = self.places(predicate.objects, "head")
        side = self.subject_side(predicate) or self._last_taker()
        if (
            not more
            or not places
            or side is None
            or self.negated(predicate)
            or any(place.first < 0 for place in places)
        ):
            return []
        told = self._last_taker() is not None
        anchor = self.found.items[predicate.objects[0]].first
        return (
            list(self.emit(predicate, places, side, side, "take", loser=self.actors.war.other(side), anchor=anchor))
            if told
            else []
        )

    def _announced(self, predicate: Predicate) -> list[Event]:
        """ "The ministry announced it on 7 June", "announced both on the first": the capture of what it names."""
        if predicate.lemma not in ("announce", "claim") or predicate.passive or predicate.form == "infinitive":
            return []
        direct = [item for item in predicate.objects if item > predicate.item][:1]
        if not direct or self.negated(predicate) or predicate.modal:
            return []
        if self.setting.found.items[direct[0]].last < len(self.low) and self.low[
            self.setting.found.items[direct[0]].last
        ] in ("of", "that"):
            return []
        places = [place for place in self.places(direct) if place.kind in ("settlement", "unknown")]
        side = self.subject_side(predicate)
        if not places or side is None:
            return []
        return list(self.emit(predicate, places, side, side, "take", anchor=predicate.last))

    def _coloured(self, predicate: Predicate) -> list[Event]:
        """ "has coloured it red", "was drawn blue", "stays blue": by the colours of the war's maps."""
        if predicate.lemma not in self.found.sets["colouring"]:
            return []
        tail = self.low[predicate.last : predicate.last + 6]
        colour = next((word for word in tail if word in self.setting.colours), None)
        passive = predicate.passive or predicate.lemma in ("stay", "remain", "be", "turn", "go")
        places = self.places(self.subject_items(predicate) if passive else predicate.objects)
        if colour is None or not places or self.negated(predicate):
            return []
        side = self.setting.colours[colour]
        kind = "contest" if side == CONTESTED else "hold"
        return list(self.emit(predicate, places, None if side == CONTESTED else side, side, kind))

    def _called(self, predicate: Predicate) -> list[Event]:
        """ "declared the place cleared", "reported the town completely taken", "had Belgorod holding"."""
        if predicate.lemma not in self.found.sets["declaring"] or predicate.passive:
            return []
        direct = [item for item in predicate.objects if item > predicate.item]
        places = self.places(direct[:1])
        if not places:
            return []
        after = self.found.items[direct[0]].last
        words = [
            word
            for word in self.low[after : after + 3]
            if not word.endswith("ly") and word not in ("now", "already", "as")
        ]
        if not words:
            return []
        side = self.side_of(predicate.subject, predicate.first) if predicate.subject >= 0 else None
        side = side or self.setting.speaker_side(after) or self.actors.voice
        form = self.setting.lexicon.verbs.get(words[0])
        if words[0] == "holding" or words[0] in self.w.states["own"]:
            return list(self.emit(predicate, places, side, side, "hold"))
        if words[0] in self.w.states["contested"]:
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        named = self.actors.named(words[:1])
        if named and predicate.lemma in ("call", "consider", "mark", "show", "see", "list", "believe"):
            return list(self.emit(predicate, places, named, named, "hold"))
        frame = self.w.verbs.get(form.lemma) if form is not None and "pp" in form.forms else None
        if words[0] in self.w.states["lost"] or frame == "lose":
            return list(self.emit(predicate, places, side, self.actors.war.other(side), "lose", stays=side, loser=side))
        if frame == "take" or words[0] in self.w.states["free"]:
            side = side or self.setting.taker or self.actors.war.liberator or self.actors.war.attacker
            return list(self.emit(predicate, places, side, side, "take"))
        return []

    def _repelled(self, predicate: Predicate) -> list[Event]:
        """ "repelled every attack in X": they fought inside it; near it, that says nothing of it."""
        items = [*predicate.objects, *(self.subject_items(predicate) if predicate.passive else [])]
        attacks = [item for item in items if set(self.found.words(item)) & {"attack", "attacks", "assault", "assaults"}]
        places = [
            use
            for use in self.setting.uses
            if use.over in attacks and use.prep in ("in", "inside") and use.use in ("head", "inside")
        ]
        places = [place for place in places if place.kind == "settlement"]
        return list(self.emit(predicate, places, self.subject_side(predicate), CONTESTED, "contest"))

    def _changed_hands(self, predicate: Predicate) -> list[Event]:
        places = self.places(self.subject_items(predicate))
        often = {"twice", "repeatedly", "several", "many", "three", "four"} & set(
            self.low[predicate.last : predicate.last + 4]
        )
        if not places or self.negated(predicate) or often:
            return []
        side = self.setting.faller(places[0], predicate.first)
        return list(self.emit(predicate, places, side, side, "take", loser=self.actors.war.other(side)))

    def _reach(self, predicate: Predicate) -> list[Event]:
        """ "reached the centre of X" is inside it; "has not reached X" and "not one has set foot in it" deny it."""
        foot = predicate.lemma == "set"
        if foot and not any(self.found.words(item)[-1] == "foot" for item in predicate.objects):
            return []
        if predicate.passive:
            # "has not been reached"
            places = self.places(self.subject_items(predicate))
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else self.setting.taker or self.actors.last
            return (
                list(self.emit(predicate, places, side, None, "enter", denied=True)) if self.negated(predicate) else []
            )
        places = self._adjunct_places(predicate, ["in", "inside"]) if foot else self.places(predicate.objects)
        side = self.subject_side(predicate)
        nobody = predicate.subject >= 0 and self.found.words(predicate.subject)[0] in ("nobody", "none")
        military = predicate.subject >= 0 and self._military(predicate.subject)
        if not places or not (side or military or nobody):
            return []
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "enter", denied=True))
        inside = [place for place in places if place.use in ("inside", "partial") or foot]
        return list(self.emit(predicate, inside, side, CONTESTED, "enter"))

    def _lose(self, predicate: Predicate) -> list[Event]:
        if predicate.passive:
            places = self.places(self.subject_items(predicate))
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else None
            receiver = next((self.side_of(item) for word, item in predicate.adjuncts if word == "to"), None)
            own = self.setting.speaker_side(predicate.first) if self.negated(predicate) else None
            own = own or self.setting.denier(predicate.first)
            side = (
                side
                or self.actors.war.other(receiver)
                or own
                or (self._held_so_far(places[0]) if places else None)
                or (self.actors.war.other(self.actors.war.attacker) if self._foretold(predicate) else None)
                or self.setting.loser(places[0] if places else None, predicate.first)
            )
        else:
            places = self.places(predicate.objects)
            side = self.subject_side(predicate)
            receiver = next((self.side_of(item) for word, item in predicate.adjuncts if word == "to"), None)
            side = (
                side
                or self.actors.war.other(receiver)
                or (self.setting.loser(places[0], predicate.first) if places else None)
            )
        if not places and predicate.lemma == "lose" and predicate.passive:
            places = []
        if not places:
            return []
        holder = self.actors.war.other(side)
        receiver = receiver if receiver != side else None
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, side, "lose", denied=True, stays=side))
        return list(self.emit(predicate, places, side, receiver or holder, "lose", stays=side, loser=side))

    def _leave(self, predicate: Predicate, phrase: str) -> list[Event]:
        side: str | None
        bare = predicate.form in ("participle", "gerund") and not predicate.perfect
        if predicate.lemma == "leave" and bare and not predicate.passive:
            return []  # "leaving X as the last town": behind
        if predicate.passive:
            if phrase not in self.w.leave_objects:
                # "were withdrawn from X": the subject leaves
                places = self._adjunct_places(predicate, ["from", "of"])
                side = self.subject_side(predicate)
                if not places or (side is None and not self._military(predicate.subject)):
                    return []
            else:
                places = self.places(self.subject_items(predicate))
                if not places or (
                    predicate.lemma == "leave"
                    and (
                        self.found.items[predicate.item + 1].kind == NOUN
                        if predicate.item + 1 < len(self.found.items)
                        else False
                    )
                ):
                    return []
                if predicate.lemma == "evacuate":
                    return []
                side = self.side_of(predicate.agent) if predicate.agent >= 0 else None
                own = self.setting.speaker_side(predicate.first) if self.negated(predicate) else None
                side = side or own or self.setting.denier(predicate.first)
                side = side or self.setting.leaver(places[0], predicate.first)
        else:
            places = []
            if phrase in self.w.leave_objects:
                places = self.places(predicate.objects)
            if not places:
                places = self._adjunct_places(predicate, ["from", "of", "off"])
                if (
                    predicate.lemma in ("flee", "leave", "exit", "desert")
                    and places
                    and not any(w == "from" for w, _ in predicate.adjuncts)
                ):
                    places = []
            if not places:
                places = self._unsaid(predicate)
            if not places:
                return []
            side = self.subject_side(predicate)
            # "withdrew its troops from X": the object leaves
            for item in predicate.objects:
                side = side or self.side_of(item)
            if side is None and not (predicate.subject >= 0 and self._military(predicate.subject)):
                return []
            if self._civil(predicate) or (predicate.subject >= 0 and self.found.words(predicate.subject) == ("i",)):
                return []
            if (
                predicate.lemma in ("drive", "back", "slip", "run", "get", "move", "march")
                and not self._military(predicate.subject)
                and side is None
            ):
                return []
            side = side or self.setting.leaver(places[0], predicate.first)
        places = [place for place in places if place.use != "inside"] or places
        partial = any(place.use == "partial" for place in places)
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, side, "leave", denied=True, stays=side))
        del partial
        return list(self.emit(predicate, places, side, None, "leave", stays=side, loser=side))

    def _unsaid(self, predicate: Predicate, *, towards: bool = False) -> list[PlaceUse]:
        """The place of "the marines had left", "was thrown out": the one spoken of, where nothing else is said."""
        if predicate.conditional == "whether" or any(
            word in (("to", "into") if towards else STEERING)
            for word, item in predicate.adjuncts
            if not self.setting.is_date(item)
        ):
            return []
        direct = [item for item in predicate.objects if item > predicate.item and not self.setting.is_date(item)]
        if any(
            not (self._military(item) or self._people(item)) or self.found.words(item)[-1] in self.found.sets["it"]
            for item in direct
        ):
            return []
        if predicate.subject < 0 or not self._people(predicate.subject) or predicate.modal == "would":
            return []
        following = self.low[predicate.last] if predicate.last < len(self.low) else "."
        if predicate.lemma == "leave" and (
            (predicate.form == "participle" and predicate.passive)
            or following in ("behind", "for")
            or any(
                word in ("how", "what", "few", "no", "any")
                for word in self.low[max(0, predicate.first - 6) : predicate.first]
            )
        ):
            return []  # "soldiers left in the town", "how many men he has left"
        place = self.setting.spoken_of(predicate.item)
        return [place] if place is not None else []

    def _civil(self, predicate: Predicate) -> bool:
        """Whether it is people rather than soldiers who leave."""
        words: set[str] = set()
        for item in self.subject_items(predicate):
            words |= set(self.found.words(item))
            for k in range(item + 1, predicate.item):
                if self.found.items[k].kind == NOUN:
                    words |= set(self.found.words(k))
                    break
        return bool(
            words
            & {
                "residents",
                "civilians",
                "people",
                "families",
                "inhabitants",
                "convoy",
                "buses",
                "bus",
                "women",
                "children",
                "refugees",
                "villagers",
                "population",
                "trains",
                "train",
                "monitors",
                "workers",
                "staff",
                "journalists",
                "journalist",
                "patients",
                "monks",
                "mission",
                "delegation",
                "mayor",
                "president",
                "minister",
                "thousands",
                "hundreds",
                "everyone",
                "aid",
                "trucks",
                "truck",
                "lorries",
                "frigates",
                "ships",
                "ship",
                "vessels",
                "flights",
                "missiles",
                "rockets",
                "drones",
                "shells",
                "aircraft",
                "planes",
                "helicopters",
                "calls",
                "shots",
            }
        ) and not words & (self.actors.forces - {"people"})

    def _hold(self, predicate: Predicate) -> list[Event]:
        if predicate.passive:
            places = self.places(self.subject_items(predicate))
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else None
            if not places or (
                side is None
                and predicate.lemma in ("keep", "run", "man", "hold", "rule", "own", "police")
                and not predicate.modal
            ):
                return []
        else:
            places = self.places(predicate.objects)
            if predicate.lemma == "have" and not {"still", "again", "itself"} & set(
                self.low[predicate.first : self._clause_end(predicate)]
            ):
                # "the town has a mayor" says nothing; "Azerbaijan has the town" does
                if self.subject_side(predicate) is None:
                    return []
                direct = [item for item in predicate.objects if item > predicate.item]
                if direct and self.found.items[direct[0]].last < len(self.low):
                    after = self.low[self.found.items[direct[0]].last :][:2]
                    if after[0].endswith("ing") and not self.places(direct[:0]):
                        return []  # "has it falling weekly" reports
                places = [place for place in places if place.kind in ("settlement", "unknown")]
                if not places:
                    return self._men_in(predicate)
            alone = not predicate.objects and all(self.setting.is_date(item) for _, item in predicate.adjuncts)
            standing = predicate.lemma in ("hold", "stand", "resist") and alone
            if standing and self.places(self.subject_items(predicate)):
                # "Staromaiorske is holding": its defenders are.
                places = self.places(self.subject_items(predicate))
                side = self.setting.loser(places[0], predicate.first)
                return list(self.emit(predicate, places, side, side, "hold", denied=self.negated(predicate)))
            if not places and predicate.lemma in ("hold", "control", "keep", "occupy"):
                places = self.setting.part_of_the_place(predicate.objects)
            if not places and predicate.particle in ("on", "out"):
                edge = self._adjunct_places(predicate, ["at", "in", "on"], "edge") or self.setting.edges(
                    [item for word, item in predicate.adjuncts if word in ("at", "in", "on")]
                )
                places = [replace(place, use="partial") for place in edge]
            if not places:
                places = self._adjunct_places(predicate, ["in", "on", "to", "inside", "at"])
                if predicate.lemma not in ("hold", "cling", "sit", "keep", "occupy", "dig") or not places:
                    return []
                if (
                    predicate.lemma == "hold"
                    and predicate.particle not in ("on", "out")
                    and not any(w in ("on", "in", "inside", "at") for w, _ in predicate.adjuncts)
                ):
                    return []
                if predicate.lemma == "keep":
                    return []
            side = self.subject_side(predicate)
            neither = any(self.found.words(item)[0] == "neither" for item in self.subject_items(predicate))
            if side is None and not neither:
                if predicate.subject < 0 or not self._military(predicate.subject):
                    return []
                side = self.actors.last
        if predicate.modal in ("could", "can") and self.negated(predicate):
            # "could not be held": a loss foretold
            side = side or self.setting.loser(places[0], predicate.first)
            return list(self.emit(predicate, places, side, self.actors.war.other(side), "lose", loser=side))
        if any(self.found.words(item)[0] == "neither" for item in self.subject_items(predicate)):
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        if self.negated(predicate):
            longer = "longer" in self.low[max(0, predicate.first - 2) : predicate.last + 2]
            if longer:
                return list(self.emit(predicate, places, side, None, "leave", stays=side, loser=side))
            return list(self.emit(predicate, places, side, None, "hold", denied=True))
        return list(self.emit(predicate, places, side, side, "hold"))

    def _men_in(self, predicate: Predicate) -> list[Event]:
        """ "it had men in the eastern districts of X"."""
        if not any(set(self.found.words(item)) & self.actors.forces for item in predicate.objects):
            return []
        places = [
            use
            for use in self._adjunct_places(predicate, ["in", "inside"])
            if use.kind in ("settlement", "unknown") and use.use in ("head", "inside", "partial")
        ]
        if not places:
            for word, item in predicate.adjuncts:
                words = set(self.found.words(item))
                if word in ("in", "inside") and words & (
                    HOUSES | {"zone", "quarter", "quarters", "centre", "district", "part"}
                ):
                    place = self.setting.spoken_of(predicate.item)
                    places = [place] if place is not None else []
                    break
        side = self.subject_side(predicate)
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "enter", denied=True))
        return list(self.emit(predicate, places, side, CONTESTED, "enter"))

    def _enter(self, predicate: Predicate, places: list[PlaceUse]) -> list[Event]:
        if not places:
            return []
        side = self.subject_side(predicate)
        if (
            side is None
            and not (predicate.subject >= 0 and self._military(predicate.subject))
            and not predicate.passive
        ):
            return []
        if predicate.passive:
            places = self.places(self.subject_items(predicate))
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else self.setting.taker
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "enter", denied=True))
        return list(self.emit(predicate, places, side, CONTESTED, "enter"))

    def _came_in(self, predicate: Predicate) -> list[Event]:
        """ "They walked in on 24 February", "we never got in", "came back": into the place spoken of."""
        if predicate.lemma not in self.w.into and predicate.lemma not in ("come", "return", "walk", "get"):
            return []
        if predicate.passive or predicate.lemma in ("fight",):
            return []
        following = self.low[predicate.last : predicate.last + 1]
        if predicate.particle != "in" and not (
            predicate.particle == "back" and predicate.lemma in ("come", "get", "walk", "march")
        ):
            return []
        if predicate.particle == "in" and following and following[0] in ("the", "a"):
            return []
        places = self._unsaid(predicate, towards=True)
        if not places:
            return []
        side = self.subject_side(predicate)
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "enter", denied=True))
        dated = any(first >= predicate.first - 12 for first, _ in self.setting.dates)
        if predicate.lemma in ("go", "get", "move") and not dated:
            return []
        whole = predicate.lemma in ("walk", "march", "ride", "drive", "come", "get", "go", "roll", "move")
        return list(self.emit(predicate, places, side, side if whole else CONTESTED, "enter"))

    def _into(self, predicate: Predicate) -> list[Event]:
        if predicate.passive:
            return []
        items = [item for word, item in predicate.adjuncts if word in ("into", "inside")]
        places = [place for place in self.places(items) if place.kind != "region"] if items else []
        centre = [
            use for use in self._adjunct_places(predicate, ["into", "in", "to", "through", "on"], "inside partial")
        ] or self.places(predicate.objects, "inside")
        if not places and not centre:
            return []
        side = self.subject_side(predicate)
        if side is None and not (predicate.subject >= 0 and self._military(predicate.subject)):
            return []
        if self.negated(predicate):
            return list(self.emit(predicate, places or centre, side, None, "enter", denied=True))
        # Nobody strolls into a place that is still defended.
        at_ease = predicate.lemma in ("walk", "stroll", "parade", "drive", "ride") and not predicate.particle
        return list(self.emit(predicate, places or centre, side, side if at_ease else CONTESTED, "enter"))

    def _expel(self, predicate: Predicate) -> list[Event]:
        """ "drove the enemy out of X", "were pushed out of X"."""
        places = self._adjunct_places(predicate, ["from", "of", "off"], "head inside partial")
        out_of = (
            predicate.particle in ("out", "back", "away", "off")
            or any(word in ("from", "off") for word, _ in predicate.adjuncts)
            or any(
                self.low[predicate.last : self.found.items[item].first].count("out")
                for word, item in predicate.adjuncts
                if word == "of"
            )
        )
        if not places and predicate.particle == "out":
            places = self._unsaid(predicate)  # "They were driven out in September."
        if not places or not out_of:
            return []
        if predicate.passive:
            loser = self.subject_side(predicate)
            if loser is None and not (predicate.subject >= 0 and self._military(predicate.subject)):
                return []
            side = self.side_of(predicate.agent) if predicate.agent >= 0 else None
            loser = loser or self.actors.war.other(side)
            taker = side or self.actors.war.other(loser)
            first = side or loser
        else:
            objects = [item for item in predicate.objects if not self.places([item])]
            loser = next((side for side in (self.side_of(item) for item in objects) if side), None)
            if not objects:
                return []
            taker = self.subject_side(predicate) or self.actors.war.other(loser)
            if loser == taker:
                taker = self.actors.war.other(loser)
            if loser is None and not any(self._military(item) for item in objects):
                return []
            first = taker
        if self.negated(predicate):
            return list(self.emit(predicate, places, taker, None, "take", denied=True))
        return list(self.emit(predicate, places, first, taker, "take", loser=loser))

    def _control_of(self, predicate: Predicate) -> list[Event]:
        """ "took full control of X", "is in control of X", "claimed control of X"."""
        words = [self.found.words(item)[-1] for item in predicate.objects] + [
            self.found.words(item)[-1] for _, item in predicate.adjuncts
        ]
        noun = next(
            (
                item
                for item in [*predicate.objects, *(item for _, item in predicate.adjuncts)]
                if self.found.words(item)[-1]
                in ("control", "possession", "foothold", "charge", "command", "grip", "hold")
            ),
            -1,
        )
        if noun < 0 or not words:
            return []
        places = [use for use in self.setting.uses if use.role == noun and use.use in ("head", "inside", "partial")]
        places = places or [
            use
            for use in self.setting.uses
            if use.prep in ("of", "over", "in", "on") and use.over == noun and use.use in ("head", "inside", "partial")
        ]
        places = places or self._adjunct_places(predicate, ["of", "over"])
        if self.found.words(noun)[-1] == "foothold":
            places = places or self._adjunct_places(predicate, ["in", "inside", "on"])
        if not places:
            return []
        side = self.subject_side(predicate)
        negated = self.negated(predicate)
        lemma = predicate.lemma
        if lemma in ("fight", "battle"):
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        if self.found.words(noun)[-1] == "foothold":
            return list(self.emit(predicate, places, side, CONTESTED, "enter", denied=negated))
        partial = any(word in ("partial", "part") for word in self.found.words(noun))
        if lemma in ("lose", "cede"):
            if negated:
                return list(self.emit(predicate, places, side, side, "lose", denied=True, stays=side))
            return list(self.emit(predicate, places, side, self.actors.war.other(side), "lose", stays=side, loser=side))
        if side is None:
            side = self.actors.last
        if negated:
            return list(self.emit(predicate, places, side, None, "hold", denied=True))
        if partial:
            return list(self.emit(predicate, places, side, CONTESTED, "hold"))
        return list(
            self.emit(
                predicate,
                places,
                side,
                side,
                "hold" if lemma in ("have", "keep", "retain", "maintain", "be", "hold") else "take",
            )
        )

    def _state(self, predicate: Predicate) -> list[Event]:
        """ "X is ours", "X remains in Ukrainian hands", "X is under government control"."""
        items = self.found.items
        subjects = self.subject_items(predicate)
        places = self.places(subjects)
        end = self._clause_end(predicate)
        tail = self.low[predicate.last : end]
        joined = f" {' '.join(tail)} "
        negated = self.negated(predicate)
        if not places:
            return self._presence(predicate, tail)
        longer = "longer" in self.low[max(0, predicate.first - 1) : predicate.last + 2]
        # in X's hands, under X's control, in the hands of X
        for k in range(predicate.item + 1, len(items)):
            if items[k].first >= end:
                break
            if (
                items[k].kind == NOUN
                and items[k].prep >= 0
                and items[items[k].prep].word in ("in", "under", "into", "within", "to")
            ):
                words = self.found.words(k)
                under = (
                    items[items[k].prep].word == "under"
                    and not set(words) & self.found.sets["strains"]
                    and self.side_of(k, predicate.first) is not None
                )
                # "went over to the rebels", "reverted to Ukraine"
                under |= (
                    items[items[k].prep].word == "to"
                    and predicate.lemma
                    in ("go", "pass", "revert", "return", "fall", "come", "switch", "slip", "belong", "transfer")
                    and self.actors.named(words) is not None
                )
                if under or words[-1] in self.w.hands or any(word in self.w.hands for word in words):
                    side = self.setting.actors.named(words) or self.side_of(k, predicate.first)
                    if side is None or (words[0] == "the" and len(words) == 2):
                        for later in range(k + 1, min(k + 3, len(items))):
                            if (
                                items[later].kind == NOUN
                                and items[later].prep >= 0
                                and items[items[later].prep].word == "of"
                            ):
                                side = self.side_of(later, predicate.first) or side
                    if side is None:
                        continue
                    return self._held(predicate, places, side, negated, longer, joined)
        out = self._out_of(predicate, places, tail, negated)
        if out is not None:
            return out
        if predicate.lemma in ("remain", "stay", "rest", "be"):
            keeper = next(
                (self.side_of(item, predicate.first) for word, item in predicate.adjuncts if word == "with"), None
            )
            if keeper is not None and predicate.lemma != "be":
                return self._held(predicate, places, keeper, negated, longer, joined)
        first_words = tail[:4]
        if predicate.passive:
            return []
        if any(f" {phrase} " in joined for phrase in self.w.states["contested"]):
            if negated:
                return []
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        if predicate.lemma in ("pass", "lie", "come", "fall", "return", "revert"):
            return []
        own = self.setting.speaker_side(predicate.first) or self.actors.voice
        if any(word in self.w.states["own"] for word in first_words[:3]) and own:
            return self._held(predicate, places, own, negated, longer, joined)
        if any(word in self.w.states["enemy"] for word in first_words[:3]):
            # "they say it is still theirs": the speaker's; in a bulletin of one's own, the other side's.
            told = self.setting.speaker_side(predicate.first) if self.setting.reported(predicate.first) else None
            keeper = told or (self.actors.war.other(self.actors.voice) if self.actors.voice else self.actors.last)
            if keeper is not None:
                return self._held(predicate, places, keeper, negated, longer, joined)
        if first_words and predicate.lemma in ("be", "remain", "stay"):
            complement = next(
                (k for k in range(predicate.item + 1, len(items)) if items[k].kind == NOUN and items[k].first < end), -1
            )
            if complement >= 0 and items[complement].prep < 0:
                words = self.found.words(complement)
                side = self.setting.actors.named(words)
                bare = all(self.setting.actors.named([word]) for word in words) or words[-1].endswith(
                    ("-held", "-controlled", "-occupied")
                )
                prefix = words[-1].split("-")[0]
                kept = [word for word in words if word not in ("the", "'s", "a", "an", "again")]
                if (
                    kept
                    and len(kept) <= 3
                    and self.actors.named(kept)
                    and (words[-1] == "'s" or kept[-1] in self.found.sets["towns"])
                ):
                    return self._held(predicate, places, self.actors.named(kept), negated, longer, joined)
                if len(kept) == 2 and kept[-1].removesuffix("s") in self.found.sets["towns"]:
                    side = side or self.actors.by_role(kept[:1])
                    if side:
                        return self._held(predicate, places, side, negated, longer, joined)
                if words[-1].endswith(("-held", "-controlled", "-occupied")):
                    side = self.setting.actors.named([prefix]) or self.actors.by_role([prefix])
                    if side is None and prefix in self.found.sets["other"]:
                        own = self.setting.speaker_side(predicate.first) or self.actors.voice
                        side = self.actors.war.other(own)
                if side and bare:
                    return self._held(predicate, places, side, negated, longer, joined)
            if any(word in self.w.states["free"] for word in first_words[:3]) and not {"of", "from"} & set(tail[1:3]):
                loose = set(first_words[:3]) & {"free", "liberated", "freed"}
                side = own or (self.actors.war.liberator if loose else None) or self.setting.taker or self.actors.last
                if negated:
                    return list(self.emit(predicate, places, side, None, "take", denied=True))
                return list(self.emit(predicate, places, side, side, "take"))
            if any(word in self.w.states["lost"] for word in first_words[:3]):
                side = self.setting.loser(places[0], predicate.first)
                if negated:
                    return list(self.emit(predicate, places, side, side, "lose", denied=True, stays=side))
                return list(self.emit(predicate, places, side, self.actors.war.other(side), "lose", loser=side))
            if first_words[0] == "next" and not negated and self.setting.after_taking is not None:
                side = self.setting.taker or own
                event = list(self.emit(predicate, places, side, side, "take"))
                for entry in event:
                    entry.future = True
                return event
        return []

    def _out_of(
        self, predicate: Predicate, places: list[PlaceUse], tail: tuple[str, ...], negated: bool
    ) -> list[Event] | None:
        """ "out of our control": the other side has it; "empty of Russians", "clear of the enemy": they are gone."""
        for word, item in predicate.adjuncts:
            if word != "of" or self.found.items[item].first - predicate.last > 5:
                continue
            before = self.low[max(predicate.last, self.found.items[item].first - 2) : self.found.items[item].first]
            side = self.side_of(item, predicate.first)
            if side is None:
                continue
            if "out" in before and set(self.found.words(item)) & self.w.hands:
                if negated:
                    return list(self.emit(predicate, places, side, side, "lose", denied=True, stays=side))
                holder = self.actors.war.other(side)
                return list(self.emit(predicate, places, side, holder, "lose", stays=side, loser=side))
            if "full" in before and not negated:
                return list(self.emit(predicate, places, side, side, "hold"))
            if set(before) & {"empty", "clear", "free", "rid", "cleared", "emptied", "void", "devoid"}:
                if negated:
                    return list(self.emit(predicate, places, side, side, "leave", denied=True, stays=side))
                if set(before) & {"clear", "free", "rid", "cleared"}:
                    taker = self.actors.war.other(side)
                    return list(self.emit(predicate, places, taker, taker, "take", loser=side))
                return list(self.emit(predicate, places, side, None, "leave", stays=side, loser=side))
        del tail
        return None

    def _held(
        self, predicate: Predicate, places: list[PlaceUse], side: str | None, negated: bool, longer: bool, joined: str
    ) -> list[Event]:
        if negated and longer:
            return list(self.emit(predicate, places, side, None, "leave", stays=side, loser=side))
        if negated:
            return list(self.emit(predicate, places, side, None, "hold", denied=True))
        if " partly " in joined or " partially " in joined or " half " in joined:
            return list(self.emit(predicate, places, side, CONTESTED, "hold"))
        return list(self.emit(predicate, places, side, side, "hold", loser=self.actors.war.other(side)))

    def _presence(self, predicate: Predicate, tail: tuple[str, ...]) -> list[Event]:
        """ "troops are in X", "soldiers remain inside X", "there is fighting in X"."""
        if predicate.lemma not in ("be", "remain", "stay"):
            return []
        gone = self._gone(predicate, tail)
        if gone:
            return gone
        places = self._adjunct_places(predicate, ["in", "inside", "within"]) or self._in_there(predicate, tail)
        places = [place for place in places if place.kind in ("settlement", "unknown")]
        if not places:
            return []
        both = predicate.subject >= 0 and self.found.words(predicate.subject)[0] in ("both", "two")
        if both and set(self.found.words(predicate.subject)) & (self.actors.forces | {"sides", "armies"}):
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        if any(set(self.found.words(item)) & self.w.contest_nouns for item in predicate.objects):
            if self.negated(predicate) or any(self.found.words(item)[0] == "no" for item in predicate.objects):
                return []
            return list(self.emit(predicate, places, None, CONTESTED, "contest"))
        if predicate.passive or predicate.progressive:
            return []
        if set(tail) & {"control", "charge"}:
            side = self.subject_side(predicate)
            return (
                list(self.emit(predicate, places, side, side, "hold")) if side and not self.negated(predicate) else []
            )
        side = self.subject_side(predicate)
        subject = predicate.subject
        if subject < 0 or not (
            set(self.found.words(subject)) & self.actors.forces
            or (
                self.actors.named(self.found.words(subject))
                and self.found.words(subject)[-1] not in ("president", "minister")
            )
            or self.found.words(subject)[0] in ("they", "we")
        ):
            return []
        if side is None or set(self.found.words(subject)) & {
            "commander",
            "general",
            "officials",
            "police",
            "company",
            "leader",
            "mayor",
        }:
            return []
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, None, "enter", denied=True))
        foretold = predicate.modal or predicate.form == "infinitive"
        return list(self.emit(predicate, places, side, side if foretold else CONTESTED, "enter"))

    def _in_there(self, predicate: Predicate, tail: tuple[str, ...]) -> list[PlaceUse]:
        """ "are in there", "are still there", "are in its cellars", "are in the eastern half": the place spoken of."""
        if predicate.subject < 0 or not self._military(predicate.subject):
            return []
        for word, item in predicate.adjuncts:
            words = self.found.words(item)
            inside = (
                words[-1] in self.setting.words.inside or words[-1] in self.setting.words.partial or words[-1] in HOUSES
            )
            if word in ("in", "inside", "on") and words[0] in ("its", "the", "some") and inside and len(words) <= 4:
                if word == "on" and words[-1] not in ("square", "roof", "streets"):
                    continue
                place = self.setting.spoken_of(predicate.item)
                return [replace(place, use="inside")] if place is not None else []
        if "there" in tail[:3] and (tail[:1] == ("in",) or {"still", "already", "inside"} & set(tail[:2])):
            place = self.setting.spoken_of(predicate.item)
            return [place] if place is not None else []
        return []

    def _gone(self, predicate: Predicate, tail: tuple[str, ...]) -> list[Event]:
        """ "the Russians are out of X", "are gone from X", "are gone"."""
        side = self.subject_side(predicate)
        if side is None or predicate.passive:
            return []
        words = set(tail[:3])
        places: list[PlaceUse] = []
        if "out" in words or predicate.particle == "out" or words & {"gone", "absent", "away"}:
            places = self._adjunct_places(predicate, ["of", "from"])
            if not places and "gone" in words:
                places = self._unsaid(predicate)
        if not places:
            return []
        if self.negated(predicate):
            return list(self.emit(predicate, places, side, side, "leave", denied=True, stays=side))
        return list(self.emit(predicate, places, side, None, "leave", stays=side, loser=side))

    def _contest(self, predicate: Predicate) -> list[Event]:
        if predicate.passive:
            places = self.places(self.subject_items(predicate))
            if places and not self.negated(predicate):
                return list(self.emit(predicate, places, None, CONTESTED, "contest"))
            return []
        places = self._adjunct_places(predicate, ["in", "inside", "within", "through"])
        side = self.subject_side(predicate)
        if not places or (side is None and not (predicate.subject >= 0 and self._military(predicate.subject))):
            return []
        if self.negated(predicate):
            return []
        return list(self.emit(predicate, places, side, CONTESTED, "contest"))

    def _flag(self, predicate: Predicate) -> list[Event]:
        """ "raised its flag over X", "a flag flies in X", "placed a Ukrainian flag in X"."""
        if (
            predicate.lemma not in self.w.flag_verbs
            and f"{predicate.lemma} {predicate.particle}" not in self.w.flag_verbs
        ):
            return []
        items = [*predicate.objects, *self.subject_items(predicate)]
        flag = next((item for item in items if set(self.found.words(item)) & self.w.flags), -1)
        if flag < 0 or self.negated(predicate):
            return []
        places = self._adjunct_places(
            predicate, ["in", "over", "above", "on", "at", "atop", "to"], "head inside partial near"
        )
        places = [use for use in places if use.use != "near" or use.prep in ("over", "above")]
        if any(
            word in ("at", "on", "near")
            and set(self.found.words(item)) & {"entrance", "sign", "edge", "outskirts", "approaches", "road"}
            for word, item in predicate.adjuncts
        ):
            return []
        if not places:
            return []
        colours = self.low[max(0, self.found.items[flag].first - 3) : self.found.items[flag].last]
        side = (
            self.setting.actors.named(colours)
            or self.subject_side(predicate)
            or self.setting.speaker_side(predicate.first)
            or self.actors.last
        )
        subject_words = set(self.found.words(predicate.subject)) if predicate.subject >= 0 else set()
        if subject_words & {"residents", "villagers", "civilians", "people", "locals"}:
            return []
        whole = [replace(place, use="head") for place in places]
        return list(self.emit(predicate, whole, side, side, "hold"))

    def _clause_end(self, predicate: Predicate) -> int:
        for k in range(predicate.item + 1, len(self.found.items)):
            entry = self.found.items[k]
            if entry.kind == VERB and self.found.predicates[entry.predicate].form == "finite":
                return entry.first
            if entry.kind == MARK and entry.word in (",", ";", ":", ".", "—", "–", "(", "!", "?"):
                return entry.first
        return len(self.low)

    # -- nouns --------------------------------------------------------------------------------------------

    def nouns(self) -> list[Event]:
        """ "the capture of X", "fighting in X", "a flag in X"."""
        out: list[Event] = []
        items = self.found.items
        for k, item in enumerate(items):
            if item.kind != NOUN:
                continue
            words = self.found.words(k)
            head = words[-1]
            out += self._verbless(k)
            if head in self.actors.forces or self.setting.unit_in(k) is not None:
                out += self._present(k)
            if head in self.w.contest_nouns and item.prep < 0:
                out += self._fighting(k)
            elif head == "victory":
                out += self._victory(k)
            elif head in self.w.nouns and (words[0] in ("its", "their") or "'s" in words[:-1]):
                out += self._possessed(k) or self._nominal(k, self.w.nouns[head])
            elif head in self.w.nouns:
                out += self._nominal(k, self.w.nouns[head]) or self._presupposed(k, self.w.nouns[head])
            elif set(words) & self.w.flags:
                out += self._flag_in(k)
            elif any(words[i] in self.w.nouns for i in range(len(words))) and "'s" in words:
                out += self._possessed(k)
        return out

    def _present(self, k: int) -> list[Event]:
        """ "units still inside X", "the garrison left in X": soldiers in a place, said in passing."""
        items = self.found.items
        if k + 1 >= len(items):
            return []
        places = [
            use
            for use in self.setting.uses
            if use.over == k and use.use in ("head", "inside", "partial") and use.kind in ("settlement", "unknown")
        ]
        if not places:
            return []
        low = self.low[items[k].last : places[0].first]
        if not (
            places[0].prep == "inside"
            or (
                places[0].prep in ("in", "within")
                and set(low) & {"still", "trapped", "remaining", "left", "surrounded", "holding", "isolated"}
            )
        ):
            return []
        side = self.side_of(k)
        if side is None:
            return []
        return list(
            self.emit(
                None, places, side, CONTESTED, "enter", span=(items[k].first, places[-1].last), anchor=items[k].first
            )
        )

    def _victory(self, k: int) -> list[Event]:
        places = self._over(k, ("in", "at", "over"))
        governing = next(
            (p for p in self.found.predicates if k in p.objects and p.lemma in self.w.announcing and not p.negated),
            None,
        )
        if not places or governing is None:
            return []
        side = self.side_of(governing.subject, governing.first)
        if side is None:
            return []
        first = self.found.items[governing.subject].first
        return list(
            self.emit(None, places, side, side, "take", span=(first, places[-1].last), anchor=self.found.items[k].first)
        )

    def _verbless(self, k: int) -> list[Event]:
        """ "Marinka and Popasna under Russian control": a note that spares the verb."""
        items = self.found.items
        if (
            items[k].prep < 0
            or items[items[k].prep].word not in ("under", "in")
            or not set(self.found.words(k)) & self.w.hands
        ):
            return []
        if any(predicate.form == "finite" for predicate in self.found.predicates):
            return []
        side = self.actors.named(self.found.words(k)) or self.side_of(k)
        before = items[k].prep - 1
        last = next((use for use in reversed(self.setting.uses) if use.item == before and use.use == "head"), None)
        if side is None or last is None:
            return []
        places = [use for use in self.setting.uses if last.role in (use.role, use.item)]
        span = (min(use.first for use in places), items[k].last)
        return list(self.emit(None, places, side, side, "hold", span=span, anchor=items[k].first))

    def _over(self, k: int, prepositions: tuple[str, ...]) -> list[PlaceUse]:
        return [
            use
            for use in self.setting.uses
            if use.over == k and use.prep in prepositions and use.use in ("head", "inside", "partial")
        ]

    def _fighting(self, k: int) -> list[Event]:
        places = [
            use
            for use in self.setting.located(("in", "inside", "within", "through", "for"))
            if use.use in ("head", "inside", "partial") and use.item > k
        ]
        places = [use for use in places if use.over == k or self._reaches(k, use)]
        if not places:
            places = self._before(k)
        if not places:
            return []
        if (
            places[0].prep == "for"
            and not (set(self.found.words(k)) & {"street", "house-to-house", "urban"})
            and places[0].use != "inside"
        ):
            return []
        words = self.found.words(k)
        if words[0] in ("no", "any"):
            return []
        start, last = (
            min(self.found.items[k].first, *(use.first for use in places)),
            max(self.found.items[k].last, *(use.last for use in places)),
        )
        return list(
            self.emit(
                None, places, None, CONTESTED, "contest", span=(start, self.setting.with_date(last)), anchor=start
            )
        )

    def _before(self, k: int) -> list[PlaceUse]:
        """ "In X fighting went on": a place at the head of the clause."""
        return [
            use
            for use in self.setting.uses
            if use.item < k
            and use.prep in ("in", "inside")
            and use.over < 0
            and use.use in ("head", "inside", "partial")
            and not any(entry.kind == VERB or entry.word in (";", ":") for entry in self.found.items[use.item : k])
        ]

    def _reaches(self, k: int, use: PlaceUse) -> bool:
        """Whether only a verb like "continue", adverbs and phrases stand between "fighting" and "in X"."""
        items = self.found.items
        verbs = 0
        for j in range(k + 1, use.role if use.role > k else use.item):
            if items[j].kind == VERB:
                verbs += 1
                if self.found.predicates[items[j].predicate].lemma not in (
                    "continue",
                    "go",
                    "rage",
                    "be",
                    "report",
                    "persist",
                    "resume",
                    "break",
                    "intensify",
                    "take",
                    "erupt",
                    "flare",
                    "last",
                    "carry",
                ):
                    return False
            elif (items[j].kind == MARK and items[j].word not in (",",)) or (
                items[j].kind == NOUN
                and items[j].prep < 0
                and self.found.words(j)[-1] not in ("place", "morning", "day", "night", "evening")
            ):
                return False
        return verbs <= 1

    def _nominal(self, k: int, frame: str) -> list[Event]:
        """An event as a noun, told by a verb: "announced the capture of X"; alone it only refers to one."""
        items = self.found.items
        places = self._over(k, ("of", "from", "over") if frame in ("leave", "hold") else ("of",))
        if frame == "leave":
            places = [use for use in places if use.prep == "from"]
        if not places:
            return []
        governing: Predicate | None = None
        passive = False
        for predicate in self.found.predicates:
            owned = any(item == k and word in ("to", "of") for word, item in predicate.adjuncts)
            if (k in predicate.objects or (owned and predicate.lemma in ("own", "confess", "speak", "tell"))) and (
                not predicate.passive and predicate.item < k
            ):
                governing = predicate
            elif predicate.subject == k and (
                predicate.passive or predicate.lemma in ("be", "take", "complete", "come", "follow", "happen")
            ):
                governing, passive = predicate, True
        words = self.found.words(k)
        own = self.setting.actors.named(words)
        if governing is None:
            return []
        if not (
            governing.lemma in self.w.announcing
            or (passive and governing.passive and governing.lemma in self.w.announcing)
        ):
            return []
        above = self.found.predicates[governing.parent] if governing.parent >= 0 else None
        begun = above is not None and above.lemma in ("begin", "start", "continue")
        if governing.lemma in ("see", "mark", "mean", "follow", "precede") or (
            governing.form == "infinitive" and not begun
        ):
            return []
        deny = governing.lemma in ("deny", "reject", "dispute")
        if governing.negated:
            return []
        speaker = (
            None
            if passive
            else self.side_of(governing.subject, governing.first) or self.setting.speaker_side(items[k].first)
        )
        agent = own
        for word, item in governing.adjuncts:
            if word == "by":
                agent = agent or self.side_of(item)
        for j in range(k + 1, min(k + 6, len(items))):
            if items[j].kind == NOUN and items[j].prep >= 0 and items[items[j].prep].word == "by":
                agent = agent or self.side_of(j)
        first = items[k].first if not deny else governing.first
        last = self.setting.with_date(max(use.last for use in places))
        span = (min(first, governing.first), last)
        common: dict[str, Any] = {"span": span, "anchor": items[k].first}
        war = self.actors.war
        if frame in ("take", "fall"):
            side = agent
            if side is None and frame == "take":
                side = war.other(speaker) if deny else speaker or self.setting.taker
                if (
                    governing.lemma in ("confirm", "acknowledge", "admit", "concede")
                    and speaker
                    and words[-1] not in ("liberation", "recapture")
                ):
                    side = self.setting.taker if self.setting.taker else war.other(speaker)
            if side is None:
                side = (
                    self.setting.faller(places[0], items[k].first)
                    if not (speaker and frame == "fall")
                    else war.other(speaker)
                )
            if deny:
                return list(self.emit(None, places, side, None, "take", denied=True, **common))
            return list(self.emit(None, places, side, side, "take", loser=war.other(side), **common))
        if frame == "lose":
            side = agent or speaker or self.setting.loser(places[0], items[k].first)
            if deny:
                return list(self.emit(None, places, side, side, "lose", denied=True, stays=side, **common))
            return list(self.emit(None, places, side, war.other(side), "lose", loser=side, **common))
        if frame == "leave":
            side = agent or speaker or self.setting.leaver(places[0], items[k].first)
            if deny:
                return list(self.emit(None, places, side, side, "leave", denied=True, stays=side, **common))
            if governing.lemma == "order":
                return []
            return list(self.emit(None, places, side, None, "leave", stays=side, loser=side, **common))
        side = agent or speaker
        if deny:
            return list(self.emit(None, places, war.other(side), None, "hold", denied=True, **common))
        return list(self.emit(None, places, side, side, "hold", **common))

    def _possessed(self, k: int) -> list[Event]:
        """ "denied the town's capture": the place stands before the noun."""
        words = self.found.words(k)
        if words[-1] not in self.w.nouns:
            return []
        if "'s" in words:
            at = words.index("'s")
            use = next(
                (use for use in self.setting.uses if use.item == k and use.use == "possessor"), None
            ) or self.setting.pronoun_words(words[:at], k)
        else:
            use = self.setting.spoken_of(k)  # "announced its capture"
        if use is None:
            return []
        governing = next((p for p in self.found.predicates if k in p.objects), None)
        if governing is None or governing.lemma not in self.w.announcing or governing.negated:
            return []
        frame = self.w.nouns[words[-1]]
        speaker = self.side_of(governing.subject, governing.first)
        deny = governing.lemma in ("deny", "reject", "dispute")
        war = self.actors.war
        span = (governing.first, self.found.items[k].last)
        if frame in ("take", "fall"):
            side = (war.other(speaker) if deny or frame == "fall" else speaker) or self.setting.taker
            return list(
                self.emit(
                    None,
                    [use],
                    side,
                    None if deny else side,
                    "take",
                    denied=deny,
                    span=span,
                    anchor=self.found.items[k].first,
                )
            )
        if frame == "lose":
            return list(
                self.emit(
                    None,
                    [use],
                    speaker,
                    speaker if deny else war.other(speaker),
                    "lose",
                    denied=deny,
                    stays=speaker,
                    span=span,
                    anchor=self.found.items[k].first,
                )
            )
        return []

    def _presupposed(self, k: int, frame: str) -> list[Event]:
        """ "since the seizure of X in October", "after the fall of X": told as known, in passing."""
        items = self.found.items
        if frame not in ("take", "fall", "lose", "leave") or items[k].prep < 0:
            return []
        word = items[items[k].prep].word
        words = self.found.words(k)
        if word not in ("since", "after", "following", "with", "despite", "until") or words[0] not in (
            "the",
            "its",
            "their",
            *(name for name in words[:1] if self.actors.named([name])),
        ):
            return []
        places = self._over(k, ("from",) if frame == "leave" else ("of",))
        places = [use for use in places if use.kind in ("settlement", "unknown") and use.use == "head"]
        last = self.setting.with_date(max((use.last for use in places), default=0))
        dated = any(places and places[-1].last <= first < last for first, _ in self.setting.dates)
        if not places or not (dated or word in ("after", "since", "following")):
            return []
        if any(predicate.modal or predicate.conditional for predicate in self.found.predicates):
            return []
        side = self.actors.named(words)
        for j in range(k + 1, min(k + 6, len(items))):
            if items[j].kind == NOUN and items[j].prep >= 0 and items[items[j].prep].word in ("by", "to"):
                side = side or self.side_of(j)
        war = self.actors.war
        first = items[k].first
        span = {"span": (first, last), "anchor": first}
        if frame in ("take", "fall"):
            side = side or self.setting.faller(places[0], first)
            return list(self.emit(None, places, side, side, "take", loser=war.other(side), **span))  # type: ignore[arg-type]
        side = side or self.setting.loser(places[0], first)
        holder = war.other(side) if frame == "lose" else None
        return list(self.emit(None, places, side, holder, frame, stays=side, loser=side, **span))  # type: ignore[arg-type]

    def _flag_in(self, k: int) -> list[Event]:
        """ "a Ukrainian flag in X", "a battalion with its flag in X", shown or filmed."""
        if any(
            predicate.item < k and predicate.lemma in self.w.flag_verbs and k in predicate.objects
            for predicate in self.found.predicates
        ):
            return []
        places = [
            use
            for use in self.setting.uses
            if use.prep in ("in", "over", "above")
            and use.item > k
            and use.item - k <= 4
            and use.use in ("head", "inside", "near")
        ]
        if not places:
            return []
        verb = next(
            (
                p
                for p in self.found.predicates
                if p.lemma
                in ("show", "place", "see", "film", "publish", "appear", "post", "circulate", "release", "picture")
                and p.item < places[0].item
            ),
            None,
        )
        if verb is None or verb.negated:
            return []
        side = (
            self.setting.actors.named(self.found.words(k))
            or next(
                (self.side_of(j) for j in range(k - 1, -1, -1) if self.found.items[j].kind == NOUN and self.side_of(j)),
                None,
            )
            or self.setting.taker
            or self.actors.last
        )
        first = verb.first
        if verb.subject >= 0:
            first = min(first, self.found.items[verb.subject].first)
        return list(
            self.emit(None, places, side, side, "hold", span=(first, places[-1].last), anchor=self.found.items[k].first)
        )

    # -- what is left out ---------------------------------------------------------------------------------

    def ellipsis(self, out: list[Event]) -> list[Event]:
        """ "so is X", "X was not", "as has Y": the verb is the one before."""
        low = self.low
        for i in range(len(low) - 2):
            if low[i] in ("so", "as", "nor", "neither") and (
                low[i + 1] in ("is", "are", "was", "were", "has", "have", "had", "did", "does", "do", "will", "would")
            ):
                source = (
                    next((event for event in reversed(out) if event.last <= i + 1), None) or self.setting.previous_event
                )
                if source is None:
                    continue
                follow = [use for use in self.setting.uses if i + 2 <= use.first <= i + 6]
                if not follow:
                    continue
                leader = follow[0]
                places = [use for use in self.setting.uses if use.role == leader.role and use.use == "head"] or [leader]
                for use in places:
                    if use.use != "head":
                        continue
                    out.append(
                        Event(
                            source.side,
                            source.holder,
                            use,
                            -1,
                            i + 1,
                            i,
                            use.last,
                            source.kind,
                            denied=source.denied or low[i] in ("nor", "neither"),
                            stays=source.stays,
                            loser=source.loser,
                        )
                    )
        for predicate in self.found.predicates:
            if predicate.lemma != "be" and predicate.lemma not in ("have", "do", ""):
                continue
            if not predicate.negated or predicate.objects or predicate.adjuncts:
                continue
            if predicate.last < len(low) and (low[predicate.last][0].isalpha() and low[predicate.last] not in ELLIPTIC):
                continue
            places = [place for place in self.places(self.subject_items(predicate)) if place.first >= 0]
            source = (
                next((event for event in reversed(out) if event.last <= predicate.first), None)
                or self.setting.previous_event
            )
            if not places or source is None:
                continue
            stays = source.stays if source.kind in ("lose", "leave") else None
            out += list(self.emit(predicate, places, source.side, stays, source.kind, denied=True, stays=stays))
        return sorted(out, key=lambda event: event.first)
