"""A clause as its parts: what a verb is done to, what does it, and what else stands in its clause.

The grammar of `syntax.py` gives each verb one subject and what it takes as objects; here phrases are gathered more freely,
with those in a list and those that hang on others, since for what a clause tells their words matter more than their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from frontcast.observe.reports.frames import ClauseParts, KindWords, is_weapon_name
from frontcast.observe.reports.setting import Setting
from frontcast.observe.reports.syntax import CONJUNCTION, DATE, MARK, NOUN, PREPOSITION, VERB, Clauses, Item, Predicate

NUMBERS: Final = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy eighty"
    " ninety hundred hundreds thousand thousands dozen dozens several scores half third quarter fifth".split()
)

GOALS: Final = frozenset(
    "to toward towards into onto across behind past beyond through over for up down around".split()
)
"""Prepositions of where a movement goes."""

DISTANCES: Final = frozenset(
    "north south east west northward southward eastward westward westwards eastwards"
    " kilometres kilometers kilometre km metres meters miles mile yards ground way day night time home".split()
)
"""What a verb of motion may have beside it without acting on it."""

TAKING: Final = frozenset("for on at against with of from to than into onto through".split())
"""Prepositions of what a verb acts on: "asked for shells", "fired on the town"."""

PRONOUNS: Final = frozenset("they we he us them who those these some others many most all it".split())
"""Words that may stand for those who fight."""


def chain(found: Clauses, k: int) -> list[int]:
    """A phrase with what hangs on it: "two brigades of marines", "vehicles such as tanks", "fewer than 900 men"."""
    items = found.items
    out = [k]
    while (
        k + 2 < len(items)
        and items[k + 1].kind == PREPOSITION
        and items[k + 1].word in ("of", "like", "including", "than")
        and items[k + 2].kind == NOUN
    ):
        k += 2
        out.append(k)
    return out


def phrases_before(found: Clauses, predicate: Predicate) -> list[int]:
    """The phrases before a verb that can be its subject, nearest first: no other clause's, none set off by a preposition."""
    items = found.items
    out: list[int] = []
    joined = -1  # how many phrases stand after the nearest comma or "and"
    k = predicate.item - 1
    while k >= 0:
        entry = items[k]
        if entry.kind == VERB:
            other = found.predicates[entry.predicate]
            if (
                other.form == "finite"
                and k == predicate.item - 1
                and other.lemma in found.sets["copulas"] | {"have", "be"}
            ):
                k -= 1
                continue  # "lie burned out", "has got through"
            if other.form == "finite":
                opener = _relative_opener(found, k)
                if opener < 0 or not out:
                    # What stands before "and" belongs to the verb before: "were paid a wage, and convicts were brought in".
                    return out[:joined] if joined > 0 else out
                k = opener - 1  # "soldiers who ran away are being pursued"
                continue
        elif entry.word == "so" and entry.kind == "subordinator" and only_an_amount(found, k + 1):
            pass  # "so few shells", "so far"
        elif (
            entry.kind in ("subordinator", "relative", "that")
            or (entry.kind == MARK and entry.word in ";:.?!")
            or (
                entry.kind == CONJUNCTION
                and k + 1 < len(items)
                and items[k + 1].kind not in (NOUN, PREPOSITION, "adverb")
            )
        ):
            break
        elif entry.kind == CONJUNCTION or (entry.kind == MARK and entry.word == ","):
            joined = joined if joined > 0 else len(out)
        elif entry.kind == NOUN and (entry.prep < 0 or items[entry.prep].word in ("of", "than", "including")):
            out.append(k)
        elif (
            entry.kind == NOUN
            and items[entry.prep].first > 0
            and found.sentence.lower[items[entry.prep].first - 1] == "up"
        ):
            out.append(k)  # "up to sixty men"
        k -= 1
    return out


def _relative_opener(found: Clauses, verb: int) -> int:
    """The relative pronoun right before a verb, past adverbs; -1 if there is none."""
    k = verb - 1
    while k >= 0 and found.items[k].kind in ("adverb", DATE):
        k -= 1
    return k if k >= 0 and found.items[k].kind == "relative" else -1


