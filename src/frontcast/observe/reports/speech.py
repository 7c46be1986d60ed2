"""Who says what: the stretches of a sentence that are somebody's words, and what kind of somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from frontcast.observe.reports.actors import Actors
from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.syntax import (
    ADVERB,
    CONJUNCTION,
    DATE,
    MARK,
    NOUN,
    PREPOSITION,
    RELATIVE,
    SUBORDINATOR,
    THAT,
    VERB,
    Clauses,
)

OPEN_QUOTES: Final = frozenset("“ « „ ‘".split())
CLOSE_QUOTES: Final = frozenset("” » ’".split())
PLAIN_QUOTES: Final = frozenset('"')


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody whose words are reported.

    Attributes:
        name: as written, or None where nobody is named ("reports say").
        side: the side he belongs to, or None.
        third: whether he is no party to the war.
        hedged: whether nobody vouches for it ("rumours", "unconfirmed reports").
        partisan: whether the text says he is an officer, official, blogger or fighter.
    """

    name: str | None
    side: str | None
    third: bool
    hedged: bool = False
    partisan: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Words [first, last) of a sentence are what `speaker` says; `verb` is the lemma of saying, `predicate` its number."""

    first: int
    last: int
    speaker: Speaker
    verb: str
    negated: bool
    predicate: int
    strength: int = 1


@dataclass
class Speakers:
    """What a document has told about the people who speak in it."""

    lexicon: Lexicon
    actors: Actors
    last: Speaker | None = None
    last_organisation: Speaker | None = None
    named: dict[str, Speaker] = field(default_factory=dict)
    full: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data = self.lexicon.data["speakers"]
        verbs = data["verbs"]
        self.verbs = frozenset(verbs["neutral"].split())
        self.factive = frozenset(verbs["factive"].split())
        self.deny = frozenset(verbs["deny"].split())
        self.believe = frozenset(verbs["believe"].split())
        self.expect = frozenset(verbs["expect"].split())
        self.own = frozenset(verbs["own"].split())
        self.nouns = frozenset(verbs["nouns"].split())
        self.third = frozenset(data["classes"]["third"].split())
        self.persons = frozenset(data["classes"]["persons"].split())
        self.belligerent = frozenset(data["classes"]["belligerent"].split())

    def of_phrase(self, found: Clauses, item: int) -> Speaker | None:
        """The speaker that a phrase names, with what belongs to it by prepositions; None if it names nobody."""
        items = found.items
        sentence = found.sentence
        first, last = items[item].first, items[item].last
        # "the governor of Luhansk region", "officials in Kyiv"
        k = item
        while (
            k + 2 < len(items)
            and items[k + 1].kind == PREPOSITION
            and (
                items[k + 1].word in ("of", "in", "for", "from", "at", "with")
                or (
                    items[k + 1].word == "to"
                    and found.words(k)[-1] in ("close", "loyal", "allied", "sympathetic", "near")
                )
            )
            and items[k + 2].kind == NOUN
            and items[k + 2].prep == k + 1
        ):
            if items[k + 1].word in ("with", "at", "from", "for") and k > item:
                break
            last = items[k + 2].last
            k += 2
        # A name set off by commas after what he is: "Its spokesman, Yuri Petrov," or the other way round.
        apposed = None
        if k + 2 < len(items) and items[k + 1].kind == MARK and items[k + 1].word == "," and items[k + 2].kind == NOUN:
            apposed = (items[k + 2].first, items[k + 2].last)
            closing = k + 3
            while closing < len(items) and items[closing].kind in (PREPOSITION, NOUN):
                closing += 1
            if closing >= len(items) or not (items[closing].kind == MARK or items[closing].kind == VERB):
                apposed = None
        if (
            apposed is None
            and item >= 2
            and items[item - 1].kind == MARK
            and items[item - 1].word == ","
            and items[item - 2].kind == NOUN
            and items[item - 2].prep < 0
        ):
            # "Colonel Ingram, a former planner says": the name stands first.
            before = items[item - 2]
            name = sentence.words[before.first : before.last]
            if (
                1 < len(name) <= 5
                and all(word[:1].isupper() for word in name)
                and sentence.lower[first] in ("a", "an", "the", "its", "who")
            ):
                return self.of_words(
                    sentence.words,
                    sentence.lower,
                    before.first,
                    before.last,
                    sentence.span(before.first, before.last),
                    (first, last),
                    sentence,
                )
        return self.of_words(sentence.words, sentence.lower, first, last, sentence.span(first, last), apposed, sentence)

    def of_words(self, words, low, first, last, text, apposed, sentence) -> Speaker | None:  # type: ignore[no-untyped-def]
        """As `of_phrase`, from words."""
        span = low[first:last]
        if (
            not span
            or span[0] in self.lexicon.words["no_speakers"]
            or (len(span) == 1 and span[0] in ("they", "them", "one", "some", "several", "others", "those", "all"))
        ):
            if span and span[0] in ("they", "one", "several", "some", "others") and self.last is not None:
                return self.last
            return None
        if span[0] in ("he", "she", "him") or (len(span) == 1 and span[0] == "who"):
            return self.last
        everything = tuple(span) + (tuple(low[apposed[0] : apposed[1]]) if apposed else ())
        if set(span) & self.lexicon.words["evidence"]:
            return None
        hedged = bool(set(span) & self.lexicon.words["vague"]) and not any(w in self.belligerent for w in span)
        # A surname known from before stands for the whole name.
        proper = [
            words[i]
            for i in range(first, last)
            if words[i][:1].isupper()
            and low[i] not in self.lexicon.words["titles"]
            and low[i] not in ("the", "a", "an", "its", "his")
        ]
        name = text
        if apposed:
            apposed_words = words[apposed[0] : apposed[1]]
            named = all(
                w[:1].isupper() or w.casefold() in ("al", "el", "de", "von", "van", "bin", "abu", "-")
                for w in apposed_words
            )
            if (
                named
                and 1 < len(apposed_words) <= 4
                and (
                    span[0] in ("the", "a", "an", "its", "his", "her", "their", "one")
                    or not words[last - 1][:1].isupper()
                )
            ):
                name = sentence.span(*apposed)
                proper = list(apposed_words)
        key = proper[-1].casefold() if proper else ""
        if len(proper) == 1 and len(span) <= 2 and key in self.full:
            known = self.named[key]
            return known
        side = self.actors.named(everything)
        third = any(w in self.third for w in everything)
        partisan = any(w.removesuffix("'s") in self.belligerent for w in everything)
        if (
            third
            and partisan
            and side is not None
            and not any(
                w
                in (
                    "western",
                    "american",
                    "british",
                    "french",
                    "german",
                    "nato",
                    "US",
                    "UN",
                    "UK",
                    "un",
                    "u.n.",
                    "residents",
                    "resident",
                    "analyst",
                    "analysts",
                    "villagers",
                    "us",
                    "u.s.",
                    "think-tank",
                )
                for w in everything
            )
        ):
            third = False
        if side is None and not third:
            side = self.actors.by_role(everything) if partisan or not proper else None
        if side is None and everything and everything[0] in ("its", "his", "her", "their"):
            side = (self.last.side if self.last else None) or self.actors.last
        if side is None and partisan and not third and self.actors.voice:
            side = self.actors.voice
        if (
            side is None
            and not third
            and not partisan
            and not hedged
            and not any(
                word[:1].isupper()
                for word in words[first : first + max(1, span.index("of") if "of" in span else len(span))][1:]
                + words[last - 1 : last]
            )
        ):
            heads = set(span[: span.index("of")] if "of" in span else span)
            if not heads & self.persons:
                return None  # "the entirety of the town" says nothing
            return Speaker(name, None, True)
        if name.endswith(("'s", "’s")):
            name = name[:-2]
        if hedged and side is None:
            return Speaker(None, None, True, True)  # "an unconfirmed report": nobody in particular
        speaker = Speaker(name, side, third, hedged, partisan)
        if len(proper) >= 2 and key and not (set(span) & {"ministry", "staff", "army", "forces", "command"}):
            self.full[key] = name
            self.named[key] = speaker
        return speaker

    def remember(self, speaker: Speaker) -> None:
        """Makes a speaker the one that "he" and "it" mean."""
        if speaker.name is not None:
            self.last = speaker


def speeches(found: Clauses, who: Speakers) -> list[Speech]:
    """The stretches of reported words in a sentence, outer ones first."""
    out: list[Speech] = []
    items = found.items
    n = len(found.sentence)
    for number, predicate in enumerate(found.predicates):
        if predicate.lemma not in who.verbs or predicate.form == "infinitive":
            continue
        right = _right(found, number)
        speaker: Speaker | None = None
        hedged_passive = predicate.passive
        subject = predicate.subject
        after = predicate.item + 1
        inverted = (
            not right
            and after < len(items)
            and items[after].kind == NOUN
            and items[after].prep < 0
            and predicate.item > 0
            and items[predicate.item - 1].kind == MARK
            and items[predicate.item - 1].word != ")"
        )
        if inverted:
            speaker = who.of_phrase(found, after)
        elif hedged_passive:
            if predicate.agent >= 0:
                speaker = who.of_phrase(found, predicate.agent)
            elif right and subject >= 0 and predicate.lemma in ("quote",):
                speaker = who.of_phrase(found, subject)
            else:
                continue
        elif subject >= 0:
            words = found.words(subject)
            if words[0] == "it" and len(words) == 1:
                speaker = who.last
            elif words[0] in ("we", "i"):
                speaker = None if _in_quotes(found, predicate.first) is None else who.last
            elif set(words) & found.sets["evidence"] and not (set(words) & who.belligerent):
                speaker = None
            else:
                speaker = who.of_phrase(found, subject)
        if speaker is None:
            continue
        if right:
            # "contradict him: fighting goes on" says what is so, not what is not.
            colon = items[predicate.item + 1 :] and any(
                entry.kind == MARK and entry.word == ":" for entry in items[predicate.item + 1 : predicate.item + 4]
            )
            verb = "say" if colon and predicate.lemma in who.deny else predicate.lemma
            out.append(Speech(right[0], right[1], speaker, verb, predicate.negated, number))
            who.remember(speaker)
            continue
        if (
            predicate.lemma in ("deny", "reject", "dispute", "refute", "dismiss", "contradict")
            or predicate.form == "participle"
        ):
            # "denied losing X", "denied the capture of X"
            out.append(
                Speech(
                    predicate.last,
                    _stop(found, predicate.item + 1),
                    speaker,
                    predicate.lemma,
                    predicate.negated,
                    number,
                )
            )
            who.remember(speaker)
            continue
        left = _left(found, number, inverted)
        if left and inverted:
            for k in range(after + 1, len(items)):
                if items[k].kind == MARK and items[k].word in ('"', "“", "«", "„"):
                    # "...", writes somebody, "but ...": what follows is his as well.
                    out.append(
                        Speech(
                            items[k].last,
                            _stop(found, k + 1, quoted=True),
                            speaker,
                            predicate.lemma,
                            predicate.negated,
                            number,
                        )
                    )
                    break
        if left:
            out.append(Speech(left[0], left[1], speaker, predicate.lemma, predicate.negated, number))
            who.remember(speaker)
        elif predicate.lemma in (
            "claim",
            "name",
            "list",
            "announce",
            "report",
            "confirm",
            "admit",
            "acknowledge",
            "concede",
            "predict",
            "declare",
            "promise",
            "proclaim",
            "expect",
        ):
            # "claimed the capture of X"
            out.append(
                Speech(
                    predicate.last,
                    _stop(found, predicate.item + 1),
                    speaker,
                    predicate.lemma,
                    predicate.negated,
                    number,
                )
            )
            who.remember(speaker)
    out += _colons(found, who)
    out += _according(found, who, n)
    out += _nouns(found, who)
    return out


def _colons(found: Clauses, who: Speakers) -> list[Speech]:
    """ "Their Malyar ran to the cameras: X is ours!": what follows a colon is his who is named before it."""
    items = found.items
    at = next((k for k, entry in enumerate(items) if entry.kind == MARK and entry.word == ":"), -1)
    before = [p for p in found.predicates if p.item < at and p.form == "finite"]
    if at < 0 or len(before) != 1 or before[0].lemma in who.verbs or before[0].subject < 0:
        return []
    words = found.words(before[0].subject)
    person = any(word in side.people for side in who.actors.war.sides for word in words)
    if not person or not any(p.item > at and p.form == "finite" for p in found.predicates):
        return []
    speaker = who.of_phrase(found, before[0].subject)
    if speaker is None or speaker.side is None:
        return []
    who.remember(speaker)
    return [Speech(items[at].last, _stop(found, at + 1, quoted=True), speaker, "say", False, -1, 2)]


def _nouns(found: Clauses, who: Speakers) -> list[Speech]:
    """ "Moscow's claim that", "reports that ... are denied by", "a claim, made by one source, that"."""
    out = []
    items = found.items
    for k, item in enumerate(items):
        if item.kind != NOUN or found.words(k)[-1] not in who.nouns:
            continue
        that = k + 1
        made_by: Speaker | None = None
        while that < len(items) and that < k + 12 and items[that].kind != THAT:
            entry = items[that]
            if (
                entry.kind == PREPOSITION
                and entry.word in ("by", "from", "of", "in")
                and that + 1 < len(items)
                and items[that + 1].kind == NOUN
            ):
                made_by = made_by or who.of_phrase(found, that + 1)
            elif (
                entry.kind == VERB
                and found.predicates[entry.predicate].form == "finite"
                and not found.predicates[entry.predicate].passive
            ):
                that = len(items)
                break
            that += 1
        if (
            that >= len(items)
            or items[that].kind != THAT
            or (
                that > k + 1
                and items[k + 1].kind == VERB
                and items[k + 1].predicate >= 0
                and found.predicates[items[k + 1].predicate].form == "finite"
            )
        ):
            continue
        words = found.words(k)
        speaker = None
        if "'s" in words or (words[-1] and len(words) > 1 and words[-2].endswith("s'")):
            at = words.index("'s") if "'s" in words else len(words) - 1
            speaker = who.of_words(
                found.sentence.words,
                found.sentence.lower,
                item.first,
                item.first + at,
                found.sentence.span(item.first, item.first + at),
                None,
                found.sentence,
            )
        speaker = speaker or made_by
        hedged = words[-1] in found.sets["vague"] and speaker is None
        verb, number = "claim", -1
        end = _stop(found, that + 1)
        for other, predicate in enumerate(found.predicates):
            denier: Speaker | None = None
            if predicate.lemma in who.deny and not predicate.negated:
                if predicate.passive and predicate.subject == k:
                    denier = (
                        who.of_phrase(found, predicate.agent) if predicate.agent >= 0 else Speaker(None, None, True)
                    )
                    if predicate.item > that:
                        end = min(end, predicate.first)
                elif not predicate.passive and k in predicate.objects:
                    denier = who.of_phrase(found, predicate.subject) if predicate.subject >= 0 else None
            elif (
                predicate.lemma == "be"
                and predicate.item > that
                and not predicate.negated
                and predicate.last < len(found.sentence)
                and set(found.sentence.lower[predicate.last : predicate.last + 2]) & found.sets["false"]
            ):
                denier = Speaker(None, None, True)
                end = min(end, predicate.first)
            if denier is not None:
                speaker, verb, number, hedged = denier, "deny", other, False
        if speaker is None:
            speaker = (
                Speaker(None, None, True, True)
                if hedged or words[-1] in ("claim", "claims", "report", "reports", "rumour", "rumours")
                else None
            )
        if speaker is None:
            continue
        out.append(Speech(items[that].last, end, speaker, verb, False, number, 2))
        if speaker.name is not None:
            who.remember(speaker)
    return out


def _in_quotes(found: Clauses, word: int) -> int | None:
    depth = None
    for i in range(word):
        text = found.sentence.words[i]
        if text in OPEN_QUOTES or (text in PLAIN_QUOTES and depth is None):
            depth = i
        elif text in CLOSE_QUOTES or text in PLAIN_QUOTES:
            depth = None
    return depth


def _right(found: Clauses, number: int) -> tuple[int, int] | None:
    """The words after a verb of speech that are its content, or None if its content stands before it."""
    items = found.items
    predicate = found.predicates[number]
    j = predicate.item + 1
    while j < len(items):
        item = items[j]
        if item.kind == THAT:
            return item.last, _stop(found, j + 1)
        if item.kind == MARK and item.word in (":", '"', "“", "«", "„"):
            return item.last, _stop(found, j + 1, quoted=True)
        if item.kind == MARK and item.word == "," and j + 1 < len(items) and (items[j + 1].word in ('"', "“", "«")):
            return items[j + 1].last, _stop(found, j + 2, quoted=True)
        if (
            item.kind == SUBORDINATOR
            and item.word in ("if", "when", "once", "unless", "should")
            and j == predicate.item + 1
        ):
            return item.first, _stop(found, j + 1)
        told = j + 1 < len(items) and items[j + 1].kind == MARK and items[j + 1].word == ":"
        if item.kind == NOUN and item.prep < 0 and told:
            j += 1
            continue
        if item.kind == NOUN and item.prep < 0:
            # A phrase that is itself the subject of a finite verb: "said troops held".
            for other in found.predicates:
                if other.item > j and other.form == "finite" and _starts_at(found, other.subject, j):
                    return item.first, _stop(found, j + 1)
            if predicate.lemma in ("tell", "inform", "assure", "remind", "warn", "ask", "cable", "phone", "answer"):
                j += 1
                continue
            return None
        if item.kind in (DATE, ADVERB, PREPOSITION) or (item.kind == NOUN and item.prep >= 0):
            j += 1
            continue
        if item.kind == VERB:
            other = found.predicates[item.predicate]
            if other.form in ("gerund", "participle") and predicate.lemma in (
                "deny",
                "admit",
                "report",
                "acknowledge",
                "describe",
                "claim",
            ):
                return item.first, _stop(found, j + 1)
            if other.form == "finite" and other.lemma == "be":
                return item.first, _stop(found, j + 1)
            if other.form == "infinitive" and predicate.lemma in (
                "claim",
                "promise",
                "vow",
                "pledge",
                "swear",
                "threaten",
                "profess",
                "purport",
                "hope",
                "expect",
            ):
                return item.first, _stop(found, j + 1)
            return None
        if item.kind == MARK and item.word != ",":
            return None
        if item.kind == MARK and item.word == "," and j + 1 < len(items):
            # "said, on Friday, that"; "said, quoting officials, that"
            for k in range(j + 1, min(j + 8, len(items))):
                if items[k].kind == THAT:
                    return items[k].last, _stop(found, k + 1)
                if items[k].kind == MARK and items[k].word not in (",",):
                    break
                if items[k].kind == VERB:
                    break
            return None
        if item.kind == RELATIVE and item.word in ("who", "which", "where", "whom"):
            return None
        if item.kind == CONJUNCTION:
            # "said on Friday and again on Sunday that"
            for k in range(j + 1, min(j + 6, len(items))):
                if items[k].kind == THAT:
                    return items[k].last, _stop(found, k + 1)
                if items[k].kind in (VERB, MARK):
                    break
            return None
        j += 1
    return None


def _starts_at(found: Clauses, subject: int, item: int) -> bool:
    """Whether a subject is phrase `item`, or a list or chain of phrases that begins there."""
    if subject < 0:
        return False
    if subject == item:
        return True
    if subject < item:
        return False
    items = found.items
    return all(
        items[k].kind in (NOUN, CONJUNCTION, PREPOSITION, ADVERB) or (items[k].kind == MARK and items[k].word == ",")
        for k in range(item, subject)
    )


def _stop(found: Clauses, item: int, *, quoted: bool = False) -> int:
    """The word at which words reported from an item on come to an end."""
    items = found.items
    inside = quoted
    for k in range(item, len(items)):
        entry = items[k]
        if entry.kind == MARK:
            if entry.word in OPEN_QUOTES or entry.word in PLAIN_QUOTES:
                inside = not inside if entry.word in PLAIN_QUOTES else True
            elif entry.word in CLOSE_QUOTES:
                inside = False
            elif entry.word == ";" and not inside:
                return entry.first
        if inside:
            continue
        if entry.kind == SUBORDINATOR and entry.word in found.sets["breaks"] and k > item:
            return entry.first
        if (
            entry.kind == CONJUNCTION
            and k > item
            and k + 1 < len(items)
            and items[k + 1].kind == VERB
            and found.predicates[items[k + 1].predicate].lemma in found.sets["telling"]
            and found.predicates[items[k + 1].predicate].form == "finite"
        ):
            return entry.first  # "... but denied having left"
        if entry.kind == CONJUNCTION and entry.word == "but" and k > item:
            following = items[k + 1] if k + 1 < len(items) else None
            if following is not None and following.kind not in (THAT, VERB) and items[k - 1].kind == MARK:
                return entry.first
    return len(found.sentence)


def _left(found: Clauses, number: int, inverted: bool) -> tuple[int, int] | None:
    """The words before ", he said" that are its content."""
    items = found.items
    predicate = found.predicates[number]
    start = predicate.item if inverted else predicate.subject
    if start < 0:
        return None
    # Back over phrases that belong to the subject.
    while start > 0 and items[start].prep >= 0:
        start = items[start].prep - 1
    j = start - 1
    while j >= 0 and items[j].kind in (ADVERB, DATE, CONJUNCTION):
        j -= 1
    if j < 0 or items[j].kind != MARK or items[j].word not in (",", '"', "”", "»", "’", "—", "–", "-"):
        return None
    # Something with a verb must stand before.
    if not any(items[k].kind == VERB for k in range(j)) and not any(items[k].kind == NOUN for k in range(j)):
        return None
    end = items[j].first
    first = 0
    for k in range(j - 1, -1, -1):
        if items[k].kind == MARK and items[k].word == ";":
            first = items[k].last
            break
    # An insertion in mid-sentence: ", he said, " covers what follows as well.
    after = predicate.item + 1
    if inverted:
        after += 1
    while after < len(items) and (
        items[after].kind in (DATE, ADVERB, PREPOSITION) or (items[after].kind == NOUN and items[after].prep >= 0)
    ):
        after += 1
    if after < len(items) and items[after].kind == MARK and items[after].word == "," and after + 1 < len(items):
        nxt = items[after + 1]
        if nxt.kind == VERB and found.predicates[nxt.predicate].form == "finite":
            end = len(found.sentence)
    return first, end


def _according(found: Clauses, who: Speakers, n: int) -> list[Speech]:
    low = found.sentence.lower
    out = []
    for i in range(n - 2):
        if low[i] == "according" and low[i + 1] == "to":
            item = next((k for k, entry in enumerate(found.items) if entry.kind == NOUN and entry.first >= i + 2), -1)
            if item < 0:
                continue
            speaker = who.of_phrase(found, item)
            if speaker is None:
                continue
            first, last = 0, n
            for q in range(i - 1, -1, -1):
                if low[q] == ";":
                    first = q + 1
                    break
            for q in range(i + 2, n):
                if low[q] == ";":
                    last = q
                    break
            out.append(Speech(first, last, speaker, "say", False, -1, 0))
            who.remember(speaker)
    return out


def speech_at(found: list[Speech], word: int) -> Speech | None:
    """The innermost speech that covers a word: the shortest, spoken ones before "according to"."""
    covering = [speech for speech in found if speech.first <= word < speech.last]
    if not covering:
        return None
    return min(covering, key=lambda speech: (-speech.strength, speech.last - speech.first))


def quoted(
    found: Clauses, spoken: list[Speech], who: Speakers, carried: Speaker | None
) -> tuple[list[Speech], Speaker | None]:
    """Direct speech that no verb of saying in the sentence claims, and whose quote is still open at its end.

    Args:
        found: the sentence.
        spoken: the speeches found in it.
        who: the document's speakers.
        carried: whose quote was open when the sentence began, or None.
    """
    out: list[Speech] = []
    start = 0 if carried is not None else -1
    words = found.sentence.words
    for i, word in enumerate(words):
        closing = i == len(words) - 1 and i > 0 and words[i - 1] in (".", "!", "?", "…")
        opens = not closing and (word in ("“", "«", "„") or (word in PLAIN_QUOTES and start < 0))
        if opens and start < 0:
            start = i + 1
        elif start >= 0 and not opens and (word in ("”", "»", "“", "«") or word in PLAIN_QUOTES):
            speaker = carried if start == 0 and carried is not None else who.last
            if i - start >= 4 and speaker is not None and not any(s.first <= start and i <= s.last for s in spoken):
                out.append(Speech(start, i, speaker, "say", False, -1, 3))
            start, carried = -1, None
    if start < 0:
        return out, None
    owner = carried or next((s.speaker for s in spoken if s.first <= start < s.last), None) or who.last
    if owner is not None and not any(s.first <= start and s.last >= len(words) for s in spoken):
        out.append(Speech(start, len(words), owner, "say", False, -1, 3))
    return out, owner
