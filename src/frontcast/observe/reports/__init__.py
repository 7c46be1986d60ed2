"""Reading dispatches: dated text in, sourced claims out.

    document (`formats/`, `load`) → sentences (`tokens`) → names (`places`, `dates`, `units`, `quantities`)
    → clauses (`syntax`, `setting`) → events (`control`, `events`) → claims (`speech`, `certainty`, `reader`)
    → what was found, word by word (`evidence`, `sheets`) → a model (`encoder`, `heads`) → claims of both (`weighing`)

What the words of a language mean is data, in `language/<code>/`, one file a concern.
"""

from __future__ import annotations

from frontcast.observe.reports.claim import CERTAINTIES, CONTESTED, KINDS, Claim, Quantity
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.reader import READER_VERSION, ReportReader
from frontcast.observe.reports.reading import read_document

__all__ = [
    "CERTAINTIES",
    "CONTESTED",
    "KINDS",
    "READER_VERSION",
    "Claim",
    "Document",
    "Quantity",
    "ReportReader",
    "read_document",
]
