"""Dates in text: what day or month "on Saturday", "last November" or "overnight" means, seen from the day of publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon, lexicon
from frontcast.observe.reports.tokens import Sentence

NUMBERS: Final = {
    word: i + 1 for i, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split())
} | {"a": 1, "an": 1}
ORDINALS: Final = {
    word: i + 1
    for i, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
    )
}
PARTS: Final = frozenset("morning afternoon evening night noon midnight midday dawn lunchtime nightfall".split())
EARLIEST: Final = 1900


@dataclass(frozen=True, slots=True)
class DateMention:
    """Words [first, last) of a sentence that say when.

    Attributes:
        valid: YYYY-MM-DD, YYYY-MM, or None where only a year, a season or something vague is said.
        role: "event", "since", "until", "deadline", "duration", "publication" or "age".
        relative: whether it depends on the day of publication.
        next: the reading forward in time ("on Thursday" of what will happen), or None.
    """

    sentence: int
    first: int
    last: int
    valid: str | None
    role: str
    relative: bool
    next: str | None = None


@dataclass(frozen=True, eq=False)
class DateWords:
    """Words of `dates.toml`."""

    weekdays: dict[str, int]
    months: dict[str, int]
    days: dict[str, int]
    phrases: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    roles: dict[str, str]
    publication: frozenset[str]


@lru_cache(maxsize=4)
def date_words(rules: Lexicon) -> DateWords:
    """The date words of a language, phrases by their first word, longest first."""
    data = rules.data["dates"]
    weekdays = {word: i for i, word in enumerate(data["weekdays"].split())}
    months = {word: i + 1 for i, word in enumerate(data["months"].split())}
    for short, full in data["abbreviations"].items():
        (weekdays if full in weekdays else months)[short] = weekdays.get(full, months.get(full, 0))
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for meaning, text in data["phrases"].items():
        for phrase in text.replace("\n", "|").split("|"):
            if phrase.strip():
                words = tuple(phrase.split())
                index.setdefault(words[0], []).append((words, meaning))
    roles = {word: role for role in ("since", "until", "deadline") for word in data["roles"][role].split()}
    return DateWords(
        weekdays,
        months,
        data["day"],
        {word: tuple(sorted(found, key=lambda entry: -len(entry[0]))) for word, found in index.items()},
        roles,
        frozenset(data["roles"]["publication"].split()),
    )


def find_dates(sentences: Sequence[Sentence], published: date, rules: Lexicon | None = None) -> list[DateMention]:
    """All dates of a document, in order.

    Args:
        sentences: the document.
        published: the day it was published.
        rules: of its language; left out, English.
    """
    words = date_words(rules or lexicon())
    out: list[DateMention] = []
    anchor = published
    told: date | None = None  # the day that a history has come to
    paragraph = -1
    for number, sentence in enumerate(sentences):
        if sentence.paragraph != paragraph:
            paragraph = sentence.paragraph
            if told is not None and (published - told).days < HISTORY_DAYS:
                told = None
        i = 0
        while i < len(sentence):
            found = _at(sentence, i, number, published, anchor, words)
            if found is None:
                i += 1
                continue
            found = _with_role(sentence, found, words)
            near = out[-1] if out and out[-1].sentence == number and out[-1].valid is not None else None
            if told is not None or near is not None:
                found = _told(sentence, found, told or _day(near), published, near)
            out.append(found)
            if found.valid is not None and found.role not in ("publication", "age"):
                if len(found.valid) == 10:
                    anchor = date.fromisoformat(found.valid)
                day = _day(found)
                explicit = not found.relative or told is not None or (out[-2:-1] and out[-2].sentence == number)
                if explicit and day < published:
                    told = day
            elif found.valid is None and found.role == "event" and not found.relative and _year(sentence, found.first):
                told = date(_year(sentence, found.first), 1, 1)
            i = found.last
    return out


HISTORY_DAYS: Final = 400
"""A report of something so long ago tells a history: its dates follow from each other, not from the day of publication."""


def _day(found: DateMention | None) -> date:
    """A mention's day; the first of its month where it is no day."""
    assert found is not None
    assert found.valid is not None
    return date.fromisoformat(found.valid if len(found.valid) == 10 else found.valid + "-01")


