"""How sure a claim is: denied, predicted, unconfirmed, claimed or stated, in this order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.control import Event
from frontcast.observe.reports.lexicon import Lexicon, phrases
from frontcast.observe.reports.setting import Setting
from frontcast.observe.reports.speech import Speakers, Speech
from frontcast.observe.reports.syntax import NOUN, Clauses, Predicate


@dataclass(frozen=True)
class Hedges:
    """Words of `certainty.toml`."""

    unconfirmed: dict[str, tuple[tuple[str, ...], ...]]
    attempts: frozenset[str]
    failures: frozenset[str]
    carried: frozenset[str]
    expected: frozenset[str]
    appear: frozenset[str]
    unlikely: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4)
def hedges(lexicon: Lexicon) -> Hedges:
    """The hedges of a language, by first word."""
    data = lexicon.data["certainty"]
    index: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases(data["unconfirmed"]):
        index.setdefault(phrase[0], []).append(phrase)
    verbs = data["verbs"]
    return Hedges(
        {word: tuple(found) for word, found in index.items()},
        frozenset(verbs["attempts"].split()),
        frozenset(verbs["failures"].split()),
        frozenset(verbs["carried"].split()),
        frozenset(verbs["expected"].split()),
        frozenset(verbs["appear"].split()),
        phrases(data["unlikely"]),
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """`certainty` as in `claim.CERTAINTIES`; "" where the words claim nothing (an aim, a question, an order)."""

    certainty: str
    denied: bool
    note: str | None = None


def judge(event: Event, setting: Setting, speech: Speech | None, who: Speakers, lexicon: Lexicon) -> Judgement:
    """Weighs one event by its words, its speaker and what governs its verb."""
    words = hedges(lexicon)
    found = setting.found
    predicate = found.predicates[event.predicate] if event.predicate >= 0 else None
    denied = event.denied
    predicted = event.future
    unconfirmed = event.hedged
    speaker = speech.speaker if speech is not None else None

    if speech is not None and speech.verb in who.deny and not speech.negated:
        denied = not event.denied or event.kind in ("hold",)
    elif (
        speech is not None
        and speech.negated
        and speech.verb not in who.deny
        and speech.verb not in ("think", "believe", "expect")
    ):
        return Judgement("", denied)
    elif speech is not None and speech.negated and speech.verb in ("expect",):
        predicted, denied = True, True
    verdict_unable = speech is not None and speech.negated and speech.verb == "expect"
    chain = predicate
    steps = 0
    while chain is not None and steps < 5:
        verdict = _governed(chain, found, words)
        if verdict in ("unable", "unlikely"):
            predicted |= verdict == "unlikely"
            verdict = "denied"
            verdict_unable = True
        if chain.link == "infinitive" and chain.parent >= 0 and chain.negated is False:
            governor = found.predicates[chain.parent]
            if governor.negated and governor.lemma in words.expected | {"go", "be"} and verdict == "predicted":
                denied = verdict_unable = True
        if verdict == "none" and event.kind in CONTROL_KINDS:
            return Judgement("", denied)
        if verdict == "denied":
            denied = True
        elif verdict == "predicted":
            predicted = True
        elif verdict == "unconfirmed":
            unconfirmed = True
        if chain.link != "infinitive" or chain.parent < 0:
            break
        chain = found.predicates[chain.parent]
        steps += 1
    if predicate is not None:
        tense = _tense(predicate)
        predicted |= tense == "predicted"
        unconfirmed |= tense == "unconfirmed"
        above = found.predicates[predicate.parent] if predicate.parent >= 0 else None
        if (
            above is not None
            and above.conditional in ("if", "unless", "should")
            and above.item < predicate.item
            and not predicate.past
        ):
            predicted |= predicate.link == "coordinate" and predicate.form == "finite"  # "if they do not, X goes"
        outer = predicate
        steps = 0
        while outer.link in ("coordinate", "relative", "participle", "complement") and outer.parent >= 0 and steps < 3:
            parent = found.predicates[outer.parent]
            if outer.link == "complement":
                unconfirmed |= parent.lemma in words.appear
                if parent.lemma == "be":
                    tail = set(found.sentence.lower[parent.last : parent.last + 3])
                    denied |= bool(parent.negated and tail & {"true", "correct", "case", "so"}) or bool(
                        not parent.negated and tail & {"false", "untrue", "wrong", "incorrect", "nonsense"}
                    )
                denied |= _nothing_shows(setting, parent)
                if parent.form == "infinitive" and {"early", "soon"} & set(
                    found.sentence.lower[max(0, parent.first - 3) : parent.first]
                ):
                    return Judgement("", denied)  # "it is too early to say that"
            outer = parent
            steps += 1
    if (
        speech is not None
        and speech.verb in who.expect
        and not predicted
        and predicate is not None
        and (predicate.form == "infinitive" or predicate.modal)
    ):
        predicted = True
    if (
        not predicted
        and speech is not None
        and speech.verb in ("promise", "vow", "pledge", "swear", "predict", "forecast", "foresee")
        and not (predicate is not None and (predicate.past or predicate.perfect))
    ):
        predicted = True
    lo, hi = event.first, event.last
    if speech is not None and speech.predicate >= 0 and found.predicates[speech.predicate].last <= event.first:
        lo = min(lo, speech.first)
    unconfirmed |= _hedged(found.sentence.lower, _clause_start(setting, event), hi, words)
    if speech is not None and (speech.verb in who.believe or (speaker is not None and speaker.hedged)):
        unconfirmed = True
    if predicted and (denied and (event.denied or verdict_unable)):
        return Judgement("predicted", True)  # "will not take it": what is foretold is that it does not happen
    if denied:
        return Judgement("denied", True)
    if predicted:
        return Judgement("predicted", False)
    if unconfirmed:
        return Judgement("unconfirmed", False)
    if speech is None:
        return Judgement("claimed" if setting.actors.voice else "stated", False)
    assert speaker is not None
    if speaker.third and not (speaker.partisan and speaker.side):
        return Judgement("stated", False)
    if speech.verb in who.factive and speaker.side is not None and event.loser == speaker.side:
        return Judgement("stated", False)
    if speaker.third or not (speaker.partisan or speaker.side):
        return Judgement("stated", False)
    return Judgement("claimed", False)


def _nothing_shows(setting: Setting, parent: Predicate) -> bool:
    """ "We have seen nothing to show that", "there is no sign that"."""
    if parent.lemma not in (
        "show",
        "indicate",
        "suggest",
        "see",
        "find",
        "have",
        "be",
        "prove",
        "confirm",
        "support",
        "observe",
    ):
        return False
    found = setting.found
    chain = [parent]
    if parent.link == "infinitive" and parent.parent >= 0:
        chain.append(found.predicates[parent.parent])
    return any(found.words(item)[0] in ("no", "nothing", "little") for entry in chain for item in entry.objects) or (
        parent.lemma == "see" and parent.negated and any(found.words(item)[0] == "any" for item in parent.objects)
    )


def _clause_start(setting: Setting, event: Event) -> int:
    """Where hedges of a clause may begin: a few words before it, not before a mark of punctuation."""
    low = setting.found.sentence.lower
    start = event.first
    mine: set[int] = set()
    number = event.predicate
    while number >= 0 and number not in mine:
        mine.add(number)
        predicate = setting.found.predicates[number]
        number = predicate.parent if predicate.link in ("infinitive", "complement") else -1
    foreign = {
        i
        for k, p in enumerate(setting.found.predicates)
        if k not in mine and event.predicate >= 0
        for i in range(p.first, p.last)
    }
    for i in range(event.first - 1, max(-1, event.first - 9), -1):
        if i in foreign:
            break
        if low[i] in (";", ":", ".", "“", '"'):
            break
        if low[i] == "," and i < event.first - 1:
            break
        start = i
    return start


def _hedged(low: tuple[str, ...], first: int, last: int, words: Hedges) -> bool:
    for i in range(first, min(last, len(low))):
        for phrase in words.unconfirmed.get(low[i], ()):
            if low[i : i + len(phrase)] == phrase:
                return True
    return False


CONTROL_KINDS: Final = frozenset("take fall lose leave hold enter contest".split())


def _governed(predicate: Predicate, found: Clauses, words: Hedges) -> str:
    """What the verb before an infinitive or gerund makes of it."""
    predicates = found.predicates
    if predicate.link == "infinitive" and _thwarted(predicate, found, words):
        return "denied"
    if (
        predicate.link == "infinitive"
        and predicate.item > 0
        and found.items[predicate.item - 1].kind == NOUN
        and predicate.parent >= 0
    ):
        # "plans to take", "the first village to fall": a noun stands between, and is not what the verb acts on.
        parent = predicates[predicate.parent]
        between = found.words(predicate.item - 1)
        if between[-1] in found.sets["aims"] or (
            parent.lemma not in words.carried | words.expected | words.attempts | words.failures
        ):
            return "none" if between[-1] not in ("first", "last", "place", "town", "village", "city") else ""
    if predicate.link == "infinitive" and predicate.parent >= 0:
        parent = predicates[predicate.parent]
        if parent.lemma == "be" and parent.subject >= 0 and set(found.words(parent.subject)) & found.sets["aims"]:
            return "none"  # "the goal was to capture it"
        if parent.lemma == "be" and "unable" in found.sentence.lower[parent.first : predicate.first]:
            return "unable"
        between = found.sentence.lower[parent.last : predicate.first]
        if parent.lemma == "be" and set(between) & {
            "likely",
            "expected",
            "certain",
            "sure",
            "due",
            "bound",
            "about",
            "poised",
            "set",
        }:
            return "unlikely" if parent.negated else "predicted"
        if parent.lemma == "be" and "unlikely" in between:
            return "unlikely"
        if parent.lemma == "be" and predicate.first == parent.last and parent.form == "finite":
            return "predicted"  # "is to be handed over by Friday"
        if parent.lemma in words.failures:
            return "" if parent.negated else "denied"
        if parent.lemma in words.expected or (parent.lemma == "go" and parent.progressive):
            return "predicted"
        if (
            parent.lemma
            in (
                "say",
                "report",
                "understand",
                "believe",
                "think",
                "rumour",
                "allege",
                "presume",
                "assume",
                "know",
                "claim",
            )
            and parent.passive
        ):
            return "unconfirmed" if parent.lemma != "know" else ""
        if parent.lemma in words.appear:
            return "unconfirmed"
        if parent.lemma in words.attempts or parent.lemma not in words.carried:
            return "none"  # an aim, an order, a purpose
    elif predicate.link == "infinitive":
        return "none"
    if predicate.form == "gerund" and predicate.parent >= 0 and predicates[predicate.parent].lemma in words.attempts:
        return "none"
    return ""


def _thwarted(predicate: Predicate, found: Clauses, words: Hedges) -> bool:
    """ "tried to take X but failed", "an attempt to enter X was repelled", "repelled an attempt to take X"."""
    parent = found.predicates[predicate.parent] if predicate.parent >= 0 else None
    noun = found.items[predicate.item - 1] if predicate.item > 0 else None
    tried = noun is not None and noun.kind == NOUN and found.sentence.lower[noun.last - 1] in found.sets["tries"]
    if parent is not None and tried and parent.lemma in found.sets["thwart"] and not parent.passive:
        return True
    if not tried and not (parent is not None and parent.lemma in ("try", "attempt", "seek")):
        return False
    for later in found.predicates:
        if later.item > predicate.item and later.form == "finite":
            return (
                later.lemma in words.failures
                or later.lemma in ("falter", "founder")
                or (later.passive and later.lemma in found.sets["thwart"])
            )
    return False


def _tense(predicate: Predicate) -> str:
    """What mood and tense make of a clause."""
    if predicate.conditional in ("if", "should", "unless", "were", "provided", "lest", "had"):
        return "predicted"
    if predicate.conditional in ("once", "when", "until", "before", "whenever") and not predicate.past:
        return "predicted"
    if predicate.modal in ("will", "shall", "would", "could", "may", "might", "can", "must", "should"):
        if predicate.perfect:
            return "" if predicate.modal == "should" else "unconfirmed"
        if predicate.modal == "must":
            return ""
        return "predicted"
    return ""