def phrases_after(found: Clauses, predicate: Predicate) -> list[int]:
    """The phrases a verb acts on: its objects, or those of the preposition that comes with it ("asked for shells")."""
    items = found.items
    out: list[int] = []
    for k in predicate.objects:
        listed = k > predicate.item and items[k - 1].kind in (CONJUNCTION, MARK)
        if listed and items[k - 2].kind == NOUN and items[k - 2].prep > predicate.item:
            continue  # "near Semyhiria and Vershyna"
        out += chain(found, k)
    k = predicate.item + 1
    while k < len(items) and (items[k].kind == "adverb" or items[k].word == "so"):
        k += 1
    if (
        not out
        and k + 1 < len(items)
        and items[k].kind == NOUN
        and items[k + 1].kind == VERB
        and bare_left(found, items[k + 1])
    ):
        return chain(found, k)  # "has few missiles left"
    described = k + 1 < len(items) and items[k].kind == NOUN and items[k].prep < 0 and items[k + 1].kind == "relative"
    if not out and described:
        return chain(found, k)  # "shot two men who would not go"
    governed = k + 1 < len(items) and items[k].kind == PREPOSITION and items[k + 1].kind == NOUN
    if not out and governed and (items[k].word in TAKING or predicate.particle):
        out += chain(found, k + 1)
    return out


def only_an_amount(found: Clauses, k: int) -> bool:
    """Whether "so" before phrase k only says how much or since when: "so few", "so far"."""
    return k < len(found.items) and found.items[k].word in ("few", "little", "many", "much", "far")


def bare_left(found: Clauses, verb: Item) -> bool:
    """Whether a verb is only the "left" of what remains."""
    other = found.predicates[verb.predicate]
    after = found.items[other.item + 1] if other.item + 1 < len(found.items) else None
    return other.lemma == "leave" and other.first == other.head and (after is None or after.kind != NOUN)


def clause_parts(
    setting: Setting, predicate: Predicate, span: tuple[int, int], saying: frozenset[str], words: KindWords
) -> ClauseParts:
    """A clause as its parts."""
    found = setting.found
    low = found.sentence.lower
    items = found.items
    left = phrases_before(found, predicate)
    if predicate.subject >= 0 and predicate.subject not in left:
        # Shared with the verb before, or an antecedent.
        left = [*chain(found, predicate.subject)] if predicate.form != "gerund" or not left else left
    right = phrases_after(found, predicate)
    after = items[predicate.item + 1] if predicate.item + 1 < len(items) else None
    parent = found.predicates[predicate.parent] if predicate.parent >= 0 else None
    shared = (
        predicate.link == "coordinate"
        and parent is not None
        and (parent.passive or low[max(0, predicate.first - 2) : predicate.first] == ("all", "but"))
        and predicate.first == predicate.head
        and not predicate.objects
    )  # "were withdrawn and sent to the east"
    passive = (predicate.passive or shared) and not (
        predicate.form == "participle" and after is not None and after.kind == NOUN and bool(left)
    )  # "Moscow moved armour" may look like "the armour moved by Moscow"
    agent = chain(found, predicate.agent) if predicate.agent >= 0 else []
    direct = [k for k in right if k in predicate.objects]
    of, by = ([*left, *direct] or right, agent) if passive else (right, left)
    lemma = predicate.lemma
    if lemma not in words.frames:
        # One that the list of verbs has not: "frustrat", "permitt".
        lemma = next((form for form in (f"{lemma}e", lemma[:-1]) if form in words.frames), lemma)
    phrase = f"{lemma} {predicate.particle}" if predicate.particle else lemma
    if not predicate.particle and predicate.last < len(low) and low[predicate.last] in found.sets["particles"]:
        phrase = f"{lemma} {low[predicate.last]}"  # "broke through its lines"
    elif not predicate.particle:
        # "set the depot on fire", "threw the attackers back"
        late = [low[items[k].last] for k in predicate.objects if items[k].last < min(len(low), span[1])]
        phrase = next((f"{lemma} {word}" for word in late if word in found.sets["particles"]), phrase)
    inside = range(span[0], span[1])

    def marks(slot: str, mark: str) -> bool:
        if mark == "active":
            return not passive
        if mark == "passive":
            return passive
        if mark == "bare":
            after_verb = [k for k in predicate.objects if k > predicate.item]
            if predicate.particle in GOALS:
                return True  # "raced down the road"
            return not after_verb or bool(heads_of(found, after_verb) & DISTANCES)
        if mark == "goal":
            return predicate.particle in GOALS - {"for"} or any(
                entry.kind == NOUN
                and entry.prep > predicate.item
                and items[entry.prep].word in GOALS
                and entry.first in inside
                for entry in items
            )
        there = of if slot == "of" else by if slot == "by" else [k for k, e in enumerate(items) if e.first in inside]
        if mark == "side":
            return any(
                items[k].kind == NOUN and _fights(setting, k, predicate.first, words.classes["forces"]) for k in there
            )
        if mark == "unit":
            return any(setting.unit_in(k) is not None for k in there)
        if mark == "named":
            return any(_counted_name(setting, k) for k in there)
        if mark == "person":
            return any(_person(setting, k) for k in there)
        said = [word for k in there for word in found.words(k)]
        if mark == "number":
            return any((word[0].isdigit() and word[-1].isdigit()) or word in NUMBERS for word in said)
        if mark == "weapon_name":
            return any(is_weapon_name(word) for word in said)
        named = [use for use in setting.uses if use.item in there or use.role in there]
        return any(mark == "place" or use.kind in ("settlement", "unknown") for use in named)

    return ClauseParts(
        phrase,
        lemma,
        words_of(found, of),
        heads_of(found, of),
        words_of(found, by),
        heads_of(found, by),
        low[span[0] : span[1]],
        marks,
        predicate.form == "finite" and (predicate.lemma in found.sets["light"] or predicate.lemma in saying),
    )