def _told(s: Sentence, found: DateMention, told: date, published: date, near: DateMention | None) -> DateMention:
    """A date with no year in a history, or "the 21st" after "4 January": the first such day from the one before on."""
    if not found.relative or found.valid is None or found.role == "publication":
        return found
    words = s.lower[found.first : found.last]
    history = (published - told).days >= HISTORY_DAYS
    bare = len(found.valid) == 10 and any(word[:1].isdigit() or word in ORDINALS for word in words)
    month = any(word in MONTHS for word in words)
    if bare and not month and not {"ago", "earlier", "later"} & set(words):
        since = _day(near) if near is not None else told
        day = int(found.valid[8:])
        # The same month, unless that would be long before: "29 November ... and on the 2nd".
        later = since.day - day > 15
        year, at = (since.year, since.month + later) if since.month + later <= 12 else (since.year + 1, 1)
        try:
            moved = date(year, at, day)
        except ValueError:
            return found
        return replace(found, valid=moved.isoformat(), next=None) if moved <= published else found
    if month and history and not {"this", "last"} & set(s.lower[max(0, found.first - 1) : found.last]):
        at = int(found.valid[5:7])
        if {"next", "following"} & set(words):
            year = told.year + (at <= told.month)
        else:
            # A history may step back ("had been retaken in June"): the nearest such month.
            year = min(
                (told.year - 1, told.year, told.year + 1), key=lambda y: abs((y - told.year) * 12 + at - told.month)
            )
        if year > published.year:
            return found
        return replace(found, valid=f"{year}{found.valid[4:]}", next=None)
    return found


AFTER_DAY: Final = frozenset(
    "on in at and but by with without after before when for from over under to they we he it the".split()
)
MONTHS: Final = frozenset(
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec".split()
)


def _at(s: Sentence, i: int, number: int, published: date, anchor: date, words: DateWords) -> DateMention | None:
    low = s.lower
    word = low[i]
    for phrase, meaning in words.phrases.get(word, ()):
        if low[i : i + len(phrase)] == phrase:
            return _phrase(meaning, number, i, i + len(phrase), published, anchor)
    if word in words.days:
        last = i + 1
        return DateMention(number, i, last, (published - timedelta(words.days[word])).isoformat(), "event", True)
    if word in words.weekdays and s.words[i][:1].isupper():
        return _weekday(s, i, number, published, words)
    if "-" in word and word.split("-", 1)[0] in ("mid", "early", "late") and word.split("-", 1)[1] in words.months:
        return _resolved(number, i, i + 1, published, _year(s, i + 1), words.months[word.split("-", 1)[1]], 0)
    month = _month(s, i, words)
    if month:
        return _from_month(s, i, number, published, month, words)
    if word[0].isdigit():
        return _numeric(s, i, number, published, words)
    if word in ORDINALS and i + 2 < len(s) and low[i + 1] == "of" and _month(s, i + 2, words):
        found = _from_month(s, i + 2, number, published, _month(s, i + 2, words), words)
        return _day_of(found, ORDINALS[word], number, i, published)
    if (
        word in ("the",)
        and i + 1 < len(s)
        and low[i + 1][:1].isdigit()
        and low[i + 1].endswith(("th", "st", "nd", "rd"))
    ):
        day = int("".join(c for c in low[i + 1] if c.isdigit()) or 0)
        follows = low[i + 2] if i + 2 < len(s) else "."
        if 1 <= day <= 31 and (not follows[0].isalnum() or follows in AFTER_DAY):
            return _past_day(number, i, i + 2, day, published)
    if (
        word in NUMBERS
        and i + 2 < len(s)
        and low[i + 2] in ("ago", "earlier", "before", "later", "after", "afterwards", "previously")
    ):
        if low[i + 2] != "ago" and low[i + 1] in ("day", "days", "week", "weeks", "month", "months", "fortnight"):
            return _from_anchor(low, number, i, anchor, NUMBERS[word])
        return _ago(low, number, i, published, NUMBERS[word]) if low[i + 2] in ("ago", "earlier", "before") else None
    if (
        word in ("the", "that", "next", "following")
        and i + 1 < len(s)
        and (_month(s, i + 1, words) or (low[i + 1] in ("next", "following", "same") and _month(s, i + 2, words)))
    ):
        at = i + 1 if _month(s, i + 1, words) else i + 2
        after = low[at + 1] if at + 1 < len(s) else "."
        if word != "the" or at > i + 1 or not after[0].isalnum():
            found = _from_month(s, at, number, published, _month(s, at, words), words)
            return replace(found, first=i) if found is not None else None
    if (
        word == "the"
        and i + 1 < len(s)
        and (low[i + 1] in ORDINALS or low[i + 1].split("-")[0] in ("twenty", "thirty"))
        and (i + 2 >= len(s) or not low[i + 2][0].isalnum() or low[i + 2] in ("and", "but", "of", "or"))
    ):
        day = _ordinal(low[i + 1])
        if i + 3 < len(s) and low[i + 2] == "of" and _month(s, i + 3, words):
            found = _from_month(s, i + 3, number, published, _month(s, i + 3, words), words)
            return _day_of(found, day, number, i, published)
        if (
            i
            and low[i - 1] in ("on", "since", "of", "by", "until", "and", "to", "till")
            and not (i + 2 < len(s) and low[i + 2] == "of")
        ):
            return _past_day(number, i, i + 2, day, published)
    if word in ("last", "past") and i + 1 < len(s) and low[i + 1] == "week":
        return DateMention(number, i, i + 2, (published - timedelta(7)).isoformat()[:7], "event", True)
    if word == "last" and i + 1 < len(s) and low[i + 1] == "month":
        return DateMention(number, i, i + 2, _month_back(published, 1), "event", True)
    return None


