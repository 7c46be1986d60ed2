"""The shallow grammar of a sentence: its phrases, its predicates, and who does what to whom.

No parser: phrases are runs of words between verbs and small words, predicates are verb groups with their voice, tense and
negation, and a predicate's subject and objects are found by walking from it over the phrases beside it. This is
enough for the short list of things that can happen to a place in a war, and it is fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon, VerbForm
from frontcast.observe.reports.tokens import Sentence

NOUN, VERB, PREPOSITION, CONJUNCTION, SUBORDINATOR, RELATIVE, THAT, ADVERB, DATE, MARK = (
    "noun",
    "verb",
    "preposition",
    "conjunction",
    "subordinator",
    "relative",
    "that",
    "adverb",
    "date",
    "mark",
)
"""Kinds of items of a sentence."""

OPENING: Final = frozenset("( [ “ « „ ‘ —  – -- : ;".split())
GAP_MARKS: Final = frozenset(("—", "–", "--", "-"))
_PAST: Final = frozenset(("past", "pp"))
_NATIONS: Final = ("an", "ans", "ese", "ish", "aqi", "eri", "azi", "eni", "ani", "hi")


@dataclass(slots=True)
class Predicate:
    """One verb group.

    Attributes:
        first, last: its words, [first, last).
        head: the main verb's word.
        lemma: the main verb; "be" for a copula.
        form: "finite", "infinitive", "participle" or "gerund".
        passive, negated, perfect, progressive: as they say.
        past: whether its tense is past.
        modal: "will", "could", ... or "".
        particle: "out", "back", ... or "".
        conditional: the word that makes it a condition ("if", "should", "once"), or "".
        subject, objects, adjuncts: item indices; adjuncts are (preposition, item) pairs.
        parent: index (in `Clauses.predicates`) of the predicate it depends on, or -1.
        link: how it depends on it: "complement", "infinitive", "coordinate", "relative", "adverbial", "participle" or "".
    """

    first: int
    last: int
    head: int
    lemma: str
    form: str
    passive: bool = False
    negated: bool = False
    perfect: bool = False
    progressive: bool = False
    past: bool = False
    modal: str = ""
    particle: str = ""
    conditional: str = ""
    subject: int = -1
    objects: list[int] = field(default_factory=list)
    adjuncts: list[tuple[str, int]] = field(default_factory=list)
    agent: int = -1
    parent: int = -1
    link: str = ""
    item: int = -1


@dataclass(slots=True)
class Item:
    """A phrase, a verb group or a small word: words [first, last) of the sentence.

    `prep` is the item of the preposition that governs a noun phrase, -1 if none; `predicate` is the number of the
    predicate of a verb item.
    """

    kind: str
    first: int
    last: int
    word: str
    prep: int = -1
    predicate: int = -1


@dataclass(slots=True)
class Clauses:
    """A sentence's items and predicates, in order; `sets` are the classes of words of its language."""

    sentence: Sentence
    items: list[Item]
    predicates: list[Predicate]
    sets: dict[str, frozenset[str]]

    def words(self, item: int) -> tuple[str, ...]:
        """The words of an item in lower case."""
        found = self.items[item]
        return self.sentence.lower[found.first : found.last]

    def text(self, item: int) -> str:
        """An item as written."""
        return self.sentence.span(self.items[item].first, self.items[item].last)


def clauses(
    sentence: Sentence, lexicon: Lexicon, names: Iterable[tuple[int, int]], dates: Iterable[tuple[int, int]]
) -> Clauses:
    """Takes a sentence apart.

    Args:
        sentence: as words.
        lexicon: of its language.
        names: spans of words that are names (places, units), whatever their words mean otherwise.
        dates: spans of words that say when.
    """
    parse = _Scan(sentence, lexicon, names, dates)
    items, predicates = parse.run()
    found = Clauses(sentence, items, predicates, lexicon.words)
    _govern(found)
    for number in range(len(predicates)):
        _subject(found, number, lexicon)
    for number in range(len(predicates)):
        _complements(found, number)
    for number in range(len(predicates)):
        _inherit(found, number)
    return found