def words_of(found: Clauses, phrases: Sequence[int]) -> set[str]:
    """All words of some phrases, in lower case."""
    return {word for k in phrases for word in found.words(k)}


def heads_of(found: Clauses, phrases: Sequence[int]) -> set[str]:
    """What phrases are about: the last word of each, before "left" or a possessive."""
    out = set()
    for k in phrases:
        words = [
            word
            for word in found.words(k)
            if word not in ("'s", "'", "’", "left", "themselves", "itself", "alone", "worth")
        ]
        while len(words) > 1 and words[-1] in found.sets["compass"]:
            words.pop()  # "offensive actions north and south"
        if not words:
            continue
        out.add(words[-1])
        entry = found.items[k]
        written = found.sentence.words[entry.first : entry.last]
        common = [word for word in written if word.islower() and word[0].isalpha()]
        if written[-1][0].isupper() and common:
            out.add(common[-1])  # "the landing ship Novocherkassk"
    return out


def _counted_name(setting: Setting, item: int) -> bool:
    """Whether a phrase counts things called by a name: "six Strykers"."""
    entry = setting.found.items[item]
    words = setting.found.sentence.words[entry.first : entry.last]
    if len(words) < 2 or any(use.item == item for use in setting.uses):
        return False
    counted = words[0].casefold() in NUMBERS or words[0][0].isdigit()
    return counted and words[-1][0].isupper() and words[-1].endswith("s")


def _person(setting: Setting, item: int) -> bool:
    """Whether a phrase is a bare name that is no place: "Popov was removed"."""
    entry = setting.found.items[item]
    words = setting.found.sentence.words[entry.first : entry.last]
    return all(word[0].isupper() and word.isalpha() for word in words) and not any(
        use.item == item for use in setting.uses
    )


def _fights(setting: Setting, item: int, word: int, forces: frozenset[str]) -> bool:
    """Whether a phrase means somebody who fights: a side, its soldiers, "they"; not what is only said to be theirs."""
    found = setting.found
    actors = setting.actors
    words = [one for one in found.words(item) if one not in ("'s", "'", "’")]
    if not words:
        return False
    head = words[-1]
    if head in forces or head in actors.forces or head in found.sets["other"] or setting.unit_in(item) is not None:
        return True
    if len(words) == 1 and head in ("they", "we", "us", "them", "ours", "theirs"):
        return True
    if len(words) == 1 and head in PRONOUNS:
        return setting.side_of(item, word) is not None or actors.last is not None
    entry = found.items[item]
    written = found.sentence.words[entry.first : entry.last]
    if written[-1][0].isupper() or written[-1][0].isdigit():
        return setting.side_of(item, word) is not None
    return actors.named([head]) is not None or actors.by_role([head]) is not None
