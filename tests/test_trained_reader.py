"""The trained reader beside the rules: that it loads or says why not, reads the same twice, and tells who found what."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from frontcast.errors import InputError
from frontcast.observe.reports import Claim, Document, ReportReader, read_document
from frontcast.observe.reports.batch import read_documents
from frontcast.observe.reports.encoder import ENCODER, TABLES, VOCABULARY, Encoder, encoder
from frontcast.observe.reports.evidence import FIRST_HOLDER, GONE, SIDES, SILENT, Evidence
from frontcast.observe.reports.heads import FIRST_SIDE, NONE
from frontcast.observe.reports.pieces import Pieces
from frontcast.observe.reports.reading import TrainedReader
from frontcast.observe.reports.sheets import BEFORE, WINDOW, sheet
from frontcast.observe.reports.weighing import settled

TEXT = (
    "Ukrainian troops took Izium on Saturday. Kupiansk had gone the same way a day before, said the governor of Kharkiv"
    " region, and of the Russian garrison in Lyman nobody had heard since noon. If the town falls, the road is open.\n\n"
    "Shells fell on Siversk, 20 km to the east. We hold Bakhmut, the brigade wrote."
)


def document(text: str = TEXT, published: date = date(2022, 9, 11)) -> Document:
    return Document(text, published, "a wire", "", "", "note.txt", "")


def found(text: str = TEXT) -> Evidence:
    _, evidence = ReportReader().evidence(document(text))
    assert evidence is not None
    return evidence


# ---- words as pieces


def test_the_longest_piece_comes_first_and_accents_fall_away() -> None:
    pieces = Pieces(["[UNK]", "[CLS]", "iz", "##ium", "##i", "##um", "-", "held", "s"])
    assert pieces.of("Izium") == (2, 3)
    assert pieces.of("Ízium-held") == (2, 3, 6, 7)
    assert pieces.of("Ж") == (0,)
    assert pieces.of("x" * 1000) == (0,)


# ---- what the rules hand over


def test_evidence_tells_sides_places_and_what_the_rules_read() -> None:
    evidence = found()
    at = evidence.words.index("Izium")
    assert evidence.sides[:2] == ("Ukraine", "Russia")
    assert evidence.side[0] == 1  # Ukrainian
    assert evidence.side[evidence.words.index("Russian")] == 2
    assert evidence.read[at] == FIRST_HOLDER
    assert evidence.read[evidence.words.index("Siversk")] == SILENT
    assert {one.kind for one in evidence.candidates} >= {"name", "stands", "clause"}
    assert all(one.first < one.last <= len(evidence.words) for one in evidence.candidates)


def test_a_place_that_was_left_is_read_as_held_by_nobody() -> None:
    evidence = found("Russian troops left Balakliia on Thursday.")
    assert evidence.read[evidence.words.index("Balakliia")] == GONE


def test_a_war_that_nobody_lists_has_the_parties_its_text_names() -> None:
    evidence = found("Moroccan troops entered Bir Lehlou on Monday. Polisario fighters still held Tifariti.")
    assert set(evidence.sides) >= {"Morocco", "Polisario"}
    assert len(evidence.sides) <= SIDES
    unknown = found("On Friday Ninja fighters took Kinkala. The Cocoye militia fled. The Ninja fighters marched on.")
    assert "Ninja" in unknown.sides


def test_every_word_is_read_in_one_window_that_fits() -> None:
    page = sheet(found(" ".join([TEXT] * 30)), encoder().pieces)
    assert np.array_equal(np.concatenate([window.words for window in page.windows]), np.arange(len(page.sentence)))
    assert len(page.windows) > 3
    for window in page.windows:
        assert len(window.pieces) == len(window.channels) <= WINDOW
        assert (window.at >= 1).all()
        assert (window.at < len(window.pieces)).all()
    assert all(window.at[0] <= 1 + BEFORE for window in page.windows)


def test_one_sentence_without_an_end_is_still_read() -> None:
    assert isinstance(read_document(document("Izium " + "and then " * 3000)), list)
    assert isinstance(read_document(document("Ж" * 5000)), list)
    assert read_document(document("?")) == []


# ---- claims


def test_each_claim_tells_who_found_it_and_how_probable_the_model_holds_it() -> None:
    claims = read_document(document())
    assert claims
    for claim in claims:
        assert claim.found_by in ("rules", "model", "both")
        assert claim.found_by == "rules" or claim.probability is not None
        assert 0.0 <= (claim.probability or 0.0) <= 1.0
        assert TEXT[claim.start : claim.end] == claim.quote
    izium = [claim for claim in claims if claim.kind == "control" and claim.place == "Izium"]
    assert [(claim.holder, claim.found_by) for claim in izium] == [("Ukraine", "both")]


def test_the_rules_alone_give_no_probability() -> None:
    claims = read_document(document(), rules=True)
    assert claims
    assert {(claim.found_by, claim.probability) for claim in claims} == {("rules", None)}


def test_the_same_text_gives_the_same_claims_alone_and_among_others() -> None:
    one = read_document(document())
    assert read_document(document()) == one
    others = [document(f"Report {k}: Russian troops took Lyman. " * k) for k in range(1, 6)]
    among = {d.text: claims for d, claims, _ in read_documents([*others, document(), *others], 1)}
    assert among[TEXT] == one
    assert (
        list(one)
        == [claim for d, claims, _ in read_documents([document()] * 40, 2) if d for claim in claims][: len(one)]
    )


def test_a_second_model_of_the_same_files_reads_the_same() -> None:
    with as_file(files("frontcast.observe.reports") / "language" / "en") as folder:
        again = TrainedReader(ReportReader(), Encoder(folder))
    assert again.read(document()) == read_document(document())


def test_probabilities_of_a_candidate_add_up() -> None:
    trained = encoder()
    page = sheet(found(), trained.pieces)
    vectors, told = trained.heads.candidates(page, trained.vectors(page))
    assert vectors.shape[0] == told.shape[0] == len(page.candidates)
    assert np.allclose(told.sum(axis=1), 1.0, atol=1e-5)
    izium = next(k for k, one in enumerate(page.candidates) if page.evidence.words[one.first] == "Izium")
    siversk = next(k for k, one in enumerate(page.candidates) if page.evidence.words[one.first] == "Siversk")
    assert told[izium].argmax() == FIRST_SIDE
    assert told[siversk].argmax() == NONE


# ---- what cannot be loaded


@pytest.mark.parametrize("name", [ENCODER, TABLES, VOCABULARY])
@pytest.mark.parametrize("what", ["gone", "cut", "other"])
def test_a_model_that_cannot_be_loaded_says_so(tmp_path: Path, name: str, what: str) -> None:
    with as_file(files("frontcast.observe.reports") / "language" / "en") as folder:
        for one in (ENCODER, TABLES, VOCABULARY):
            shutil.copy(folder / one, tmp_path / one)
    path = tmp_path / name
    if what == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000] if what == "cut" and name != VOCABULARY else b"\xff\x00 no model")
    with pytest.raises(InputError) as raised:
        Encoder(tmp_path)
    assert raised.value.file == str(path)
    assert "--rules" in raised.value.remedy


def test_nothing_is_read_twice_at_one_place() -> None:
    claims = [claim for claim in read_document(document()) if claim.kind == "control"]
    seen = [(c.place, c.holder, c.attributed_to, c.certainty, c.valid) for c in claims]
    assert len(seen) == len(set(seen))


# ---- what rules and model read together


def told(holder: str | None, words: str = "took Izium", **other: object) -> Claim:
    start = TEXT.index(words)
    said: dict[str, object] = {"valid": "2022-09-10", "attributed_to": None, "certainty": "stated", "found_by": "rules"}
    return Claim(
        kind="control",
        side=holder,
        place="Izium",
        lat=49.2,
        lon=37.3,
        holder=holder,
        unit=None,
        quantity=None,
        quote=words,
        start=start,
        end=start + len(words),
        **(said | {"probability": 0.2} | other),  # type: ignore[arg-type]
    )


def test_the_model_does_not_add_a_second_holder_at_the_same_words_on_the_same_day() -> None:
    ruled, added = told("Ukraine"), told("Russia", found_by="model", probability=0.5)
    assert settled([ruled, added]) == [ruled]
    surer = replace(added, probability=0.9)
    assert settled([ruled, surer]) == [surer]


@pytest.mark.parametrize(
    "other",
    [
        {"valid": "2022-04-01"},
        {"attributed_to": "the governor"},
        {"certainty": "denied"},
        {"words": "If the town falls"},
    ],
    ids=str,
)
def test_another_day_speaker_denial_or_clause_contradicts_nothing(other: dict[str, str]) -> None:
    ruled, added = told("Ukraine"), told("Russia", **{"found_by": "model", "probability": 0.5} | other)
    assert settled([ruled, added]) == [ruled, added]


def test_what_the_model_hardly_believes_is_not_said_again() -> None:
    ruled = told("Ukraine")
    again = told("Ukraine", "If the town falls", found_by="model", probability=0.4, certainty="claimed")
    assert settled([again, ruled]) == [ruled]
    assert settled([again, replace(ruled, valid="2022-04-01")]) == [again, replace(ruled, valid="2022-04-01")]
    surer = replace(again, probability=0.6)
    assert settled([surer, ruled]) == [surer, ruled]
