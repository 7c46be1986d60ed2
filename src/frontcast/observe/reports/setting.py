"""One sentence in its document: how it uses the places it names, and what "it", "the town" and "his men" mean in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.claim import Quantity
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.speech import Speech, speech_at
from frontcast.observe.reports.syntax import ADVERB, CONJUNCTION, DATE, MARK, NOUN, PREPOSITION, VERB, Clauses

COUNTS: Final = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty fifty".split(),
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 20, 30, 40, 50),
        strict=True,
    )
)
REFERRING: Final = frozenset("they them it its their his her he she".split())
LEAST_CITY: Final = 15_000.0
MOST_VILLAGE: Final = 30_000.0
"""People: fewer are hardly called a city, more no village."""

QUOTES: Final = frozenset(('"', "“", "”", "«", "»", "‘"))
HELD: Final = ("-held", "-occupied", "-controlled", "-ruled")


@dataclass(frozen=True, slots=True)
class PlaceUse:
    """A place as a clause uses it.

    Attributes:
        name, kind, lat, lon, known, key: as in `places.PlaceMention`.
        first, last: its words; -1 where a pronoun or "the town" stands for it.
        item: the phrase it stands in; role: the phrase that plays a part in the clause for it ("the centre" of it).
        use: "head", "inside", "partial", "edge", "near", "modifier", "possessor" or "attributive".
        prep: the preposition before `role`; over: the phrase that preposition depends on, -1 if none.
        quantity: how many settlements are meant, where none is named.
        population: people who live there, -1 where unknown.
    """

    name: str | None
    kind: str
    lat: float | None
    lon: float | None
    known: bool
    key: str
    first: int
    last: int
    item: int
    role: int
    use: str
    prep: str
    over: int
    quantity: Quantity | None = None
    population: float = -1.0


@dataclass
class Memory:
    """What a document has told so far."""

    place: PlaceUse | None = None
    region: PlaceUse | None = None
    recent: list[PlaceUse] = field(default_factory=list)
    lately: list[PlaceUse] = field(default_factory=list)
    taker: str | None = None
    pusher: str | None = None
    holders: dict[str, str] = field(default_factory=dict)
    previous_event: Any = None
    after_taking: str | None = None
    left: dict[str, str] = field(default_factory=dict)
    paragraph: int = -1


@dataclass(frozen=True)
class PlaceWords:
    """Words of `control.toml` about places."""

    partial: frozenset[str]
    inside: frozenset[str]
    edge: frozenset[str]
    people: frozenset[str]
    nouns: frozenset[str]
    near: frozenset[str]
    modified: frozenset[str]
    pronouns: frozenset[tuple[str, ...]]


@lru_cache(maxsize=4)
def place_words(lexicon: Lexicon) -> PlaceWords:
    """The place words of a language."""
    data = lexicon.data["control"]

    def one(text: str) -> frozenset[str]:
        return frozenset(part.strip() for line in text.splitlines() for part in line.replace("|", " ").split())

    parts = data["parts"]
    pronouns = frozenset(tuple(part.split()) for part in data["pronouns"]["place"].split("|"))
    return PlaceWords(
        one(parts["partial"]),
        one(parts["inside"]),
        one(parts["edge"]),
        one(parts["people"]),
        one(parts["place_nouns"]),
        one(parts["near"]),
        one(parts["modifier_after"]),
        pronouns,
    )


class Setting:
    """A sentence with its places, its speakers and what went before.

    Args:
        found: its phrases and predicates.
        mentions: the places it names (objects with the attributes of `places.PlaceMention`).
        dates: word spans of its dates.
        speeches: whose words its parts are.
        actors: the sides.
        memory: of the document.
        units: (first, last, name) of the formations it names.
        lexicon: of its language.
        colours: of the document's legend of a map: the side each stands for; left out, those of the war's maps.
    """

    def __init__(
        self,
        found: Clauses,
        mentions: Sequence[Any],
        dates: Sequence[tuple[int, int]],
        speeches: list[Speech],
        actors: Actors,
        memory: Memory,
        units: Sequence[tuple[int, int, str]],
        lexicon: Lexicon,
        colours: dict[str, str | None] | None = None,
    ) -> None:
        self.found = found
        self.actors = actors
        self.memory = memory
        self.speeches = speeches
        self.dates = dates
        self.units = units
        self.lexicon = lexicon
        self.colours: dict[str, str | None] = colours or actors.colours
        self.words = place_words(lexicon)
        self.uses = self._uses(mentions)

    # -- places -------------------------------------------------------------------------------------------

    def _uses(self, mentions: Sequence[Any]) -> list[PlaceUse]:
        items = self.found.items
        uses: list[PlaceUse] = []
        k = 0
        for mention in mentions:
            while k < len(items) and items[k].last <= mention.first:
                k += 1
            if k >= len(items) or items[k].kind != NOUN or items[k].first > mention.first:
                continue
            uses.append(self._use(mention, k))
        return self._lists(uses)

    def _use(self, mention: Any, k: int) -> PlaceUse:
        items = self.found.items
        low = self.found.sentence.lower
        item = items[k]
        before = low[item.first : mention.first]
        after = low[mention.last : item.last]
        use, role, prep = "head", k, ""
        if mention.kind == "region" and after and after[-1] in self.found.sets["towns"]:
            use = "modifier"  # "the Aj Jazirah State capital"
        if after and after[0] == "'s":
            rest = set(after[1:])
            use = "possessor"
            if rest & self.words.inside or rest & self.words.partial:
                use = "partial" if rest & self.words.partial or rest & self.found.sets["sections"] else "inside"
            if rest & self.words.edge:
                use = "edge"
        elif after and mention.kind not in ("region",):
            use = "modifier"
            if after[-1] in ("itself", "proper", "today", "yesterday", "both", "again") or set(after) <= {
                "city",
                "town",
                "village",
                "settlement",
            }:
                use = "head"
            elif set(after) & self.words.inside and after[-1] not in ("administration",):
                use = "inside"
        if use == "head" and before:
            if any(word.endswith(HELD) for word in before) or set(before) & {
                "occupied",
                "besieged",
                "liberated",
                "encircled",
                "beleaguered",
                "captured",
                "contested",
            }:
                use = "attributive"
            elif set(before) & self.found.sets["sections"] or set(before) & {"half", "most", "parts"}:
                use = "partial"
            elif set(before) & {"battle-scarred", "nearby", "neighbouring", "small"}:
                use = "head"
            elif set(before) & self.actors.forces and before[-1] not in self.words.nouns:
                use = "modifier"
        # Out through the prepositions: "the centre of the town of X".
        over = -1
        while True:
            govern = items[role].prep
            if govern < 0:
                break
            prep = items[govern].word
            j = govern - 1
            while j >= 0 and (items[j].kind in (ADVERB, DATE) or (items[j].kind == MARK and items[j].word in QUOTES)):
                j -= 1
            over = j if j >= 0 and items[j].kind == NOUN else -1
            if prep in self.words.near and use in ("head", "inside", "partial"):
                use = "near"
                break
            if prep == "in" and over >= 0 and self.found.words(over)[-1] in self.words.inside and use == "head":
                use, role = "partial", over
                continue
            if prep != "of" or over < 0:
                break
            words = self.found.words(over)
            head = words[-1]
            if head in self.found.sets["compass"] or set(words[-2:]) & self.found.sets["compass"]:
                use = "edge"
                role = over
                continue
            if mention.kind == "region" and head in self.words.nouns:
                use = "edge"
                break
            if head in self.words.people:
                use = "modifier"
                role = over
                break
            if head in self.words.nouns or head == "district":
                role = over
                if set(words) & self.found.sets["sections"] and use == "head":
                    use = "partial"
                continue
            if head in self.words.partial or set(words) & {"per", "percent"}:
                use = "partial" if use in ("head", "inside") else use
                role = over
                continue
            if head in self.words.inside:
                use = "inside" if use == "head" else use
                role = over
                continue
            if head in self.words.edge or head in self.words.modified:
                use = "edge"
                role = over
                continue
            if head in (
                "string",
                "number",
                "handful",
                "series",
                "group",
                "cluster",
                "pair",
                "dozen",
                "rest",
                "whole",
                "all",
                "remainder",
                "places",
            ):
                role = over
                continue
            break
        if use == "head" and set(self.found.words(role)) & {"half"} and role != k:
            use = "partial"
        # "at the western edge of X" is outside; "in the western streets of X" is inside, in part.
        if use in ("inside",) and prep in self.words.near:
            use = "near"
        if (
            k
            and items[k - 1].kind == ADVERB
            and items[k - 1].word in ("half", "most", "almost")
            and role == k
            and use == "head"
            and items[k - 1].word in ("half",)
        ):
            use = "partial"
        over = self._depends(role) if items[role].prep >= 0 else -1
        prep = items[items[role].prep].word if items[role].prep >= 0 else ""
        quantity = None
        return PlaceUse(
            mention.name,
            mention.kind,
            mention.lat,
            mention.lon,
            mention.known,
            mention.key,
            mention.first,
            mention.last,
            k,
            role,
            use,
            prep,
            over,
            quantity,
            getattr(mention, "population", -1.0),
        )

    def _depends(self, role: int) -> int:
        items = self.found.items
        j = items[role].prep - 1
        while j >= 0 and (items[j].kind in (ADVERB, DATE) or (items[j].kind == MARK and items[j].word in QUOTES)):
            j -= 1
        return j if j >= 0 and items[j].kind == NOUN else -1

    def _lists(self, uses: list[PlaceUse]) -> list[PlaceUse]:
        """In a list the first place tells what part all of them play; "including A and B" explains the phrase before."""
        items = self.found.items
        out: list[PlaceUse] = []
        # "freed Izium, Kyiv says": what speaks is no member of the list.
        subjects = {p.subject for p in self.found.predicates if p.form == "finite" and p.item == p.subject + 1}
        speaking = {p.subject for p in self.found.predicates if p.form == "finite" and p.item == p.subject + 1}
        for use in uses:
            entry = use
            previous = out[-1] if out else None
            alone = (
                use.item in speaking
                and items[use.item - 1].kind == MARK
                and self.actors.named(self.found.words(use.item))
            )
            if (
                previous is not None
                and not alone
                and previous.item < use.item
                and self._joined(previous.item, use.item)
                and (previous.kind == "region") == (use.kind == "region")
                and not (use.item in subjects and previous.role and items[previous.role - 1].kind == VERB)
                and items[use.role].prep < 0
                and use.use in ("head", "inside", "partial", "modifier")
            ):
                if use.use == "head":
                    entry = replace(
                        use,
                        role=previous.role,
                        use=previous.use if previous.use not in ("possessor", "modifier") else use.use,
                        prep=previous.prep,
                        over=previous.over,
                    )
            elif previous is not None and self._lies_in(previous, use):
                entry = replace(use, use="modifier")
            elif use.prep in self.found.sets["including"] or self._explains(use):
                j = self._listed_noun(use)
                if j >= 0:
                    prep = items[items[j].prep].word if items[j].prep >= 0 else ""
                    entry = replace(use, role=j, prep=prep, over=self._depends(j) if prep else -1)
            out.append(entry)
        # A list whose last member alone tells what it is: "in A and B districts".
        return out

    def _lies_in(self, town: PlaceUse, region: PlaceUse) -> bool:
        """Whether a region only tells where the town before it lies: "Andriivka, Sumy region"."""
        return (
            town.kind != "region"
            and region.kind == "region"
            and region.use == "head"
            and self.found.items[region.role].prep < 0
            and self.found.sentence.lower[town.last : region.first] in ((",",), ("(",))
        )

    def _joined(self, first: int, second: int) -> bool:
        items = self.found.items
        joined = False
        j = first + 1
        while j < second:
            entry = items[j]
            if entry.kind == CONJUNCTION or (entry.kind == MARK and entry.word == ","):
                joined = True
            elif (
                entry.kind == PREPOSITION
                and items[first].prep >= 0
                and entry.word == items[items[first].prep].word
                and joined
            ):
                return True
            elif entry.kind == ADVERB and entry.word in ("also", "then", "finally", "well", "as", "even"):
                pass
            elif entry.kind == MARK and entry.word == "(":
                while j < second and not (items[j].kind == MARK and items[j].word == ")"):
                    j += 1
            else:
                return False
            j += 1
        return joined

    def _explains(self, use: PlaceUse) -> bool:
        """Whether a list of names after a colon, "among them" or "such as" explains the phrase before."""
        items = self.found.items
        j = use.item - 1
        if (
            j >= 1
            and items[j].kind == NOUN
            and self.found.words(j) in (("them",), ("which",))
            and items[j - 1].word == "among"
        ):
            return True
        return (
            j >= 1
            and items[j].kind == MARK
            and items[j].word in (":", "—", "–", "(", ",")
            and items[j - 1].kind == NOUN
            and (self._plural_places(j - 1) or (items[j].word == ":" and self._listed_noun(use) >= 0))
        )

    def _plural_places(self, k: int) -> bool:
        return bool(
            set(self.found.words(k))
            & {
                "villages",
                "districts",
                "suburbs",
                "quarters",
                "neighbourhoods",
                "settlements",
                "towns",
                "places",
                "cities",
                "localities",
                "hamlets",
                "communities",
                "positions",
                "locations",
                "town",
                "village",
                "points",
            }
        )

    def _listed_noun(self, use: PlaceUse) -> int:
        items = self.found.items
        for j in range(use.item - 1, -1, -1):
            if items[j].kind == NOUN and self._plural_places(j):
                top = j
                while items[top].prep >= 0 and items[items[top].prep].word == "of" and self._depends(top) >= 0:
                    top = self._depends(top)
                return top
        return -1

    def pronoun(self, item: int) -> PlaceUse | None:
        """The place that a phrase without a name means: "it", "half of the city", "a small town" after a name."""
        items = self.found.items
        words = self.found.words(item)
        if any(
            use.item == item and not (use.kind == "region" and words[-1] in self.found.sets["towns"])
            for use in self.uses
        ):
            return None
        # An apposition: "Vysokopillia, a small town".
        if (
            (words[0] in ("a", "an", "the") or len(words) == 1)
            and words[-1] in self.words.nouns
            and item >= 2
            and items[item - 1].word == ","
        ):
            named = next(
                (use for use in self.uses if use.item == item - 2 and use.use in ("head", "partial", "inside")), None
            )
            if named is not None:
                return replace(named, role=item, use="head")
        # "Douma is the last town that": what is said to be a town is one.
        if words[-1] in self.words.nouns or words[-1] in self.found.sets["towns"]:
            for predicate in self.found.predicates:
                if predicate.lemma in ("be", "remain", "become") and item in predicate.objects:
                    said = next((use for use in self.uses if use.role == predicate.subject and use.use == "head"), None)
                    if said is not None:
                        return replace(said, role=item)
        entry = items[item]
        if self._hung(item) and any(use.item == item + 2 for use in self.uses):
            return None  # "the town of X"
        described = words[-1] in self.found.sets["towns"] and words[0] in ("the", "this", "that")
        if not described and any(
            word[:1].isupper() for word in self.found.sentence.words[entry.first + 1 : entry.last]
        ):
            return None  # "the Sports City" is a name, if an unknown one
        direct = self.pronoun_words(words, item)
        if direct is not None:
            return direct
        k = item
        while (
            k + 2 < len(items)
            and items[k + 1].kind == PREPOSITION
            and items[k + 1].word == "of"
            and items[k + 2].kind == NOUN
        ):
            inner = self.pronoun_words(self.found.words(k + 2), k + 2)
            head = self.found.words(k)[-1]
            if inner is not None:
                if head in self.words.partial or set(self.found.words(item)) & {
                    "half",
                    "most",
                    "part",
                    "parts",
                    "much",
                }:
                    return replace(inner, role=item, use="partial")
                if head in self.words.inside:
                    return replace(inner, role=item, use="inside")
                return replace(inner, role=item) if head in ("all", "whole", "rest", "remainder", "control") else None
            k += 2
        return None

    def pronoun_words(self, words: tuple[str, ...], item: int) -> PlaceUse | None:
        """As `pronoun`, from words."""
        before = [
            use
            for use in self.uses
            if use.last <= self.found.items[item].first
            and use.kind in ("settlement", "unknown")
            # A capital that acts is a government, not a place.
            and (use.prep or self.actors.named(self.found.words(use.item)) is None)
        ]
        good = [
            use
            for use in before
            if use.use in ("head", "inside", "partial", "possessor") and not self._speaker_sits(use)
        ]
        place = good[-1] if good else self.memory.place or (before[-1] if before else None)
        if words and words[0] in ("his", "her", "their") and words[-1] in self.found.sets["towns"]:
            # "The mayor of Irpin had declared his town liberated"
            owned = next((use for use in reversed(before) if use.use in ("modifier", "possessor")), None)
            place = owned or place
        elif not good and words and words[0] in ("the", "this", "that"):
            place = self._of_size(words[-1], place)
        if place is None:
            # The first sentence may name the place only later: "The town is held, a resident of Sinja said".
            place = next((use for use in self.uses if use.kind in ("settlement", "unknown")), None)
        if place is None and words == ("the", "capital"):
            place = PlaceUse(
                "the capital", "unknown", None, None, False, "the capital", -1, -1, item, item, "head", "", -1
            )
        counted = self._counted(words, item)
        if counted is not None:
            return counted
        if place is None or not words:
            return None
        use = ""
        trimmed = tuple(
            word
            for word in words
            if word
            not in ("whole", "entire", "itself", "whole", "ruined", "small", "little", "besieged", "shattered", "empty")
        )
        named = (
            words[0] in ("the", "this", "that", "his", "her", "our", "their", "its")
            and words[-1] in self.found.sets["towns"]
            and (2 <= len(words) <= 4 or "'s" in words or words[-1] == "capital")
            and len(words) <= 7
        )
        if trimmed in self.words.pronouns or (named and not set(words) & {"last", "first", "other", "next", "only"}):
            use = "head"
        elif (
            words[0] in ("its", "the")
            and words[-1] in self.words.inside
            and len(words) <= 4
            and words[-1] in ("centre", "center", "streets", "heart", "middle")
        ):
            use = "partial" if set(words) & self.found.sets["sections"] else "inside"
        elif (words[0] == "its" and words[-1] in self.words.partial) or (
            words[-1] in ("town", "city", "village") and set(words) & {"half", "most", "part", "of"}
        ):
            use = "partial"
        if not use:
            return None
        # "the town" after "half of": the phrase it hangs on tells.
        if self.found.items[item].prep >= 0:
            j = self._depends(item)
            word = self.found.items[self.found.items[item].prep].word
            if j >= 0 and word == "of":
                head = self.found.words(j)[-1]
                if head in self.words.partial or set(self.found.words(j)) & {"half", "most", "part"}:
                    use = "partial"
            if word in self.words.near and word != "about":
                use = "near"
        return replace(place, first=-1, last=-1, item=item, role=item, use=use, prep="", over=-1, quantity=None)

    def _counted(self, words: tuple[str, ...], item: int) -> PlaceUse | None:
        """ "the former", "the latter", "the first" and "the second" of the places last named together."""
        order: dict[tuple[str, ...], int] = {
            ("the", "former"): 0,
            ("the", "first"): 0,
            ("the", "second"): 1,
            ("the", "latter"): -1,
            ("the", "third"): 2,
        }
        at = order.get(words)
        if at is None:
            return None
        recent = [use for use in self.memory.recent if use.kind in ("settlement", "unknown")]
        before = [use for use in self.uses if 0 <= use.last <= self.found.items[item].first and use.use == "head"]
        recent = before if len(before) > 1 else recent
        if len(recent) < 2 or at >= len(recent):
            return None
        return replace(recent[at], first=-1, last=-1, item=item, role=item, use="head", prep="", over=-1, quantity=None)

    def _of_size(self, word: str, place: PlaceUse | None) -> PlaceUse | None:
        """Of the places lately named, the one that can be "the city" or "the village"; `place` where all or none can."""
        if place is None or word not in ("city", "village", "hamlet"):
            return place

        def fits(use: PlaceUse) -> bool:
            if word == "city":
                return use.population < 0 or use.population >= LEAST_CITY
            return use.population < MOST_VILLAGE

        if fits(place):
            return place
        return next((use for use in reversed(self.memory.lately) if fits(use)), place)

    def spoken_of(self, item: int) -> PlaceUse | None:
        """The place that a clause without one is about: the last named before phrase `item`, else that of the text."""
        found = self.found
        before = [
            use
            for use in self.uses
            if use.item < item
            and use.kind in ("settlement", "unknown")
            and use.use in ("head", "inside", "partial", "possessor")
            and (use.prep or self.actors.named(found.words(use.item)) is None)
            and use.prep not in ("to", "toward", "towards", "from")
            and not self._speaker_sits(use)
        ]
        place = before[-1] if before else self.memory.place
        if place is None:
            return None
        return replace(place, first=-1, last=-1, item=item, role=item, use="head", prep="", over=-1, quantity=None)

    def _speaker_sits(self, place: PlaceUse) -> bool:
        """Whether a place only says where somebody speaks: "officials in Kyiv say"."""
        return any(
            predicate.lemma in ("say", "tell", "write", "report", "think", "add", "announce")
            and place.prep in ("in", "from", "at")
            and place.item < predicate.item
            and predicate.item - place.item <= 2
            for predicate in self.found.predicates
        )

    def part_of_the_place(self, phrases: Sequence[int]) -> list[PlaceUse]:
        """The town spoken of, where only a part of it is named: "held a cluster of high-rises"."""
        items = self.found.items
        for item in phrases:
            words = self.found.words(item)
            river = (
                item + 2 < len(items)
                and items[item + 1].word == "of"
                and any(use.item == item + 2 and use.kind != "settlement" for use in self.uses)
            )
            if words[-1] in self.words.partial and not river and self.memory.place is not None:
                return [
                    replace(self.memory.place, first=-1, last=-1, item=item, role=item, use="partial", prep="", over=-1)
                ]
        return []

    def meant(self, item: int) -> PlaceUse:
        """The place spoken of before, as if it were named in phrase `item`."""
        assert self.memory.place is not None
        return replace(self.memory.place, first=-1, last=-1, item=item, role=item, use="head", prep="", over=-1)

    def both(self, item: int) -> list[PlaceUse]:
        """The two places that "both" or "both towns" means: the last two named."""
        before = [use for use in self.uses if 0 <= use.last <= self.found.items[item].first]
        recent = [
            use
            for use in [*self.memory.recent, *before]
            if use.kind in ("settlement", "unknown") and use.use in ("head", "inside", "partial")
        ]
        distinct = {use.key: use for use in recent}
        words = self.found.words(item)
        many = COUNTS.get(words[1], 2) if words[0] == "all" and len(words) > 1 else 2
        if words[0] in ("these", "those", "all") and len(words) > 1 and words[1] not in COUNTS:
            together = {use.key: use for use in self.memory.recent}
            distinct, many = (together, len(together)) if len(together) > 1 else (distinct, 2)
        if len(distinct) < 2 or many > len(distinct):
            distinct = {
                use.key: use for use in [*self.memory.lately, *before] if use.use in ("head", "inside", "partial")
            }
        chosen = list(distinct.values())[-many:]
        return (
            [replace(use, first=-1, last=-1, item=item, role=item, use="head", prep="", over=-1) for use in chosen]
            if len(chosen) == many
            else []
        )

    def edges(self, phrases: Sequence[int]) -> list[PlaceUse]:
        """The place meant by "its southern edge" or "the edge of the town"."""
        found = []
        for item in phrases:
            words = self.found.words(item)
            if words[-1] in self.words.edge and self.memory.place is not None and (words[0] == "its"):
                found.append(
                    replace(self.memory.place, first=-1, last=-1, item=item, role=item, use="edge", prep="", over=-1)
                )
        return found

    def holder(self, place: PlaceUse) -> str | None:
        """The side that the document said holds a place, None if it did not or it is contested."""
        held = self.memory.holders.get(place.key)
        return None if held == "contested" else held

    def concedes(self, word: int) -> bool:
        """Whether the words at `word` are conceded: said against the speaker's own interest."""
        speech = speech_at(self.speeches, word)
        return speech is not None and speech.verb in ("concede", "admit", "acknowledge", "own")

    def denier(self, word: int) -> str | None:
        """The side that denies the words at `word`; None where nobody does, or no side."""
        speech = speech_at(self.speeches, word)
        if speech is None or speech.verb not in ("deny", "reject", "dispute", "dismiss", "refute"):
            return None
        return speech.speaker.side if not speech.speaker.third else None

    def _hung(self, item: int) -> bool:
        """Whether "of" follows a phrase: then what comes after tells whose part it is."""
        items = self.found.items
        return item + 1 < len(items) and items[item + 1].word == "of"

    def located(self, prepositions: Sequence[str]) -> list[PlaceUse]:
        """Places that a phrase with one of these prepositions names or means: "in X", "in the town"."""
        found = [use for use in self.uses if use.prep in prepositions]
        for item, entry in enumerate(self.found.items):
            if entry.kind == NOUN and entry.prep >= 0 and self.found.items[entry.prep].word in prepositions:
                meant = self.pronoun(item)
                if meant is not None:
                    found.append(
                        replace(
                            meant,
                            prep=self.found.items[entry.prep].word,
                            over=self._depends(item),
                            first=entry.first,
                            last=entry.last,
                        )
                    )
        return found

    def unnamed(self, item: int) -> PlaceUse | None:
        """A number of settlements nobody names, as a share of the region spoken of: "two villages"; None if it is none."""
        words = self.found.words(item)
        if len(words) < 2 or words[-1] not in (
            "villages",
            "settlements",
            "towns",
            "localities",
            "cities",
            "hamlets",
            "communities",
            "places",
            "village",
            "settlement",
            "town",
        ):
            return None
        value = next(
            (
                COUNTS.get(word) or (int(word.replace(",", "")) if word.replace(",", "").isdigit() else None)
                for word in words[:-1]
                if word in COUNTS or word[0].isdigit()
            ),
            None,
        )
        if value is None:
            return None
        region = next((use for use in self.uses if use.kind == "region"), None) or self.memory.region
        if region is None:
            return None
        entry = self.found.items[item]
        return replace(
            region,
            first=entry.first,
            last=entry.last,
            item=item,
            role=item,
            use="head",
            prep="",
            over=-1,
            quantity=Quantity(float(value), words[-1]),
        )

    # -- sides --------------------------------------------------------------------------------------------

    def side_of(self, item: int, word: int) -> str | None:
        """The side a phrase means, with what hangs on it by "of" and "from"; `word` is where it is said."""
        items = self.found.items
        words = self.found.words(item)
        speaker = self.speaker_side(word)
        if self.actors.voice and speaker and set(words) & self.found.sets["self"] and not self._quoted(word):
            speaker = self.actors.voice  # "their channels say that our army has left": ours, not theirs
        unit = self.unit_in(item)
        if (
            any(
                use.item == item and use.use == "head" and use.kind in ("settlement", "region", "unknown")
                for use in self.uses
            )
            and self.actors.named(words) is None
        ):
            return None
        found = self.actors.named(words)
        if found is None and unit is not None:
            found = self.actors.units.get(unit.casefold())
        if found is None and speaker is None and words[0] in REFERRING:
            found = self._before_it(item)
        k = item
        while (
            found is None
            and k + 2 < len(items)
            and items[k + 1].kind == PREPOSITION
            and items[k + 1].word in ("of", "from", "in")
            and items[k + 2].kind == NOUN
            and items[k + 2].prep == k + 1
        ):
            k += 2
            if items[k - 1].word == "of":
                found = self.actors.named(self.found.words(k))
                inner = self.unit_in(k)
                if found is None and inner is not None:
                    found = self.actors.units.get(inner.casefold())
                if found is None and self.found.words(k)[0] in ("its", "his", "her", "their", "our"):
                    found = self.actors.side(self.found.words(k), speaker)
            else:
                inner_words = self.found.words(k)
                found = (
                    self.actors.named(inner_words)
                    if len(inner_words) == 1 or inner_words[-1] in ("uniform", "uniforms", "fatigues")
                    else None
                )
            if found is None and items[k - 1].word != "of":
                break
        return found or self.actors.side(words, speaker, unit)

    def _quoted(self, word: int) -> bool:
        """Whether a word stands in a quotation that its sentence opens."""
        opened = False
        for text in self.found.sentence.words[:word]:
            opened = (text in ("“", "«", "„") or text == '"') if not opened else text not in ("”", "»", '"')
        return opened

    def _before_it(self, item: int) -> str | None:
        """The side that "they" or "its" takes up: the subject before it in the sentence, if that is one."""
        for predicate in reversed(self.found.predicates):
            subject = predicate.subject
            if subject < 0 or predicate.item >= item or subject >= item or predicate.form != "finite":
                continue
            words = self.found.words(subject)
            side = self.actors.named(words) or self.actors.by_role(words)
            if side is not None and not any(use.item == subject and use.use == "head" for use in self.uses):
                return side
        if self.found.words(item)[0] in ("its", "their", "his"):
            # "Worse still for the Kremlin, thousands of its soldiers"
            for k in range(item - 1, -1, -1):
                if self.found.items[k].kind == NOUN and self.found.items[k].prep >= 0:
                    side = self.actors.named(self.found.words(k))
                    if side is not None:
                        return side
        return None

    def speaker_side(self, word: int) -> str | None:
        """The side of whoever says the words at `word`; the document's own where nobody else does."""
        speech = speech_at(self.speeches, word)
        if speech is not None and not speech.speaker.third:
            return speech.speaker.side
        return self.actors.voice if speech is None else None

    def reported(self, word: int) -> bool:
        """Whether the words at `word` are somebody's rather than the document's own."""
        return speech_at(self.speeches, word) is not None

    def unit_in(self, item: int) -> str | None:
        """A formation named in a phrase."""
        entry = self.found.items[item]
        return next(
            (
                name
                for first, last, name in self.units
                if entry.first <= first < entry.last or first <= entry.first < last
            ),
            None,
        )

    # -- memory -------------------------------------------------------------------------------------------

    @property
    def taker(self) -> str | None:
        """The side that last took a place, as the document tells."""
        return self.memory.taker

    @property
    def previous_event(self) -> Any:
        """The control event before this sentence."""
        return self.memory.previous_event

    @property
    def after_taking(self) -> str | None:
        """The side of a capture told just before, where "X followed" makes sense."""
        return self.memory.after_taking or self.memory.taker

    def faller(self, place: PlaceUse, word: int) -> str | None:
        """Who has a place that "fell": the other side of who held it, else whoever is taking ground."""
        held = self.memory.holders.get(place.key)
        if held is not None and held != "contested":
            return self.actors.war.other(held)
        if self.memory.taker:
            return self.memory.taker
        own = self.speaker_side(word)
        if own:
            # His own triumph is announced; the rest is told, or admitted.
            speech = speech_at(self.speeches, word)
            triumph = speech is not None and speech.verb in (
                "announce",
                "declare",
                "claim",
                "proclaim",
                "hail",
                "boast",
                "celebrate",
                "trumpet",
            )
            return own if triumph else self.actors.war.other(own)
        return self.memory.pusher or self.actors.war.attacker or self.actors.last

    def loser(self, place: PlaceUse | None, word: int) -> str | None:
        """Who lost a place that "was lost"."""
        held = self.memory.holders.get(place.key) if place is not None else None
        if held is not None and held != "contested":
            return held
        own = self.speaker_side(word)
        if own:
            return own
        if self.memory.taker:
            return self.actors.war.other(self.memory.taker)
        return self.actors.war.other(self.actors.war.attacker)

    def leaver(self, place: PlaceUse, word: int) -> str | None:
        """Who left a place that "was abandoned"."""
        held = self.memory.holders.get(place.key)
        if held is not None and held != "contested":
            return held
        if self.memory.taker:
            return self.actors.war.other(self.memory.taker)
        return self.actors.last or self.speaker_side(word) or self.actors.war.other(self.actors.war.attacker)

    # -- dates --------------------------------------------------------------------------------------------

    def is_date(self, item: int) -> bool:
        """Whether a phrase is a date."""
        entry = self.found.items[item]
        return entry.kind == DATE or any(first <= entry.first < last for first, last in self.dates)

    def with_date(self, last: int) -> int:
        """A clause's end, moved past a date that follows at once."""
        low = self.found.sentence.lower
        start = last
        while start < len(low) and low[start] in (
            "on",
            "in",
            "at",
            "by",
            "since",
            "late",
            "early",
            "last",
            "the",
            "after",
            "before",
            "again",
        ):
            start += 1
        for first, end in self.dates:
            if first in (start, last) or first <= start < end:
                return max(last, end)
        return last