def _phrase(meaning: str, number: int, first: int, last: int, published: date, anchor: date) -> DateMention:
    valid: str | None
    role = "event"
    if meaning == "today":
        valid = published.isoformat()
    elif meaning == "month":
        valid = published.isoformat()[:7]
    elif meaning == "weekend":
        back = (published.weekday() - 5) % 7
        valid = (published - timedelta(back)).isoformat()
    elif meaning == "last_weekend":
        back = (published.weekday() - 5) % 7
        valid = (published - timedelta(back if back > 1 else back + 7)).isoformat()
    elif meaning == "same":
        valid = anchor.isoformat()
    elif meaning == "before":
        valid = (anchor - timedelta(1)).isoformat()
    elif meaning == "after":
        valid = (anchor + timedelta(1)).isoformat()
    else:
        valid, role = None, "deadline" if meaning == "vague_future" else "event"
    return DateMention(number, first, last, valid, role, True)


def _weekday(s: Sentence, i: int, number: int, published: date, words: DateWords) -> DateMention | None:
    low = s.lower
    back = (published.weekday() - words.weekdays[low[i]]) % 7
    first, last = i, i + 1
    if last < len(s) and s.words[last] in ("Times", "Telegraph", "Mirror", "Express", "Post", "Mail"):
        return None
    if i and low[i - 1] == "last":
        first = i - 1
        back = back or 7
    elif i and low[i - 1] == "next":
        ahead = (7 - back) or 7
        day = (published + timedelta(ahead)).isoformat()
        return DateMention(number, i - 1, last, day, "deadline", True, day)
    while last < len(s) and low[last] in PARTS:
        last += 1
    # "Saturday, 10 September"
    at = last + 1 if last < len(s) and low[last] == "," else last
    if at + 1 < len(s) and low[at][0].isdigit() and _month(s, at + 1, words):
        found = _numeric(s, at, number, published, words)
        if found is not None and found.valid is not None:
            return replace(found, first=first)
    if at < len(s) and _month(s, at, words) and at + 1 < len(s) and low[at + 1][0].isdigit():
        found = _from_month(s, at, number, published, _month(s, at, words), words)
        if found is not None:
            return replace(found, first=first)
    ahead = 7 - back if back else 0
    return DateMention(
        number,
        first,
        last,
        (published - timedelta(back)).isoformat(),
        "event",
        True,
        (published + timedelta(ahead or 7)).isoformat(),
    )


def _month(s: Sentence, i: int, words: DateWords) -> int:
    if i >= len(s) or not s.words[i][:1].isupper():
        return 0
    month = words.months.get(s.lower[i], 0)
    if not month:
        return 0
    if s.lower[i] in ("may", "march", "mar", "sun", "sat", "dec") and i == 0:
        # "May 25 was", "March on", "May the": only with a number beside it
        following = s.lower[1] if len(s) > 1 else ""
        return month if following[:1].isdigit() else 0
    if (
        i + 1 < len(s)
        and s.words[i + 1][:1].isupper()
        and s.lower[i + 1] not in words.weekdays
        and s.lower[i] in ("may", "april", "june", "august")
    ):
        return 0  # a first name
    return month