class _Scan:
    """Left to right over the words of one sentence."""

    def __init__(
        self, sentence: Sentence, lexicon: Lexicon, names: Iterable[tuple[int, int]], dates: Iterable[tuple[int, int]]
    ) -> None:
        self.s = sentence
        self.low = sentence.lower
        self.n = len(sentence)
        self.verbs = lexicon.verbs
        self.also_nouns = lexicon.also_nouns
        self.w = lexicon.words
        self.name_end: dict[int, int] = {}
        self.in_name = [False] * self.n
        for first, last in names:
            self.name_end[first] = max(last, self.name_end.get(first, 0))
            for k in range(first, min(last, self.n)):
                self.in_name[k] = True
        self.date_end = {first: last for first, last in dates if not self.in_name[first]}
        self.items: list[Item] = []
        self.predicates: list[Predicate] = []

    def run(self) -> tuple[list[Item], list[Predicate]]:
        i = 0
        while i < self.n:
            i = self._one(i)
        return self.items, self.predicates

    def _add(self, kind: str, first: int, last: int) -> int:
        self.items.append(Item(kind, first, last, self.low[first]))
        return last

    def _one(self, i: int) -> int:
        word = self.low[i]
        following = self.low[i + 1] if i + 1 < self.n else ""
        if i in self.name_end:
            return self._noun(i, self.name_end[i])
        if i in self.date_end:
            return self._add(DATE, i, self.date_end[i])
        if not (word[0].isalnum() or (len(word) > 1 and word[0] in "'’")):
            return self._add(MARK, i, i + 1)
        if (
            word == "so"
            and i + 2 < self.n
            and (
                self.low[i + 1] in self.w["be"] or self.low[i + 1] in self.w["have"] or self.low[i + 1] in self.w["do"]
            )
        ):
            return self._add(ADVERB, i, i + 1)
        inverted = self._inversion(i)
        if inverted:
            return inverted
        if (
            word in ("more", "less", "fewer")
            and following == "than"
            and i + 2 < self.n
            and (
                self.low[i + 2][0].isdigit()
                or self.low[i + 2] in self.w["quantifiers"]
                or self.low[i + 2] in self.w["numbers"]
                or self.low[i + 2] == "a"
            )
        ):
            return self._add(ADVERB, i, i + 2)
        if word in self.w["as_prepositions"] and i + 1 < self.n and self._nominal(i + 1):
            return self._add(PREPOSITION, i, i + 1)
        verb = self._verb_group(i)
        if verb:
            return verb
        if word in self.w["conjunctions"]:
            return self._add(CONJUNCTION, i, i + 1)
        if word == "that":
            return self._that(i)
        if word in ("who", "which", "whom", "whose", "where"):
            return self._add(RELATIVE, i, i + 1)
        if (
            word in ("about", "around", "over", "under", "nearly", "some", "above")
            and (
                following[:1].isdigit()
                or following
                in (
                    "half",
                    "two",
                    "three",
                    "four",
                    "five",
                    "six",
                    "seven",
                    "eight",
                    "nine",
                    "ten",
                    "twenty",
                    "thirty",
                    "forty",
                    "fifty",
                    "a",
                )
            )
            and (word == "about" or following[:1].isdigit())
            and (i + 2 < self.n)
        ):
            return self._add(ADVERB, i, i + 1)
        determined = i > 0 and self.low[i - 1] in ("the", "a", "an", "this", "these", "its", "his", "their", "'s")
        if word in self.w["prepositions"] and not (
            determined and word in ("past", "like", "down", "opposite", "inside", "outside", "over", "near")
        ):
            # "since Russia took" opens a clause, "since March" does not: settled when the phrase after it is known.
            return self._add(PREPOSITION, i, i + 1)
        if word in self.w["subordinators"]:
            return self._add(SUBORDINATOR, i, i + 1)
        if word in ("late", "early") and following in ("on", "in", "at"):
            return self._add(ADVERB, i, i + 1)
        if word == "so" and following == "far":
            return self._add(ADVERB, i, i + 2)
        if (word in ("most", "more", "all", "much", "part") and following == "of") or (
            word == "no" and following != "longer"
        ):
            return self._noun(i, i + 1)
        if (
            word in self.w["adverbs"]
            or (
                word.endswith("ly")
                and word not in self.w["not_adverbs"]
                and len(word) > 4
                and not self.s.words[i][0].isupper()
            )
        ) and not (
            word in ("both", "more", "most", "all", "even", "long", "well")
            and i + 1 < self.n
            and (self._nominal(i + 1) or word == "both")
        ):
            return self._add(ADVERB, i, i + 1)
        if word in self.w["negations"] and word in ("not", "never", "hardly", "without"):
            return self._add(ADVERB, i, i + 1)
        return self._noun(i, i + 1)

    def _last_kind(self) -> str:
        return self.items[-1].kind if self.items else ""

    def _nominal(self, i: int) -> bool:
        """Whether a word can stand in a noun phrase."""
        if i >= self.n:
            return False
        word = self.low[i]
        if i in self.name_end or self.in_name[i]:
            return True
        if not (word[0].isalnum()):
            return False
        return not (
            word in self.w["prepositions"]
            or word in self.w["conjunctions"]
            or word in self.w["subordinators"]
            or word in self.w["modals"]
            or word in self.w["be"]
            or word in self.w["have"]
            or word in self.w["do"]
        )

    def _noun(self, first: int, last: int) -> int:
        """Adds words to the noun phrase before them, or begins one."""
        previous = self.items[-1] if self.items else None
        starts = self.low[first] in self.w["determiners"] or self.low[first] in self.w["subject_pronouns"]
        joined = (
            previous is not None
            and previous.kind == NOUN
            and previous.last == first
            and not (
                starts
                and self.low[first] not in ("enemy", "such")
                and not (self.low[first] == "a" and self.low[first - 1] == "half")
            )
            and not (first in self.name_end and self.in_name[first - 1])
            and not (
                self.in_name[first - 1] and self.low[first] in self.w["titles"] and self.s.words[first][0].isupper()
            )
            and not (self.in_name[first - 1] and (self.low[first][0].isdigit() or self.low[first] in self.w["numbers"]))
            and not (self.low[first] in self.w["never_finite"] and self.in_name[first - 1])
            and self.low[first] not in self.w["subject_pronouns"]
            and not (
                previous.last - previous.first == 1
                and self.low[previous.first] in self.w["pronouns"]
                and self.low[first] != "'s"
            )
        )
        if joined and previous is not None:
            previous.last = last
        else:
            self._add(NOUN, first, last)
        while last < self.n and self.low[last] in ("'s", "'", "’") and last not in self.name_end:
            if self.low[last] == "'s" and self._copula_s(last):
                break
            # A closing quotation mark is no possessive.
            if self.low[last] != "'s" and not self.low[last - 1].endswith("s"):
                break
            last += 1
            self.items[-1].last = last
            if self.low[last - 1] != "'s":
                break
        return last

    def _that(self, i: int) -> int:
        following = self.low[i + 1] if i + 1 < self.n else ""
        before = self.items[-1] if self.items else None
        if (
            before is not None
            and before.kind == NOUN
            and (self._starts_verb(i + 1) or following in ("have", "has", "had", "is", "are", "was", "were"))
        ):
            return self._add(RELATIVE, i, i + 1)
        if before is not None and before.kind in (PREPOSITION, "x"):
            return self._noun(i, i + 1)
        if before is None and self._starts_verb(i + 1):
            return self._noun(i, i + 1)
        calling = (
            before is not None
            and before.kind == VERB
            and self.predicates[before.predicate].lemma in ("call", "brand", "label", "do", "make")
        )
        if calling or not any(self._may_be_verb(k) for k in range(i + 1, self.n)):
            return self._noun(i, i + 1)
        return self._add(THAT, i, i + 1)

    def _form(self, word: str) -> VerbForm | None:
        """What a word can be of a verb; one in -ed that no list has is a past form all the same."""
        known = self.verbs.get(word)
        if (
            known is None
            and len(word) > 5
            and word.endswith("ed")
            and word not in ("hundred", "sacred", "naked", "wicked", "rugged", "kindred")
            and not word.startswith("un")
            and not word.endswith("eed")
            and "-" not in word
        ):
            return VerbForm(word[:-2], _PAST)
        return known

    def _may_be_verb(self, i: int) -> bool:
        word = self.low[i]
        return (
            word in self.verbs
            or word in self.w["be"]
            or word in self.w["have"]
            or word in self.w["modals"]
            or word in self.w["do"]
        )

    def _starts_verb(self, i: int) -> bool:
        while i < self.n and (self.low[i] in self.w["adverbs"] or self.low[i].endswith("ly")):
            i += 1
        if i >= self.n or self.in_name[i]:
            return False
        word = self.low[i]
        if word in self.w["modals"] or word in self.w["be"] or word in self.w["have"] or word in self.w["do"]:
            return True
        form = self._form(word)
        return form is not None and bool(form.forms & {"past", "s"}) and (word not in self.also_nouns)

    def _inversion(self, i: int) -> int:
        """ "Should Siversk fall", "Were they to take it", "Had he held": a condition."""
        word = self.low[i]
        if word not in ("should", "were", "had") or (self.items and self.items[-1].kind not in (MARK, CONJUNCTION)):
            return 0
        if self.items and self.items[-1].kind == MARK and self.low[self.items[-1].first] in ('"', "”", "’"):
            return 0
        # A verb right behind it is an ordinary group ("had taken").
        j = i + 1
        if j >= self.n or self._starts_verb(j) or self.low[j] in self.w["adverbs"]:
            return 0
        form = self._form(self.low[j])
        if form is not None and "pp" in form.forms and not self.in_name[j]:
            return 0
        self._add(SUBORDINATOR, i, i + 1)
        return i + 1

    def _verb_group(self, i: int) -> int:
        w, low = self.w, self.low
        j = i
        modal, be, have, do, negated, to = "", 0, 0, 0, False, False
        past = False
        if low[i] == "to" or (low[i] == "not" and i + 1 < self.n and low[i + 1] == "to"):
            j = i + 1 if low[i] == "to" else i + 2
            negated = low[i] == "not"
            k = self._skip_adverbs(j)
            form = self._form(low[k]) if k < self.n and not self.in_name[k] else None
            if k < self.n and (low[k] in ("be", "have")):
                to, j = True, k
            elif form is not None and "base" in form.forms:
                return self._close(i, k, form.lemma, "infinitive", negated=negated or self._negation(j, k))
            else:
                return 0
        started = to
        while j < self.n and not self.in_name[j]:
            word = self._written_out(j)
            if word in w["modals"] and not (word in ("may", "will", "might", "'d") and started and not modal and be):
                if word == "may" and self.s.words[j] == "May":
                    break
                if (
                    word in ("will", "might", "can")
                    and self.items
                    and self.items[-1].kind in (PREPOSITION,)
                    and not started
                ):
                    break
                if word in ("will", "might") and self._after_determiner():
                    break
                modal = {
                    "won't": "will",
                    "'ll": "will",
                    "wouldn't": "would",
                    "can't": "can",
                    "cannot": "can",
                    "couldn't": "could",
                    "'d": "would",
                }.get(word, word)
                negated |= word.endswith("n't") or word == "cannot"
            elif word in w["be"] and not (word == "'s" and not self._copula_s(j)):
                be += 1
                negated |= word.endswith("n't")
                past |= word in ("was", "were", "wasn't", "weren't")
            elif word in w["have"]:
                have += 1
                negated |= word.endswith("n't")
                past |= word in ("had", "hadn't")
            elif word in w["do"] and not started:
                do += 1
                negated |= word.endswith("n't")
                past |= word in ("did", "didn't")
            elif word in w["get"] and not (started and modal and not be):
                form = self._form(low[j + 1]) if j + 1 < self.n else None
                if form is None or "pp" not in form.forms or self.in_name[j + 1]:
                    break
                be += 1
                past |= word == "got"
            elif started and word in w["negations"] and word in ("not", "n't", "never", "hardly", "scarcely", "barely"):
                negated = True
            elif started and word == "no" and j + 1 < self.n and low[j + 1] == "longer":
                negated = True
                j += 1
            elif started and (
                (word in w["adverbs"] and word not in ("there",))
                or (word.endswith("ly") and len(word) > 4 and word not in w["not_adverbs"])
                or word in ('"', "“", "‘")
            ):
                if word == "no":
                    break
            elif started and j in self.date_end and self._participle_after(self.date_end[j]):
                j = self.date_end[j]
                continue
            else:
                break
            started = True
            j += 1
        if not started:
            return self._bare_verb(i)
        if not (modal or be or have or do):
            return 0
        nonfinite = low[i] in ("having", "being")
        k = j
        form = self._form(low[k]) if k < self.n and not self.in_name[k] else None
        # "have" as the only auxiliary with no participle is the verb itself; so is "do".
        if form is not None and self._main_fits(form, modal, be, have, do, k):
            passive = bool(be) and "pp" in form.forms and "ing" not in form.forms
            if be and not have and not modal and form.lemma in ("go", "come", "become", "be"):
                passive = False
            return self._close(
                i,
                k,
                form.lemma,
                "infinitive" if to else self._nonfinite() if nonfinite else "finite",
                passive=passive,
                negated=negated,
                perfect=bool(have),
                progressive=bool(be) and "ing" in form.forms,
                past=past,
                modal=modal,
            )
        back = j
        while (
            back > i + 1
            and (low[back - 1] in w["adverbs"] or low[back - 1].endswith("ly") or low[back - 1] in ('"', "“", "‘"))
            and low[back - 1] not in w["be"]
        ):
            back -= 1
        lemma = "be" if be else "have" if have else "do" if do else ""
        if not lemma:
            return 0 if not modal else self._close(i, back - 1, "", "finite", negated=negated, modal=modal)
        return self._close(
            i,
            back - 1,
            lemma,
            "infinitive" if to else "finite",
            negated=negated,
            perfect=bool(have) and bool(be),
            past=past,
            modal=modal,
        )

    def _nonfinite(self) -> str:
        """What "having left" and "being driven out" are: behind a preposition or a verb a gerund, else a participle."""
        return "gerund" if self.items and self.items[-1].kind in (PREPOSITION, VERB) else "participle"

    def _negation(self, first: int, last: int) -> bool:
        return any(word in ("not", "never") for word in self.low[first:last])

    def _after_determiner(self) -> bool:
        if not self.items or self.items[-1].kind != NOUN:
            return False
        return self.low[self.items[-1].last - 1] in self.w["determiners"] | {"'s"}

    def _copula_s(self, j: int) -> bool:
        """Whether 's is "is" or "has" rather than a possessive."""
        following = self.low[j + 1] if j + 1 < self.n else ""
        if j > 0 and self.in_name[j - 1] and following in self.w["after_is"]:
            return True  # "Sudzha's ours"
        return j > 0 and (self.low[j - 1] in ("it", "he", "she", "that", "there", "what", "who", "here", "where"))

    def _participle_after(self, j: int) -> bool:
        form = self._form(self.low[j]) if j < self.n else None
        return form is not None and bool(form.forms & {"pp", "ing"})

    def _written_out(self, j: int) -> str:
        """Word j, but "'d" as "had" before what can only be a participle, and "'s" as "has" before one with an object."""
        word = self.low[j]
        if word not in ("'d", "'s"):
            return word
        k = self._skip_adverbs(j + 1)
        form = self._form(self.low[k]) if k < self.n and not self.in_name[k] else None
        if form is None or "pp" not in form.forms:
            return word
        if word == "'d":
            return word if "base" in form.forms else "had"
        taken = k + 1 < self.n and (self.in_name[k + 1] or self.low[k + 1] in self.w["determiners"])
        return "has" if taken and self._copula_s(j) else word

    def _skip_adverbs(self, j: int) -> int:
        while (
            j < self.n
            and not self.in_name[j]
            and (self.low[j] in self.w["adverbs"] or self.low[j].endswith("ly") or self.low[j] in ("not", "never"))
        ):
            form = self._form(self.low[j])
            if form is not None and "base" in form.forms and self.low[j] not in self.w["adverbs"]:
                break
            j += 1
        return j

    def _main_fits(self, form: object, modal: str, be: int, have: int, do: int, k: int) -> bool:
        forms: frozenset[str] = form.forms  # type: ignore[attr-defined]
        word = self.low[k]
        if be:
            if word in self.w["never_finite"] and self.low[k - 1] not in self.w["be"]:
                return False
            if "ing" in forms:
                # "is fighting in", but "there is fighting in"
                return not (
                    word in self.w["never_finite"] and any(self.low[q] == "there" for q in range(max(0, k - 4), k))
                )
            return "pp" in forms
        if have:
            return "pp" in forms
        if modal or do:
            return "base" in forms
        return False

    def _bare_verb(self, i: int) -> int:
        """A verb with no auxiliary: past tense, present tense or a participle."""
        word = self.low[i]
        form = self._form(word)
        if form is None or self.in_name[i]:
            return 0
        if self.s.words[i][0].isupper() and i > 0 and self.low[i - 1] not in ('"', "“", "‘", "—", "-", ":", "–"):
            return 0  # a name
        forms = form.forms
        previous = self.low[i - 1] if i else ""
        following = self.low[i + 1] if i + 1 < self.n else ""
        before = self.items[-1] if self.items else None
        after_noun = before is not None and before.kind == NOUN
        noun_head = self.low[before.last - 1] if after_noun and before is not None else ""
        if (
            previous in self.w["possessives"]
            or noun_head == "'s"
            or (previous in ("the", "a", "an") and forms != {"ing"})
        ):
            return 0
        if previous in ("the", "a", "an"):
            return 0
        if word not in self.verbs and not (after_noun or (before is not None and before.kind == RELATIVE)):
            return 0
        linking = (
            before is not None and before.kind == VERB and self.predicates[before.predicate].lemma in self.w["copulas"]
        )
        if linking and "pp" in forms:
            return 0  # "remains contested"
        called = self.predicates[-1].lemma in self.w["naming"] if self.predicates else False
        if called and "pp" in forms and i - self.predicates[-1].last <= 6:
            return 0  # "calls the report fabricated"
        if word in self.w["never_finite"]:
            return 0
        if "ing" in forms:
            if after_noun and before is not None and self._adjectival(before) and self._nominal(i + 1):
                return 0  # "an Azerbaijani raiding party"
            if after_noun and (noun_head in self.w["determiners"] or noun_head in self.w["adjectives"]):
                return 0
            if (before is not None and before.kind == PREPOSITION) or not self.items:
                # "after taking X"; but "in heavy fighting"
                return self._close(i, i, form.lemma, "gerund")
            return self._close(i, i, form.lemma, "participle")
        if before is not None and before.kind == PREPOSITION:
            return 0
        if (
            after_noun
            and noun_head in self.w["determiners"]
            and noun_head
            not in ("that", "this", "those", "these", "all", "some", "both", "each", "many", "none", "neither")
        ):
            return 0
        if after_noun and noun_head in self.w["adjectives"] and noun_head not in ("several", "many", "few"):
            return 0
        side_adjective = (
            after_noun
            and before is not None
            and self.s.words[before.last - 1][0].isupper()
            and noun_head.endswith(_NATIONS)
        )
        if "past" in forms or forms == {"pp"}:
            if side_adjective and following and self._nominal(i + 1) and not self._clause_needs_verb():
                return 0
            if (
                word
                in (
                    "left",
                    "set",
                    "cut",
                    "hit",
                    "put",
                    "split",
                    "shut",
                    "cost",
                    "lay",
                    "found",
                    "ground",
                    "read",
                    "bound",
                    "lit",
                    "wound",
                )
                and not after_noun
                and before is not None
                and before.kind not in (CONJUNCTION, MARK, RELATIVE, ADVERB, DATE)
            ):
                return 0
            if word == "left" and following in ("bank", "flank", "side", "wing"):
                return 0
            apposed = (
                before is not None
                and before.kind == MARK
                and before.word in (",", "(", "–", "—")
                and len(self.items) > 1
                and self.items[-2].kind in (NOUN, DATE)
            )
            # "stormed in March and lost again in June, it": a chain of participles.
            chained = (
                before is not None
                and before.kind == CONJUNCTION
                and bool(self.predicates)
                and self.predicates[-1].form == "participle"
                and self.predicates[-1].passive
                and (following in self.w["prepositions"] or following in self.w["adverbs"] or i + 1 in self.date_end)
            )
            apposed = apposed or chained
            # "In a statement dated 15 January the RSF denied": what hangs on a preposition at the head is no subject.
            leading = (
                before is not None
                and before.kind == NOUN
                and len(self.items) == 2
                and self.items[0].kind == PREPOSITION
                and not self.in_name[i - 1]
            )
            if leading and "pp" in forms:
                return self._close(i, i, form.lemma, "participle", passive=True, past=True)
            if following == "by" or (
                apposed
                and (following in self.w["prepositions"] or following in self.w["adverbs"] or i + 1 in self.date_end)
                and "pp" in forms
                and form.lemma not in self.w["intransitive"]
            ):
                return self._close(i, i, form.lemma, "participle", passive=True, past=True)
            if (
                forms == {"pp"}
                or (not self._clause_needs_verb() and before is not None and before.kind in (NOUN, MARK))
                or (not self.items)
            ):
                return self._close(i, i, form.lemma, "participle", passive=True, past=True)
            return self._close(i, i, form.lemma, "finite", past=True)
        if "s" in forms and "base" not in forms:
            return self._close(i, i, form.lemma, "finite") if self._present_s(i) else 0
        if "base" in forms:
            return self._close(i, i, form.lemma, "finite") if self._present_base(i) else 0
        return 0

    def _subject_before(self) -> Item | None:
        """The phrase before, past adverbs: what a verb here would have as its subject."""
        k = len(self.items) - 1
        while k >= 0 and self.items[k].kind in (ADVERB, DATE):
            k -= 1
        return self.items[k] if k >= 0 and self.items[k].kind == NOUN else None

    def _adjectival(self, item: Item) -> bool:
        """Whether a phrase ends in an adjective of nation: "Russian" wants a noun."""
        word = self.low[item.last - 1]
        if self.in_name[item.last - 1]:
            return False  # "Lyman holds"
        return self.s.words[item.last - 1][0].isupper() and word.endswith(_NATIONS) and item.last == self.items[-1].last

    def _opens_object(self, i: int) -> bool:
        """Whether what begins at word i can follow a verb: a determiner, a preposition, a name, a number."""
        if i >= self.n:
            return False
        word = self.low[i]
        return (
            word in self.w["determiners"]
            or word in self.w["prepositions"]
            or word in self.w["quantifiers"]
            or word in ("that", "them", "it", "him")
            or i in self.name_end
            or self.s.words[i][0].isupper()
            or word[0].isdigit()
            or word in ("half", "more", "most", "about", "nearly", "almost", "only", "all", "both", '"', "“")
            or word.startswith(("two-", "three-", "four-", "half-"))
        )

    def _present_s(self, i: int) -> bool:
        """Whether a form such as "controls" or "says" is a verb."""
        word, following = self.low[i], self.low[i + 1] if i + 1 < self.n else ""
        before = self.items[-1] if self.items else None
        if before is not None and before.kind == RELATIVE:
            return True
        subject = self._subject_before()
        if subject is None:
            form = self._form(word)
            if (
                before is not None
                and before.kind == MARK
                and form is not None
                and form.lemma in self.w["telling"]
                and (i + 1 < self.n and (self.s.words[i + 1][0].isupper() or following in self.w["determiners"]))
            ):
                return True  # ", claims DeepState"
            return (
                word not in self.also_nouns
                and before is not None
                and before.kind in (MARK, CONJUNCTION, ADVERB, DATE, THAT)
            )
        head = self.low[subject.last - 1]
        if word not in self.also_nouns:
            return True
        after = self._form(following)
        if (
            after is not None
            and after.forms & {"past", "s"}
            and following not in self.also_nouns
            and i + 1 not in self.name_end
        ):
            return False
        if (
            head in self.w["adjectives"]
            or self._adjectival(subject)
            or not self._clause_needs_verb()
            or self._verbish(i + 1)
        ):
            return False
        if head in self.w["subject_pronouns"]:
            return head in ("it", "he", "she", "who", "nobody", "everyone", "someone")
        if head.endswith("s") and not self.s.words[subject.last - 1][0].isupper():
            return False
        if self.items[-1].kind == ADVERB:
            return True
        opened = any(item.kind == SUBORDINATOR for item in self.items[-3:])
        if (opened or self.in_name[subject.last - 1]) and not (following and following[0].isalnum()):
            return True
        # "Russian air strikes": a compound, unless what follows can be its object.
        return self._opens_object(i + 1) and (
            self.s.words[subject.last - 1][0].isupper() or following in self.w["determiners"] or following == "that"
        )

    def _present_base(self, i: int) -> bool:
        """Whether a form such as "hold" or "say" is a verb in the present."""
        word, following = self.low[i], self.low[i + 1] if i + 1 < self.n else ""
        before = self.items[-1] if self.items else None
        if before is None:
            return False
        if before.kind == RELATIVE:
            return True
        if before.kind == CONJUNCTION:
            return any(p.modal or p.form == "infinitive" for p in self.predicates[-1:])
        subject = self._subject_before()
        if subject is None or not self._clause_needs_verb():
            return False
        if any(item.kind == SUBORDINATOR and item.word in ("should", "lest") for item in self.items[-6:]):
            return True
        head = self.low[subject.last - 1]
        chained = self._chain_head(subject)
        plural = (
            head in self.w["plurals"]
            or head in ("they", "we", "you", "i", "who", "these", "those")
            or chained in self.w["plurals"]
        )
        plural = plural or (head.endswith("s") and head != "'s") or chained.endswith("s")
        at = self.items.index(subject)
        plural = plural or (at >= 2 and self.items[at - 1].kind == CONJUNCTION and self.items[at - 2].kind == NOUN)
        if word == "close" and following == "to":
            return False
        if not plural:
            return False
        if word in self.also_nouns:
            said = not (following and following[0].isalnum()) and word in self.w["fearing"]
            return head in self.w["subject_pronouns"] or self._opens_object(i + 1) or said
        return True

    def _chain_head(self, subject: Item) -> str:
        """The head of a phrase that others hang on: "analysts" of "analysts in Washington"; "" where none do."""
        start = k = self.items.index(subject)
        while k >= 2 and self.items[k - 1].kind == PREPOSITION and self.items[k - 2].kind == NOUN:
            k -= 2
        words = self.low[self.items[k].first : self.items[k].last]
        if k == start:
            return ""
        # "sources close to the opposition"
        return words[-2] if words[-1] == "close" and len(words) > 1 else words[-1]

    def _verbish(self, i: int) -> bool:
        word = self.low[i] if i < self.n else ""
        return word in self.w["be"] or word in self.w["have"] or word in self.w["modals"]

    def _clause_needs_verb(self) -> bool:
        """Whether no finite verb stands between here and the last boundary."""
        k = len(self.items)
        while k > 0:
            k -= 1
            item = self.items[k]
            if item.kind == VERB:
                predicate = self.predicates[item.predicate]
                if predicate.form == "finite":
                    opener = self._relative_before(k)
                    if opener >= 0 and self.items[-1] is not item:
                        # "soldiers who had defended it told": the relative clause has its verb, the main one not.
                        k = opener
                        continue
                    # After a verb of speech the phrase between begins a clause of its own ("said troops held").
                    return self._bare_complement(item)
                continue
            if item.kind == PREPOSITION and item.word in ("since", "until", "after", "before", "as", "than", "till"):
                return True
            if item.kind in (SUBORDINATOR, RELATIVE, THAT, CONJUNCTION):
                return True
            if item.kind == MARK and item.word in ',;:—–-.!?"“”(':
                # An insertion between commas hides the verb's absence before it.
                return True
        return True

    def _relative_before(self, k: int) -> int:
        """The relative pronoun that a verb follows at once, or with its own subject between; -1 if none."""
        j = k - 1
        while j >= 0 and self.items[j].kind in (ADVERB, DATE):
            j -= 1
        if (
            j >= 0
            and self.items[j].kind == RELATIVE
            and self.items[j].word in ("who", "which", "that")
            and j
            and self.items[j - 1].kind == NOUN
        ):
            return j
        return -1

    def _bare_complement(self, verb: Item) -> bool:
        return (
            self.predicates[verb.predicate].lemma
            in (
                "say",
                "claim",
                "report",
                "announce",
                "believe",
                "think",
                "write",
                "insist",
                "add",
                "confirm",
                "admit",
                "know",
                "declare",
                "hear",
                "warn",
                "fear",
                "deny",
                "concede",
                "acknowledge",
                "hope",
                "suggest",
                "argue",
                "show",
                "see",
                "tell",
                "expect",
                "suspect",
                "assert",
                "allege",
                "maintain",
            )
            and self.items[-1] is not verb
        )

    def _close(
        self,
        first: int,
        head: int,
        lemma: str,
        form: str,
        *,
        passive: bool = False,
        negated: bool = False,
        perfect: bool = False,
        progressive: bool = False,
        past: bool = False,
        modal: str = "",
    ) -> int:
        last = head + 1
        particle = ""
        # "never fell": the adverb stands before a verb with no auxiliary
        if self.items and self.items[-1].kind == ADVERB and self.items[-1].word in ("never", "hardly", "scarcely"):
            negated = True
        if last < self.n and self.low[last] in self.w["particles"] and not self.in_name[last]:
            after = self.low[last + 1] if last + 1 < self.n else ""
            # "in" and "over" are particles only where no phrase follows them ("moved in", "handed over the town")
            if (
                self.low[last] not in ("in", "through", "into", "over", "on")
                or not after
                or not after[0].isalnum()
                or (after in self.w["prepositions"] and last + 1 not in self.date_end)
                or (self.low[last] == "over" and lemma in ("hand", "take", "turn", "give", "sign"))
            ):
                particle = self.low[last]
                last += 1
        self.items.append(Item(VERB, first, last, self.low[first], predicate=len(self.predicates)))
        self.predicates.append(
            Predicate(
                first,
                last,
                head,
                lemma,
                form,
                passive,
                negated,
                perfect,
                progressive,
                past,
                modal,
                particle,
                item=len(self.items) - 1,
            )
        )
        return last


