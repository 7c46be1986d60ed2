"""The words of one language, as its rules give them: loaded once from `language/<code>/*.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

VOWELS: Final = "aeiou"


@dataclass(frozen=True, slots=True)
class VerbForm:
    """What a written form can be of a verb: `base`, `s`, `past`, `pp` (past participle) or `ing`."""

    lemma: str
    forms: frozenset[str]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words by what they do in a clause.

    Attributes:
        verbs: written form → the verb it is a form of.
        also_nouns: verb forms that are nouns at least as often.
        words: name of a class of words (as in `grammar.toml` and `clauses.toml`) → its members.
        data: the other rule files, by file name, as parsed.
    """

    verbs: dict[str, VerbForm]
    also_nouns: frozenset[str]
    words: dict[str, frozenset[str]]
    data: dict[str, dict[str, Any]]


@lru_cache(maxsize=4)
def lexicon(language: str = "en") -> Lexicon:
    """The lexicon of a language, read once a process."""
    folder = files("frontcast.observe.reports") / "language" / language
    data = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    verbs = data.pop("verbs")
    return Lexicon(
        _inflect(verbs["regular"].split(), verbs["irregular"]),
        frozenset(verbs["also_nouns"].split()),
        {name: frozenset(members.split()) for name, members in (data.pop("grammar") | data.pop("clauses")).items()},
        data,
    )


def phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """Phrases parted by bars or line breaks, each as its words."""
    return tuple(tuple(part.split()) for line in text.splitlines() for part in line.split("|") if part.strip())


def _inflect(regular: list[str], irregular: dict[str, str]) -> dict[str, VerbForm]:
    found: dict[str, tuple[str, set[str]]] = {}

    def put(form: str, lemma: str, kind: str) -> None:
        found.setdefault(form, (lemma, set()))[1].add(kind)

    # Irregular verbs come first: "left" is of "leave", not a form of a regular verb.
    for lemma, parts in irregular.items():
        past, participle = parts.split()
        for form, kind in (
            (lemma, "base"),
            (_add_s(lemma), "s"),
            (past, "past"),
            (participle, "pp"),
            (_add_ing(lemma), "ing"),
        ):
            put(form, lemma, kind)
        if past.endswith("ed"):
            put(past, lemma, "pp")  # "were burned" beside "were burnt"
    for lemma in dict.fromkeys(regular):
        if lemma in irregular:
            continue
        past = _add_ed(lemma)
        for form, kind in (
            (lemma, "base"),
            (_add_s(lemma), "s"),
            (past, "past"),
            (past, "pp"),
            (_add_ing(lemma), "ing"),
        ):
            if form not in found or found[form][0] == lemma:
                put(form, lemma, kind)
    return {form: VerbForm(lemma, frozenset(kinds)) for form, (lemma, kinds) in found.items()}


def _doubles(lemma: str) -> bool:
    """Whether the last consonant is doubled: stop, regret, but not open or visit."""
    if len(lemma) < 3 or lemma[-1] in VOWELS + "wxy" or lemma[-2] not in VOWELS or lemma[-3] in VOWELS:
        return False
    return sum(letter in VOWELS for letter in lemma) == 1 or lemma.endswith(
        ("mit", "fer", "gret", "cur", "pel", "bel", "trol", "cel", "drol", "vel")
    )


def _add_s(lemma: str) -> str:
    if lemma in ("have", "do", "go", "be"):
        return {"have": "has", "do": "does", "go": "goes", "be": "is"}[lemma]
    if lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        return lemma + "es"
    if lemma.endswith("y") and lemma[-2] not in VOWELS:
        return lemma[:-1] + "ies"
    return lemma + "s"


def _add_ed(lemma: str) -> str:
    if lemma.endswith("e"):
        return lemma + "d"
    if lemma.endswith("y") and lemma[-2] not in VOWELS:
        return lemma[:-1] + "ied"
    return lemma + (lemma[-1] if _doubles(lemma) else "") + "ed"


def _add_ing(lemma: str) -> str:
    if lemma.endswith("ie"):
        return lemma[:-2] + "ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")) and lemma != "be":
        return lemma[:-1] + "ing"
    return lemma + (lemma[-1] if _doubles(lemma) else "") + "ing"
