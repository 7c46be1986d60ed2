"""How fast dispatches are read: start, words a second, and whether memory stays flat."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.reading_texts import texts
from frontcast.observe.reports import Claim, Document, read_document
from frontcast.observe.reports.batch import read_documents

DOCUMENTS: Final = 100_000
PROCESSES: Final = 2
WARM_UP: Final = 20
OTHERS_DOCUMENTS: Final = 500
"""Documents that the other ways to read are timed on."""

MEMORY_AT: Final = (0.1, 0.25, 0.5, 1.0)
"""Shares of the documents after which memory is looked at."""

START: Final = """
from datetime import date
from frontcast.observe.reports import Document, read_document
text = "Ukrainian troops took Lyman on Saturday."
assert read_document(Document(text, date(2022, 10, 2), "", "", "", "", ""))
"""

Reader = Callable[[Document], Sequence[Claim]]


def lines(count: int, processes: int) -> list[str]:
    """What the docs say about speed: `count` made-up documents on all processes, a tenth of them on one."""
    begun = start_up_s()
    told = [f"- Start: {begun:.1f} s from a cold interpreter to the claims of one sentence, model and all."]
    for number, many, rules in ((max(1, count // 10), 1, False), (count, processes, True), (count, processes, False)):
        found = speed(number, many, rules)
        told.append(
            f"- {'Rules alone' if rules else 'Rules and model'}, {many} process{'es' * (many > 1)}:"
            f" {found['words_s']:,.0f} words a second; in a second of one processor {found['words_cpu_s']:,.0f}"
            f" ({found['documents']:,.0f} made-up documents, {found['words']:,.0f} words,"
            f" {found['claims']:,.0f} claims, {found['wall_s']:.0f} s)."
        )
    memory = [f"{value:.0f} MB after {key.rsplit('_', 1)[1]}" for key, value in found.items() if "peak" in key]
    told.append(f"- Memory, most that any of these processes has held: {', '.join(memory)} documents.")
    return told


def others_lines(others: Mapping[str, Reader]) -> list[str]:
    """The same of other ways to read, timed on a few documents."""
    return [f"- {name}: {words_s(reader):,.0f} words in a second of one processor." for name, reader in others.items()]


def start_up_s(times: int = 3) -> float:
    """Seconds from a cold interpreter to the claims of one sentence, the fastest of some."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", START], check=True)
        best = min(best, time.perf_counter() - start)
    return best


def words_of(document: Document) -> int:
    return len(document.text.split())


def made_up(count: int) -> Iterator[Document]:
    for text, published in texts(count):
        yield Document(text, published, "made up", "", "", "", "")


def speed(count: int, processes: int, rules: bool) -> dict[str, float]:
    """Words a second over `count` made-up documents, as `frontcast read` reads them, and memory on the way."""
    numbers: dict[str, float] = {}
    marks = {round(share * count) for share in MEMORY_AT}
    for document in made_up(WARM_UP):  # what is loaded once is loaded
        read_document(document, rules=rules)
    words = claims = 0
    cpu, start = _cpu_s(), time.perf_counter()
    for number, (document, found, warning) in enumerate(read_documents(made_up(count), processes, rules=rules), 1):
        if warning:
            raise SystemExit(f"document {number} could not be read: {warning}")
        words, claims = words + words_of(document), claims + len(found)
        if number in marks:
            numbers[f"peak_mb_after_{number}"] = max(map(_peak_mb, [os.getpid(), *_children()]))
    wall_s, cpu_s = time.perf_counter() - start, _cpu_s() - cpu
    numbers |= {"documents": count, "words": words, "claims": claims, "wall_s": wall_s}
    return numbers | {"words_s": words / wall_s, "words_cpu_s": words / cpu_s}


def _children() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def _cpu_s() -> float:
    """Processor seconds of this process and of those it has seen end."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _peak_mb(process: int) -> float:
    """Most memory a process has held, MB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    held = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(held[0]) * 1024 / 1e6 if held else 0.0


def words_s(reader: Reader, count: int = OTHERS_DOCUMENTS) -> float:
    """Words that one way to read takes in a second of one processor."""
    documents = list(made_up(count))
    reader(documents[0])
    start = time.process_time()
    for document in documents:
        reader(document)
    return sum(map(words_of, documents)) / (time.process_time() - start)