def _govern(found: Clauses) -> None:
    """Gives each noun phrase the preposition before it, and turns "since" and its like into openers of clauses."""
    items = found.items
    for k, item in enumerate(items):
        if item.kind not in (NOUN, DATE) or k == 0:
            continue
        before = items[k - 1]
        if before.kind == ADVERB and k > 1 and items[k - 2].kind == PREPOSITION:
            before = items[k - 2]
        if before.kind != PREPOSITION:
            continue
        opens = before.word in ("since", "until", "after", "before", "as", "till", "than") and _finite_follows(found, k)
        if opens and item.kind == NOUN:
            before.kind = SUBORDINATOR
        else:
            item.prep = items.index(before, max(0, k - 2), k)


def _finite_follows(found: Clauses, k: int) -> bool:
    """Whether a finite verb follows phrase k, with at most phrases governed by prepositions between."""
    items = found.items
    j = k + 1
    while j < len(items):
        kind = items[j].kind
        if kind == VERB:
            return found.predicates[items[j].predicate].form == "finite"
        if kind in (PREPOSITION, ADVERB, DATE) or (kind == NOUN and items[j - 1].kind == PREPOSITION):
            j += 1
            continue
        return False
    return False


def _up(found: Clauses, k: int) -> int:
    """The phrase that phrase k belongs to by its prepositions: "the lads of the 100th Brigade" from "Brigade"."""
    items = found.items
    while items[k].prep >= 0:
        j = items[k].prep - 1
        while j >= 0 and items[j].kind in (ADVERB, DATE):
            j -= 1
        if j < 0 or items[j].kind != NOUN:
            break
        k = j
    return k


