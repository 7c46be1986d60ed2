"""Reading as it ships: the rules, and beside them a model that was trained on labelled dispatches.

The rules read first. What they found (sides, speakers, places, dates, and their own claims) goes with the words into a small
encoder; its decisions say which claims are told, and each says who found it. With the rules alone it goes faster.
"""

from __future__ import annotations

from functools import lru_cache

from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.encoder import Encoder, encoder
from frontcast.observe.reports.reader import ReportReader
from frontcast.observe.reports.sheets import sheet
from frontcast.observe.reports.weighing import reading, weighed


class TrainedReader:
    """Reads documents in one language by rules and model. Loading takes a moment; reading keeps nothing between documents.

    Args:
        rules: read first.
        trained: weighs what they found; left out, the model that ships for English.

    Raises:
        InputError: where the model cannot be loaded.
    """

    def __init__(self, rules: ReportReader | None = None, trained: Encoder | None = None) -> None:
        self.rules = rules or ReportReader()
        self.trained = trained or encoder()

    def read(self, document: Document) -> list[Claim]:
        """The claims of a document, in the order of their words."""
        claims, found = self.rules.evidence(document)
        if found is None or not found.candidates:
            return claims
        page = sheet(found, self.trained.pieces)
        heads = self.trained.heads
        made = reading(heads, page, self.trained.vectors(page))
        return weighed(heads, made, claims, document.published, self.trained.thresholds)


@lru_cache(maxsize=1)
def _rules() -> ReportReader:
    return ReportReader()


@lru_cache(maxsize=1)
def _trained() -> TrainedReader:
    return TrainedReader(_rules())


def read_document(document: Document, *, rules: bool = False) -> list[Claim]:
    """The claims of an English document, in the order of their words.

    Args:
        document: dated text.
        rules: read by the rules alone, without the model.

    Raises:
        InputError: where the model is wanted and cannot be loaded.
    """
    return _rules().read(document) if rules else _trained().read(document)