def _year(s: Sentence, i: int) -> int:
    if i < len(s) and len(s.words[i]) == 4 and s.words[i].isdigit() and EARLIEST <= int(s.words[i]) <= 2100:
        return int(s.words[i])
    return 0


def _from_month(s: Sentence, i: int, number: int, published: date, month: int, words: DateWords) -> DateMention | None:
    """A date that begins at a month's name: "March", "April 1", "August 2020", "early May"."""
    low = s.lower
    first, last = i, i + 1
    if last < len(s) and low[last] == "." and i + 2 < len(s) and low[i + 2][:1].isdigit():
        last += 1
    day = 0
    digits = "".join(c for c in low[last] if c.isdigit()) if last < len(s) else ""
    if (
        digits
        and len(digits) <= 2
        and 1 <= int(digits) <= 31
        and (low[last].isdigit() or low[last].endswith(("th", "st", "nd", "rd")))
    ):
        following = low[last + 1] if last + 1 < len(s) else ""
        if following not in ("percent", "per", "km", "kilometres", "people"):
            day = int(digits)
            last += 1
    at = last + 1 if last < len(s) and low[last] == "," else last
    year = _year(s, at)
    if year:
        last = at + 1
    elif last + 1 < len(s) and low[last] == "of" and _year(s, last + 1):
        year = _year(s, last + 1)
        last += 2
    back = i - 1
    earlier = False
    while back >= 0 and low[back] in ("early", "mid", "late", "last", "this", "that", "mid-", "previous"):
        earlier |= low[back] == "last"
        first = back
        back -= 1
    return _resolved(number, first, last, published, year, month, day, earlier)


def _resolved(
    number: int, first: int, last: int, published: date, year: int, month: int, day: int, earlier: bool = False
) -> DateMention | None:
    given = bool(year)
    if not year:
        year = (
            published.year
            if (month, day or 1) <= (published.month, published.day if day else 31)
            else published.year - 1
        )
        if earlier and not day and year == published.year and month == published.month:
            year -= 1
    try:
        valid = date(year, month, day).isoformat() if day else f"{year}-{month:02d}"
    except ValueError:
        return None
    ahead = None
    if not given and valid < published.isoformat()[: len(valid)]:
        try:
            ahead = date(year + 1, month, day).isoformat() if day else f"{year + 1}-{month:02d}"
        except ValueError:
            ahead = None
    return DateMention(number, first, last, valid, "event", not given, ahead)


def _ordinal(word: str) -> int:
    """The number of "sixth", "twenty-eighth"; 0 for other words."""
    tens, _, ones = word.rpartition("-")
    return {"": 0, "twenty": 20, "thirty": 30}.get(tens, 0) + ORDINALS.get(ones, 10 if ones == "thirtieth" else 0)


def _from_anchor(low: tuple[str, ...], number: int, i: int, anchor: date, count: int) -> DateMention:
    """ "two days later", "five days earlier": counted from the day told before."""
    sign = -1 if low[i + 2] in ("earlier", "before", "previously") else 1
    unit = low[i + 1]
    if unit.startswith("month"):
        valid = _month_back(anchor, -sign * count)
    elif unit.startswith(("week", "fortnight")):
        valid = (anchor + timedelta(sign * count * (7 if unit.startswith("week") else 14))).isoformat()[:7]
    else:
        valid = (anchor + timedelta(sign * count)).isoformat()
    return DateMention(number, i, i + 3, valid, "event", False)


def _day_of(found: DateMention | None, day: int, number: int, first: int, published: date) -> DateMention | None:
    if found is None or found.valid is None:
        return None
    year, month = int(found.valid[:4]), int(found.valid[5:7])
    return _resolved(number, first, found.last, published, 0 if found.relative else year, month, day)