def _subject(found: Clauses, number: int, lexicon: Lexicon) -> None:
    predicate = found.predicates[number]
    items = found.items
    j = predicate.item - 1
    while (j >= 0 and items[j].kind in (ADVERB, DATE)) or (
        j >= 0 and items[j].kind == MARK and items[j].word in ('"', "“", "”", "‘")
    ):
        # "The ministry on Friday said": the date's preposition goes with it.
        j -= (
            2
            if items[j].kind == DATE and j > 1 and items[j - 1].kind == PREPOSITION and items[j - 2].kind == NOUN
            else 1
        )
    if predicate.form == "infinitive":
        _infinitive(found, number)
        return
    if j < 0:
        return
    kind = items[j].kind
    if kind == RELATIVE or (kind == THAT and predicate.form == "finite" and j > 0 and items[j - 1].kind == NOUN):
        antecedent = j - 1
        while antecedent >= 0 and items[antecedent].kind not in (NOUN,):
            if items[antecedent].kind == VERB:
                return
            antecedent -= 1
        if antecedent >= 0:
            predicate.subject = _up(found, antecedent) if items[j].word == "who" else antecedent
            predicate.link = "relative"
            predicate.parent = _verb_before(found, j)
        return
    if (
        kind == NOUN
        and predicate.form == "participle"
        and not predicate.passive
        and predicate.lemma in found.sets["telling"]
        and items[_up(found, j)].prep >= 0
        and _verb_before(found, j) >= 0
    ):
        # "has filmed himself in front of the town hall saying that": the subject of the verb before.
        predicate.parent = _verb_before(found, j)
        predicate.link = "participle"
        return
    if kind == NOUN and predicate.form in ("finite", "participle"):
        predicate.subject = _up(found, j)
        top = predicate.subject
        if (
            predicate.form == "finite"
            and top > 1
            and items[top - 1].kind == VERB
            and items[top - 2].kind in (RELATIVE, ADVERB)
        ):
            # "Soldiers who had defended Soledar told": the relative clause ends before the verb.
            inner = found.predicates[items[top - 1].predicate]
            if (
                inner.link == "relative"
                and inner.form == "finite"
                and inner.subject >= 0
                and items[top].prep < 0
                and items[inner.subject].kind == NOUN
            ):
                predicate.subject = top = inner.subject
        if (
            predicate.form == "finite"
            and top
            and items[top - 1].kind == VERB
            and found.predicates[items[top - 1].predicate].lemma not in found.sets["speech"]
        ):
            # "Russia's claim that it had seized Sudzha was rejected"
            for k in range(top - 2, 0, -1):
                if (
                    items[k].kind == THAT
                    and items[k - 1].kind == NOUN
                    and found.words(k - 1)[-1] in found.sets["speech_nouns"]
                ):
                    predicate.subject = _up(found, k - 1)
                    return
                if items[k].kind == MARK:
                    break
        if items[top].prep >= 1 and predicate.form == "finite" and items[items[top].prep - 1].kind == VERB:
            # "troops backed by jets took": the participle belongs to the subject.
            reduced = found.predicates[items[items[top].prep - 1].predicate]
            if reduced.form == "participle" and reduced.subject >= 0 and items[reduced.item - 1].kind == NOUN:
                predicate.subject = top = reduced.subject
        _opener(found, number, top)
        if predicate.form == "participle":
            predicate.link = "participle"
        return
    if kind == MARK and items[j].word in (",", "—", "–", "--", ")", "-"):
        if predicate.form in ("participle", "gerund"):
            predicate.link = "participle"
            predicate.parent = _verb_before(found, j)
            if predicate.parent < 0 and items[j - 1].kind == NOUN:
                predicate.subject = _up(found, j - 1)
            elif predicate.passive and j and items[j - 1].kind == NOUN and items[j].word == ",":
                predicate.subject = j - 1
            return
        closing = items[j].word
        opening = _insertion(found, j, closing)
        if opening >= 0:
            predicate.subject = _up(found, opening)
            _opener(found, number, predicate.subject)
            return
        predicate.parent = _verb_before(found, j)
        predicate.link = "coordinate"
        return
    if kind == CONJUNCTION:
        predicate.parent = _verb_before(found, j)
        predicate.link = "coordinate"
        return
    if kind in (SUBORDINATOR, PREPOSITION):
        # "after taking", "before withdrawing", "while holding": the subject of the sentence.
        predicate.parent = _verb_before(found, j)
        if predicate.parent < 0:
            predicate.parent = _verb_after(found, predicate.item)
        predicate.link = "adverbial"
        if kind == SUBORDINATOR:
            predicate.conditional = _condition(found, j)
        return
    if kind == VERB:
        predicate.parent = items[j].predicate
        predicate.link = "complement"
        asked = _asked(found, j) if predicate.form == "finite" else -1
        if asked >= 0:
            predicate.subject = asked
            return
        if predicate.form == "finite":
            # "Reports that X has been given up are contradicted": the phrase before "that".
            for k in range(j - 1, 0, -1):
                if items[k].kind in (THAT, RELATIVE) and items[k - 1].kind == NOUN:
                    predicate.subject = _up(found, k - 1)
                    predicate.link, predicate.parent = "", -1
                    break
                if items[k].kind == MARK:
                    break
    if kind == THAT:
        predicate.parent = _verb_before(found, j)
        predicate.link = "complement"


