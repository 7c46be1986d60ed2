"""Whose words a whole document is: a side's bulletin, a soldier's memoir, a blogger's post; or nobody's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from frontcast.observe.reports.lexicon import Lexicon
from frontcast.observe.reports.tokens import Sentence
from frontcast.observe.reports.wars import War, match

LEAST: Final = 3.0
"""Marks a document must bear to be a side's own words."""
SHARE: Final = 0.15
"""Marks in each sentence: a newspaper may quote such words; a bulletin is made of them."""


def voice_of(sentences: Sequence[Sentence], war: War, lexicon: Lexicon) -> str | None:
    """The side whose own words a document is, told by how it speaks of itself and of the other; None if it is nobody's.

    Args:
        sentences: the document.
        war: that it is about.
        lexicon: of its language.
    """
    outside: Counter[str] = Counter()
    phrases: Counter[str] = Counter()
    acts = press = 0
    quoted = False
    doing = lexicon.words["own_acts"]
    for sentence in sentences:
        own = -9
        for i, (word, text) in enumerate(zip(sentence.lower, sentence.words, strict=True)):
            if text in ("“", "«") or (text == '"' and not quoted):
                quoted = True
            elif text in ("”", "»", '"'):
                quoted = False
            elif not quoted:
                outside[word] += 1
                if word == "we" or (
                    word in ("our", "my")
                    and sentence.lower[i + 1 : i + 2]
                    and sentence.lower[i + 1] in lexicon.words["own_men"]
                ):
                    own = i
                    acts += word != "we"
                if word in ("our", "we") and set(sentence.lower[i + 1 : i + 4]) & lexicon.words["press"]:
                    press += 1
                form = lexicon.verbs.get(word)
                if 0 < i - own <= 4 and form is not None and form.lemma in doing and sentence.lower[own] == "we":
                    acts += 1
                    own = -9
        line = f" {' '.join(sentence.lower)} "
        for side in war.sides:
            for phrase in side.voice:
                if f" {' '.join(phrase)} " in line:
                    phrases[side.name] += 1
        quoted = quoted and not sentence.words[-1].endswith((".", "!", "?"))
    ours = outside["our"] + outside["ours"] + outside["lads"] + outside["comrades"] + 0.5 * outside["we"]
    enemy = outside["enemy"] + outside["enemy's"]
    if enemy:
        ours += 0.5 * (outside["i"] + outside["me"] + outside["my"])
    marks = ours + enemy + 2 * sum(phrases.values()) + acts
    if press > acts and not enemy:
        return None
    if marks < LEAST or marks < SHARE * len(sentences):
        return None
    if phrases and (ours >= 1 or enemy or acts):
        return phrases.most_common(1)[0][0]
    if acts < 2 and (not ours or not enemy or ours + enemy < 2) and enemy < 2:
        return None
    return _by_spelling(sentences, war) or _by_opponent(sentences, war)


def _by_spelling(sentences: Sequence[Sentence], war: War) -> str | None:
    """The side that spells names of places as the document does."""
    count: Counter[str] = Counter()
    for side in war.sides:
        if not side.spellings:
            return None
        pattern = re.compile(rf"^[A-Z]\w*(?:{'|'.join(side.spellings)})$")
        count[side.name] = len({word for s in sentences for word in s.words if pattern.match(word)})
    (first, most), (_, less) = count.most_common(2)
    return first if most >= 3 and most >= 2 * less else None


def _by_opponent(sentences: Sequence[Sentence], war: War) -> str | None:
    """The side whose soldiers are spoken of warmly: named beside "our", or not named beside "enemy"."""
    score: Counter[str] = Counter()
    for sentence in sentences:
        low = sentence.lower
        for side in war.sides:
            for i in range(len(low)):
                if match(side.phrases, low, i):
                    near = low[max(0, i - 3) : i + 4]
                    if "our" in near:
                        score[side.name] += 2
                    elif "enemy" in near or "enemy's" in near:
                        score[war.other(side.name) or ""] += 1
                    else:
                        # A bulletin names the enemy by nation more often than itself.
                        score[war.other(side.name) or ""] += 0.25  # type: ignore[assignment]
    if war.attacker is not None:
        # Who is always attacked defends; who tells of his own advance attacks.
        for sentence in sentences:
            low = sentence.lower
            for i, word in enumerate(low):
                near = low[i + 1 : i + 5]
                if word == "enemy" and any(
                    form.startswith(
                        (
                            "attack",
                            "shell",
                            "storm",
                            "tried",
                            "launch",
                            "fire",
                            "advanc",
                            "struck",
                            "strik",
                            "unsuccess",
                            "bomb",
                            "assault",
                        )
                    )
                    for form in near
                ):
                    score[war.other(war.attacker) or ""] += 1
                elif word in ("defenders", "defender") and i and low[i - 1] == "our":
                    score[war.other(war.attacker) or ""] += 2
    if score:
        return score.most_common(1)[0][0]
    # Nobody is named, as among friends: who tells of gains attacks, who tells of losses is attacked.
    words = Counter(word for sentence in sentences for word in sentence.lower)
    gains, losses = (
        words["ours"],
        sum(words[word] for word in ("lost", "left", "bombs", "shelled", "relatives", "evacuation")),
    )
    if not war.sides or war.attacker is None:
        return None
    return war.other(war.attacker) if losses > gains else war.attacker
