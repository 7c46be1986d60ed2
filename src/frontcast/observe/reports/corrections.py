"""Reports taken back or rejected: "It had not", "the statement was untrue", "called that premature"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.control import Event
from frontcast.observe.reports.setting import Setting
from frontcast.observe.reports.speech import Speaker, Speakers, Speech, speech_at
from frontcast.observe.reports.syntax import Predicate


@dataclass(frozen=True, slots=True)
class Rejection:
    """A claim that an earlier one is wrong; `withdrawn` is that one if its own author takes it back."""

    claim: Claim
    withdrawn: Claim | None


def rejection(
    setting: Setting, spoken: list[Speech], who: Speakers, trail: Sequence[tuple[Claim, Event]], fresh: bool
) -> Rejection | None:
    """What a sentence rejects, if it rejects a claim made before it.

    Args:
        setting: the sentence.
        spoken: whose words its parts are.
        who: the document's speakers.
        trail: the claims so far with their events, this sentence's included.
        fresh: whether this sentence made claims of its own.
    """
    found = setting.found
    for predicate in found.predicates:
        verdict = _verdict(setting, predicate, who)
        if verdict is None:
            continue
        first, speaker_item = verdict
        target = next(
            (
                (claim, event)
                for claim, event in reversed(trail)
                if claim.certainty not in ("denied", "predicted") and _about(setting, predicate, claim)
            ),
            None,
        )
        if target is None:
            return None
        claim, event = target
        if fresh and predicate.lemma in ("be", "have", "do") and not _statement(setting, predicate):
            return None
        speaker: Speaker | None = None
        if speaker_item >= 0:
            speaker = who.of_phrase(found, speaker_item)
        else:
            speech = speech_at(spoken, predicate.first)
            speaker = speech.speaker if speech is not None else None
        sentence = found.sentence
        start, end = sentence.starts[first], sentence.ends[min(len(sentence), predicate.last + 3) - 1]
        own = (
            (speaker.name if speaker else None) == claim.attributed_to
            or (
                speaker is not None
                and speaker.side is not None
                and setting.actors.named((claim.attributed_to or "").casefold().split()) == speaker.side
            )
            or (speaker is None and claim.attributed_to is None)
        )
        return Rejection(
            replace(
                claim,
                holder=event.stays,
                certainty="denied",
                attributed_to=speaker.name if speaker else None,
                quote=sentence.text[start:end],
                start=start,
                end=end,
                note="rejects an earlier report",
            ),
            claim if own else None,
        )
    return None


def _statement(setting: Setting, predicate: Predicate) -> int | None:
    for item in [predicate.subject, *predicate.objects]:
        if item >= 0 and set(setting.found.words(item)) & setting.found.sets["statements"]:
            return item
    return None


def _about(setting: Setting, predicate: Predicate, claim: Claim) -> bool:
    """Whether a rejection may be of this claim: by its author, if the rejection names one."""
    item = _statement(setting, predicate)
    items = setting.found.items
    if item is not None and item + 1 < len(items) and items[item + 1].word in ("of", "about", "on"):
        return False  # "his claim of a shortage of shells" is another claim
    if item is None or claim.attributed_to is None:
        return True
    words = setting.found.words(item)
    if "'s" not in words:
        return True
    owner = words[: words.index("'s")]
    return owner[-1] in claim.attributed_to.casefold() or owner[0] in ("his", "her", "its", "their")


def _verdict(setting: Setting, predicate: Predicate, who: Speakers) -> tuple[int, int] | None:
    """(first word, item of the speaker or -1) if a predicate rejects what was said before."""
    found = setting.found
    low = found.sentence.lower
    tail = low[predicate.last : predicate.last + 4]
    subject = found.words(predicate.subject) if predicate.subject >= 0 else ()
    about = bool(set(subject) & setting.found.sets["statements"]) or (
        len(subject) == 1 and subject[0] in setting.found.sets["it"]
    )
    first = found.items[predicate.subject].first if predicate.subject >= 0 else predicate.first
    if predicate.lemma == "be" and about and subject:
        if set(tail) & setting.found.sets["false"] and not predicate.negated:
            return first, -1
        if predicate.negated and set(tail[:2]) & {"true", "so", "correct", "accurate", "case"}:
            return first, -1
    # "It had not."
    if (
        (
            predicate.lemma in ("have", "do", "be")
            and predicate.negated
            and subject
            and subject[0] in ("it", "they", "he")
            and len(subject) == 1
        )
        and not predicate.objects
        and not predicate.adjuncts
        and (len(low) <= predicate.last + 1 or not low[predicate.last][0].isalnum())
        and predicate.first <= 2
    ):
        return first, -1
    if (
        predicate.lemma in setting.found.sets["calling"]
        and not predicate.negated
        and not predicate.passive
        and predicate.subject >= 0
    ):
        objects = [found.words(item) for item in predicate.objects]
        vague = any(
            (words[0] in setting.found.sets["it"] and len(words) <= 2)
            or (
                set(words) & setting.found.sets["statements"]
                and "that" not in low[predicate.last + 1 : predicate.last + 5]
            )
            for words in objects
        )
        strong = predicate.lemma in ("deny", "reject", "retract", "refute", "contradict", "dismiss", "dispute")
        if vague and (strong or set(low[predicate.last : predicate.last + 8]) & setting.found.sets["false"]):
            return first, predicate.subject
    del who
    return None