def _asked(found: Clauses, verb: int) -> int:
    """The phrase that a relative clause of saying is about: "the town, which they say was held". -1 if none."""
    items = found.items
    predicate = found.predicates[items[verb].predicate]
    if predicate.lemma not in found.sets["telling"]:
        return -1
    j = verb - 1
    while j >= 0 and items[j].kind in (NOUN, ADVERB, DATE, PREPOSITION):
        j -= 1
    if j < 1 or items[j].kind != RELATIVE or items[j].word not in ("which", "that", "who", "whom"):
        return -1
    while j >= 1 and items[j - 1].kind != NOUN:
        j -= 1
        if items[j].kind == VERB:
            return -1
    return j - 1 if j >= 1 else -1


def _opener(found: Clauses, number: int, subject: int) -> None:
    """What stands before a clause: a condition, "that", or another verb."""
    predicate = found.predicates[number]
    items = found.items
    subject = _first_of_list(found, subject)
    j = subject - 1
    if items[subject].prep >= 0:
        j = items[subject].prep - 1
    while j >= 0 and items[j].kind in (ADVERB, DATE):
        j -= 1
    # "if, as he says, X falls" and "If on Monday X falls": step over phrases with prepositions.
    steps = 0
    while j >= 1 and items[j].kind == NOUN and items[j].prep >= 0 and steps < 3:
        j = items[j].prep - 1
        steps += 1
    if j < 0:
        return
    if items[j].kind == SUBORDINATOR:
        predicate.conditional = _condition(found, j)
        predicate.link = "adverbial"
        predicate.parent = _verb_before(found, j)
    elif (
        items[j].kind == THAT
        and j
        and items[j - 1].kind == NOUN
        and not _speaks(found, j - 1)
        and not _predicative(found, j - 1)
    ):
        predicate.link = "relative"
        predicate.parent = _verb_before(found, j)
        predicate.objects.append(_antecedent(found, j - 1))
    elif items[j].kind == THAT:
        predicate.link = "complement"
        predicate.parent = _verb_before(found, j)
    elif items[j].kind == VERB:
        predicate.link = "complement"
        predicate.parent = items[j].predicate
    elif items[j].kind == RELATIVE:
        predicate.link = "relative"
        predicate.parent = _verb_before(found, j)
        if j > 0:
            antecedent = j - 1
            if items[antecedent].kind == MARK:
                antecedent -= 1
            if antecedent >= 0 and items[antecedent].kind == NOUN and items[j].word in ("which", "that", "whom"):
                predicate.objects.append(_antecedent(found, antecedent))
            elif antecedent >= 0 and items[antecedent].kind == NOUN and items[j].word == "where":
                predicate.adjuncts.append(("in", antecedent))
            elif (
                antecedent >= 1 and items[antecedent].kind == PREPOSITION and items[antecedent - 1].kind in (NOUN, MARK)
            ):
                noun = antecedent - 1 if items[antecedent - 1].kind == NOUN else antecedent - 2
                if noun >= 0 and items[noun].kind == NOUN:
                    predicate.adjuncts.append((items[antecedent].word, noun))
    elif items[j].kind == NOUN and found.sentence.lower[items[j].last - 1] not in (
        "day",
        "week",
        "time",
        "moment",
        "year",
    ):
        # "the first capital the Taliban captured": a relative clause with no pronoun.
        predicate.link = "relative"
        predicate.parent = _verb_before(found, j)
        predicate.objects.append(_antecedent(found, j))
    elif items[j].kind in (CONJUNCTION, MARK):
        predicate.parent = _verb_before(found, j)
        predicate.link = "coordinate"