def _numeric(s: Sentence, i: int, number: int, published: date, words: DateWords) -> DateMention | None:
    word = s.lower[i]
    if ":" in word and i == 0:
        return DateMention(number, i, i + 1, published.isoformat(), "publication", False)  # a live page's clock
    parts = word.replace("/", "-").replace(".", "-").split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return _digits(number, i, parts)
    if len(word) == 4 and word.isdigit() and i + 4 < len(s) and s.words[i + 1] == "-" and s.words[i + 3] == "-":
        return _digits(number, i, [word, s.words[i + 2], s.words[i + 4]], 5)
    if word.endswith("s") and word[:-1].isdigit():
        return DateMention(number, i, i + 1, None, "age", False)
    digits = "".join(c for c in word if c.isdigit())
    if len(digits) <= 2 and digits and (word.isdigit() or word[len(digits) :] in ("st", "nd", "rd", "th")):
        at = i + 2 if i + 1 < len(s) and s.lower[i + 1] == "of" else i + 1
        # "3 to 4 May", "3-4 May"
        if (
            at + 2 < len(s)
            and s.lower[at] in ("to", "and", "-", "–")
            and s.lower[at + 1].isdigit()
            and _month(s, at + 2, words)
        ):
            at += 2
        month = _month(s, at, words)
        if month and 1 <= int(digits) <= 31:
            found = _from_month(s, at, number, published, month, words)
            if found is not None and found.valid is not None and len(found.valid) == 7:
                year = _year(s, at + 1) or (_year(s, at + 2) if at + 1 < len(s) and s.lower[at + 1] == "," else 0)
                return _resolved(number, i, found.last, published, year, month, int(digits))
    if word.isdigit() and i + 2 < len(s) and s.lower[i + 2] == "ago":
        return _ago(s.lower, number, i, published, int(word))
    if (
        _year(s, i)
        and i
        and s.lower[i - 1]
        in (
            "in",
            "since",
            "from",
            "of",
            "by",
            "until",
            "early",
            "late",
            "spring",
            "summer",
            "autumn",
            "winter",
            "during",
        )
    ):
        return DateMention(number, i, i + 1, None, "event", False)
    return None


def _digits(number: int, i: int, parts: Sequence[str], width: int = 1) -> DateMention | None:
    try:
        if len(parts[0]) == 4:
            found = date(int(parts[0]), int(parts[1]), int(parts[2]))
        elif len(parts[2]) == 4:
            found = date(int(parts[2]), int(parts[1]), int(parts[0]))
        else:
            return None
    except ValueError:
        return None
    return DateMention(number, i, i + width, found.isoformat(), "event", False)


def _past_day(number: int, first: int, last: int, day: int, published: date) -> DateMention | None:
    year, month = published.year, published.month
    if day > published.day:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    try:
        return DateMention(number, first, last, date(year, month, day).isoformat(), "event", True)
    except ValueError:
        return None


def _ago(low: tuple[str, ...], number: int, i: int, published: date, count: int) -> DateMention | None:
    unit = low[i + 1]
    if unit in ("day", "days"):
        return DateMention(number, i, i + 3, (published - timedelta(count)).isoformat(), "event", True)
    if unit in ("week", "weeks"):
        return DateMention(number, i, i + 3, (published - timedelta(7 * count)).isoformat()[:7], "event", True)
    if unit in ("month", "months"):
        return DateMention(number, i, i + 3, _month_back(published, count), "event", True)
    if unit in ("year", "years"):
        return DateMention(
            number, i, i + 3, f"{published.year - count}-{published.month:02d}" if count == 1 else None, "event", True
        )
    return None


def _month_back(published: date, months: int) -> str:
    total = published.year * 12 + published.month - 1 - months
    return f"{total // 12}-{total % 12 + 1:02d}"


def _with_role(s: Sentence, found: DateMention, words: DateWords) -> DateMention:
    """The part a date plays, by the words before it."""
    low = s.lower
    before = low[max(0, found.first - 4) : found.first]
    if found.role != "event":
        return found
    if any(word in words.publication for word in before[-3:]):
        return replace(found, role="publication")
    if "born" in before:
        return replace(found, role="age")
    role = words.roles.get(before[-1], "") if before else ""
    if role:
        return replace(found, role=role)
    # A heading: "Key judgements, 7 September".
    if (
        not any(word.endswith((".", "!")) for word in low[-1:])
        and len(low) <= 8
        and found.last == len(low)
        and found.first > 0
        and low[found.first - 1] == ","
    ):
        return replace(found, role="publication")
    return found
