"""Any number of made-up dispatches to measure speed with: sentences in many shapes about four wars, all invented."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

WARS: Final = (
    (
        ("Ukrainian", "Russian"),
        "Izium Lyman Bakhmut Kupiansk Svatove Robotyne Avdiivka Vuhledar Kreminna Siversk Orikhiv Tokmak Pisky Soledar"
        " Balakliia Hirske Zolote Verbove Urozhaine Staromaiorske Klishchiivka Andriivka Opytne Velyka-Novosilka",
        ("the General Staff", "Moscow", "the governor", "a brigade spokesman", "residents", "a military blogger"),
    ),
    (
        ("rebel", "Syrian government"),
        "Saraqib Khan-Sheikhoun Maaret-al-Numan Douma Palmyra Raqqa Morek Harasta Zabadani Daraa Khasham Tabqa",
        ("state media", "an opposition commander", "the Observatory", "activists", "an aid worker"),
    ),
    (
        ("Azerbaijani", "Armenian"),
        "Hadrut Jabrayil Fuzuli Shusha Zangilan Gubadli Martakert Martuni Lachin Talish Madagiz",
        ("Baku", "Yerevan", "the defence ministry", "a photographer", "President Aliyev"),
    ),
    (
        ("Sudanese army", "RSF"),
        "Khartoum Omdurman Nyala Zalingei Geneina Babanusa Singa Merowe Obeid Kutum Sennar",
        ("the army", "the RSF", "a doctors' group", "witnesses", "a resistance committee"),
    ),
)
"""Two sides, places they fight over (a hyphen stands for a space), and who talks."""

SENTENCES: Final = (
    "{side} troops took {place} on {day}, {who} said.",
    "{who} said on {day} that {side} forces had pulled out of {place} and {place2}.",
    "The village of {place}, {n} km {way} of {place2}, was captured in {month} and retaken on {day}.",
    "{who} denied that {other} units had entered {place}.",
    "Fighting went on in the northern streets of {place} overnight, while {place2} stayed under {side} control.",
    "At least {n} {other} soldiers were killed and {n2} vehicles destroyed near {place} in the past week.",
    "If {place} falls, the road to {place2} would lie open, an officer of the {unit} said.",
    "Rockets struck an ammunition depot in {place} late on {day}; the fire burned until morning.",
    "The {unit} was moved from {place2} to {place} after {n} days without relief.",
    "Unconfirmed reports say that the {other} commander of the sector has been dismissed.",
    "{side} artillery shelled {place}, {place2} and {place3} {n} times between dawn and noon.",
    "Nothing has changed {way} of {place}, where both sides have been digging in since {month}.",
    "{who} claimed {n} prisoners and {n2} tanks, figures that could not be checked.",
    "Food and shells reach {place} only at night, along a single track, according to {who}.",
    "{who} expects the {other} command to give up {place} before winter.",
    "People queued for water in the market square; the school has had no glass since {month}.",
    "Of {n2}00 men called up in the district fewer than {n}00 came.",
    "“We hold {place},” {who} told reporters, “and we shall hold it.”",
    "{place} is not surrounded, {who} insisted, though the {other} flag has been seen on its water tower.",
    "An attack towards {place2} was beaten off with the loss of {n} men, {who} reported.",
)

DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS: Final = "January February March April May June July August September October November December"
WAYS: Final = ("north", "south", "east", "west", "north-east", "south-west")
UNITS: Final = ("brigade", "regiment", "battalion", "rifle division", "assault company")
FIRST, DAYS_OF_TEXTS = date(2022, 3, 1), 1000


def texts(count: int, seed: int = 0) -> Iterator[tuple[str, date]]:
    """`count` dispatches of 4 to 9 sentences, with their dates; the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        sides, places, speakers = chance.choice(WARS)
        names = places.split()
        paragraphs: list[str] = []
        for _ in range(chance.randint(2, 3)):
            chosen = chance.sample(SENTENCES, chance.randint(2, 3))
            paragraphs.append(" ".join(_sentence(pattern, chance, sides, names, speakers) for pattern in chosen))
        yield "\n\n".join(paragraphs), FIRST + timedelta(days=chance.randrange(DAYS_OF_TEXTS))


def _sentence(
    pattern: str, chance: random.Random, sides: tuple[str, ...], places: list[str], speakers: tuple[str, ...]
) -> str:
    side, other = chance.sample(sides, 2)
    place, place2, place3 = (name.replace("-", " ") for name in chance.sample(places, 3))
    number = chance.randint(2, 128)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    written = pattern.format(
        side=side,
        other=other,
        place=place,
        place2=place2,
        place3=place3,
        day=chance.choice(DAYS.split()),
        month=chance.choice(MONTHS.split()),
        way=chance.choice(WAYS),
        who=chance.choice(speakers),
        n=chance.randint(2, 40),
        n2=chance.randint(2, 90),
        unit=f"{number}{ending} {chance.choice(UNITS)}",
    )
    return written[0].upper() + written[1:]