def _condition(found: Clauses, opener: int) -> str:
    """The word that makes a clause a condition; "if" after "not clear" is "whether"."""
    word = found.items[opener].word
    before = found.items[opener].first - 1
    if word == "if" and before >= 0 and found.sentence.lower[before] in found.sets["unsettled"]:
        return "whether"
    return word if word in found.sets["conditions"] else ""


def _first_of_list(found: Clauses, subject: int) -> int:
    """The first of phrases joined by "and" or commas that end in a subject: "A, B and C fell"."""
    items = found.items
    k = subject
    joined = False
    while k >= 2:
        j = k - 1
        if items[j].kind == CONJUNCTION and items[j].word in ("and", "or"):
            joined = True
            j -= 1
            if j >= 0 and items[j].kind == MARK and items[j].word == ",":
                j -= 1
        elif joined and items[j].kind == MARK and items[j].word == ",":
            j -= 1
        else:
            break
        if j < 0 or items[j].kind != NOUN:
            break
        up = _up(found, j)
        # The phrase before may be the object of a verb: "took A and B fell".
        before = up - 1
        if items[up].prep >= 0 or (
            before >= 0
            and items[before].kind == VERB
            and found.predicates[items[before].predicate].lemma not in found.sets["speech"]
        ):
            break
        k = up
    return k


def _antecedent(found: Clauses, noun: int) -> int:
    """What a relative clause is about: "the last city", not "Darfur", of "the last city in Darfur that"."""
    items = found.items
    if items[noun].prep < 0:
        return noun
    name = found.sentence.words[items[noun].first][0].isupper() or found.sentence.lower[items[noun].first] == "the"
    head = _up(found, noun)
    common = found.sentence.words[items[head].last - 1][0].islower()
    return head if name and common else noun


def _predicative(found: Clauses, noun: int) -> bool:
    """Whether a phrase is what something is said to be: "it is true that"."""
    j = noun - 1
    while j >= 0 and found.items[j].kind == ADVERB:
        j -= 1
    return (
        j >= 0
        and found.items[j].kind == VERB
        and found.predicates[found.items[j].predicate].lemma in ("be", "become", "seem", "appear", "remain")
    )


def _speaks(found: Clauses, noun: int) -> bool:
    """Whether "that" after a phrase begins what somebody says: "the claim that", "told reporters that"."""
    if found.words(noun)[-1] in found.sets["speech_nouns"]:
        return True
    verb = _verb_before(found, noun)
    return (
        verb >= 0
        and found.predicates[verb].lemma in found.sets["telling"]
        and (noun - found.predicates[verb].item) <= 12
    )


def _insertion(found: Clauses, closing: int, mark: str) -> int:
    """The phrase before an insertion that ends at a mark: "X, where ... , fell". -1 if there is none."""
    items = found.items
    opening = {")": "("}.get(mark, mark)
    depth = 0
    for k in range(closing - 1, 0, -1):
        item = items[k]
        if item.kind == MARK and item.word == opening:
            before = k - 1
            while before > 0 and items[before].kind in (ADVERB, DATE):
                before -= 1
            if items[before].kind != NOUN:
                return -1
            inner = items[k + 1]
            words = found.sentence.lower[inner.first : inner.last]
            # An insertion begins with a relative, a preposition, a participle or a phrase, and holds no main clause.
            finite = [
                i
                for i in range(k + 1, closing)
                if items[i].kind == VERB and found.predicates[items[i].predicate].form == "finite"
            ]
            relative = any(items[i].kind in (RELATIVE, SUBORDINATOR, THAT) for i in range(k + 1, closing))
            if finite and not relative and not (len(finite) == 1 and words):
                depth += 1
                if depth > 2:
                    return -1
                continue
            return before
        if item.kind == MARK and item.word in (";", ":", "."):
            return -1
    return -1


def _infinitive(found: Clauses, number: int) -> None:
    predicate = found.predicates[number]
    items = found.items
    j = predicate.item - 1
    predicate.link = "infinitive"
    predicate.parent = _verb_before(found, predicate.item)
    if predicate.parent < 0 and j >= 0 and items[j].kind == NOUN:
        predicate.subject = _up(found, j)


def _verb_before(found: Clauses, item: int) -> int:
    for k in range(item - 1, -1, -1):
        if found.items[k].kind == VERB:
            return found.items[k].predicate
    return -1


def _verb_after(found: Clauses, item: int) -> int:
    for k in range(item + 1, len(found.items)):
        if found.items[k].kind == VERB and found.predicates[found.items[k].predicate].form == "finite":
            return found.items[k].predicate
    return -1


def _complements(found: Clauses, number: int) -> None:
    """Objects and phrases with prepositions to the right of a predicate."""
    predicate = found.predicates[number]
    items = found.items
    taken = {p.subject for p in found.predicates if p is not predicate}
    j = predicate.item + 1
    seen_mark = False
    while j < len(items):
        item = items[j]
        if item.kind == NOUN:
            if j in taken and _is_subject_right(found, j):
                break
            if item.prep >= 0:
                word = items[item.prep].word
                predicate.adjuncts.append((word, j))
                if word == "by" and predicate.passive and predicate.agent < 0:
                    predicate.agent = j
            elif seen_mark and not _listed(found, j):
                # An apposition or a new beginning.
                pass
            else:
                predicate.objects.append(j)
        elif item.kind == MARK:
            if item.word in (";", ":", ".", "!", "?", "—", "–", "--"):
                break
            if item.word == ",":
                seen_mark = True
                nxt = items[j + 1] if j + 1 < len(items) else None
                if nxt is None or nxt.kind in (SUBORDINATOR, RELATIVE, VERB, THAT):
                    break
            elif item.word in ("(", ")") and item.word == "(":
                depth = j
                while j < len(items) and not (items[j].kind == MARK and items[j].word == ")"):
                    j += 1
                if j >= len(items):
                    j = depth
                    break
        elif item.kind in (SUBORDINATOR, RELATIVE, THAT, VERB):
            break
        elif item.kind == CONJUNCTION:
            nxt = items[j + 1] if j + 1 < len(items) else None
            if nxt is not None and nxt.kind in (VERB, SUBORDINATOR, THAT):
                break
        j += 1


def _listed(found: Clauses, k: int) -> bool:
    """Whether phrase k after a comma goes on a list rather than explaining what stands before it."""
    items = found.items
    j = k - 1
    if items[j].kind == CONJUNCTION:
        return True
    first = found.sentence.words[items[k].first]
    return first[0].isupper() or found.sentence.lower[items[k].first] in (
        "the",
        "most",
        "half",
        "several",
        "two",
        "three",
        "four",
        "five",
        "six",
        "both",
        "a",
        "all",
    )


def _is_subject_right(found: Clauses, k: int) -> bool:
    return any(p.subject == k and p.item > k and p.form == "finite" for p in found.predicates)


def _inherit(found: Clauses, number: int) -> None:
    """Subjects that are not said again: of coordinated verbs, participles, infinitives."""
    predicate = found.predicates[number]
    if predicate.subject >= 0 or predicate.parent < 0:
        return
    parent = found.predicates[predicate.parent]
    seen = {number}
    while parent.link == "coordinate" and parent.subject < 0 and parent.parent >= 0 and parent.parent not in seen:
        seen.add(parent.parent)
        parent = found.predicates[parent.parent]
    if predicate.link == "infinitive":
        # "forced them to leave": the object; "were ordered to leave": the subject.
        direct = [k for k in parent.objects if k < predicate.item]
        predicate.subject = (
            direct[-1]
            if direct and parent.lemma not in ("begin", "continue", "use", "lose") and not parent.passive
            else parent.subject
        )
        if predicate.subject < 0:
            predicate.subject = parent.subject
    elif predicate.link in ("coordinate", "participle", "adverbial") or (
        predicate.link == "complement" and predicate.form in ("gerund", "participle")
    ):
        predicate.subject = parent.subject
        above = found.predicates[parent.parent] if parent.parent >= 0 else None
        if (
            predicate.link == "coordinate"
            and predicate.form == "finite"
            and predicate.lemma in found.sets["telling"]
            and parent.link == "complement"
            and above is not None
            and above.lemma in found.sets["telling"]
        ):
            predicate.subject = above.subject  # "admitted that X had been lost but denied having left Y"
        if predicate.link == "coordinate" and not predicate.conditional:
            predicate.conditional = (
                parent.conditional if predicate.form == "finite" and parent.link == "adverbial" else ""
            )
            if parent.modal and predicate.form == "finite" and not predicate.modal and not predicate.past:
                predicate.modal = parent.modal
