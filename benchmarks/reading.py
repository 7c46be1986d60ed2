"""How well and how fast dispatches are read, beside two simple ways to read them. One run.

python -m benchmarks.reading [--dispatches DIR] [--sealed] [--misses N] [--speed] [--documents N] [--page FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import reading_baselines as baselines
from benchmarks import reading_speed
from frontcast.observe.reports import Claim, Document, read_document
from frontcast.verify.marked import read_marked_folder
from frontcast.verify.reading import LEVEL, Fault, Interval, Labels, Tally, intervals, read_labels, score, total

OWN: Final = Path(__file__).parent.parent / "tests" / "dispatches"
"""Labelled dispatches of our own: `gold*.jsonl` in any folder below, each text beside it; `marked*` have labels inside."""

SEALED: Final = "sealed"
"""Part of the path of those that were kept unread while the rules were written."""

KEPT_UNREAD: Final = range(3, 31, 3)
"""Of the thirty dispatches of `--dispatches`, those kept unread until the rules of 0.2.0 had been scored on them once."""

BLIND: Final = Path(__file__).parent.parent / "docs" / "reading-blind.json"
"""Record of the times when labelled texts that no writer of rules had read were scored: each can be done only once."""

TRAINED: Final = Path(__file__).parent.parent / "docs" / "reading-trained.json"
"""What `benchmarks.train_reader` found by cross-validation when it made the model that ships."""

Reader = Callable[[Document], Sequence[Claim]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled documents that are scored together."""

    name: str
    labels: tuple[Labels, ...]
    documents: tuple[Document, ...]
    digest: str

    @property
    def controls(self) -> int:
        return sum(claim.kind == "control" for one in self.labels for claim in one.claims)

    @property
    def claims(self) -> int:
        return sum(len(one.claims) for one in self.labels)


@dataclass(frozen=True, slots=True)
class Row:
    """One way to read, on one corpus."""

    corpus: Corpus
    method: str
    tally: Tally
    intervals: dict[str, Interval]


# ---- corpora


def corpora(dispatches: Path | None, sealed: bool) -> Iterator[Corpus]:
    """The labelled dispatches at hand; those kept unread only where `sealed`."""
    if dispatches is not None:
        gold = dispatches / "gold.jsonl"
        labels = list(read_labels(gold).values())
        unread = [one for one in labels if one.doc.isdigit() and int(one.doc) in KEPT_UNREAD]
        yield _corpus("dispatches, read while writing the rules", gold, [one for one in labels if one not in unread])
        if sealed:
            yield _corpus("dispatches, every third: read last", gold, unread)
    for gold in sorted(OWN.rglob("gold*.jsonl")):
        name = gold.relative_to(OWN).with_suffix("").as_posix()
        if sealed or SEALED not in name:
            yield _corpus(f"own: {name.replace('gold_', '')}", gold, read_labels(gold).values())
    for folder in sorted(OWN.glob("marked*")):
        if sealed or SEALED not in folder.name:
            marked = list(read_marked_folder(folder))
            yield _digested(f"own: {folder.name}", [one.labels for one in marked], [one.document for one in marked])


def _corpus(name: str, gold: Path, labels: Iterable[Labels]) -> Corpus:
    kept = [one for one in labels if _path(gold, one).is_file()]
    documents = [_document(_path(gold, one), one) for one in kept]
    return _digested(name, kept, documents)


def _digested(name: str, labels: Sequence[Labels], documents: Sequence[Document]) -> Corpus:
    digest = hashlib.sha256("".join(document.text for document in documents).encode())
    digest.update("".join(map(repr, labels)).encode())
    return Corpus(name, tuple(labels), tuple(documents), digest.hexdigest()[:12])


def _path(gold: Path, label: Labels) -> Path:
    return gold.parent / (label.file or f"{label.doc}.txt")


def _document(path: Path, label: Labels) -> Document:
    text = path.read_text("utf-8").lstrip().removeprefix(f"date {label.published}").lstrip()
    return Document(text, label.published, label.doc, "", "", path.name, "")


# ---- how well


def by_rules(document: Document) -> list[Claim]:
    return read_document(document, rules=True)


def keywords(document: Document) -> list[Claim]:
    return baselines.read(document, baselines.by_gazetteer)


def other_methods() -> dict[str, Reader | None]:
    """The other ways to read, by name; None where one cannot be run here."""
    model = baselines.spacy_model()
    if model is None:
        return {"keywords and gazetteer": keywords, "spaCy NER and keywords": None}
    place_names = baselines.by_spacy(model)
    named = f"spaCy NER and keywords ({model})"
    return {"keywords and gazetteer": keywords, named: lambda document: baselines.read(document, place_names)}


def scored(corpus: Corpus, method: str, reader: Reader) -> Row:
    read = {label.doc: reader(document) for label, document in zip(corpus.labels, corpus.documents, strict=True)}
    tallies = score(corpus.labels, read)
    return Row(corpus, method, total(tallies), intervals(tallies))


def fault_line(fault: Fault) -> str:
    """What went wrong, on one line."""
    if fault.label and fault.read:
        name = {"date": "valid", "attribution": "attributed_to"}.get(fault.what, fault.what)
        wrong = f"{getattr(fault.read, name)!r}, labelled {getattr(fault.label, name)!r}"
        return f"{fault.what} {fault.doc}: {fault.label.place}: {wrong} | {_one_line(fault.label.quote)}"
    claim = fault.label or fault.read
    assert claim is not None
    told = f"{claim.place}, holder {claim.holder}, side {claim.side}, {claim.certainty}, {claim.valid}"
    return f"{fault.what} {fault.doc}: {told} | {_one_line(claim.quote)}"


def _one_line(words: str) -> str:
    return " ".join(words.split())


# ---- the page


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    name = names[0] if names else platform.processor() or platform.machine()
    load = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{cores} cores of {name}{load}; Python {platform.python_version()}, frontcast {version('frontcast')}"


HEADINGS: Final = ("corpus", "method", "precision", "recall", "F1", "date", "certainty", "attribution", "others F1")


def _with_interval(value: float, interval: Interval | None) -> str:
    return f"{value:.2f}" if interval is None else f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def cells(row: Row) -> list[str]:
    """The row as it is printed, intervals in brackets."""
    control, between = row.tally.control, row.intervals
    values = {
        "precision": control.precision,
        "recall": control.recall,
        "f1": control.f1,
        **{thing: row.tally.share(thing) for thing in ("date", "certainty", "attribution")},
        "other f1": row.tally.others.f1,
    }
    return [row.corpus.name, row.method, *(_with_interval(value, between.get(name)) for name, value in values.items())]


def page(rows: Sequence[Row], used: Sequence[Corpus], absent: str | None, fast: list[str], on: str, asked: str) -> str:
    """The page of the docs, as Markdown."""
    lines = [
        "# How well and how fast dispatches are read",
        "",
        f"Made on {date.today()} by",
        "",
        f"    {asked}",
        "",
        f"on {on}.",
        "When a claim counts as found: `frontcast.verify.reading`. Precision, recall and F1 are of control claims; date,",
        "certainty and attribution are shares of those found; others are all other kinds together, where extra claims count",
        f"only in labelled clauses. In brackets: {LEVEL:.0%} bootstrap over documents.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|{'---|' * len(HEADINGS)}",
        *(f"| {' | '.join(cells(row))} |" for row in rows),
    ]
    if absent:
        lines += ["", absent]
    lines += ["", *trained_lines(TRAINED), "", *blind_lines(BLIND)]
    lines += [
        "",
        "| corpus | documents | control claims | claims | published | digest |",
        "|---|---|---|---|---|---|",
    ]
    for corpus in used:
        days = sorted(one.published for one in corpus.labels)
        numbers = (len(days), corpus.controls, corpus.claims, f"{days[0]} to {days[-1]}", corpus.digest)
        lines.append(f"| {corpus.name} | {' | '.join(map(str, numbers))} |")
    ours = [row for row in rows if row.method == "rules and model"]
    kinds = sorted({kind for row in ours for kind in row.tally.other})
    lines += ["", "Rules and model, kind by kind: F1 (labelled).", "", f"| corpus | {' | '.join(kinds)} |"]
    lines.append(f"|{'---|' * (len(kinds) + 1)}")
    for row in ours:
        counts = [row.tally.other.get(kind) for kind in kinds]
        shown = [f"{c.f1:.2f} ({c.found + c.missed})" if c else "" for c in counts]
        lines.append(f"| {row.corpus.name} | {' | '.join(shown)} |")
    if fast:
        lines += ["", "## Speed", "", *fast]
    return "\n".join(lines) + "\n"


def trained_lines(path: Path) -> list[str]:
    """How well documents are read that neither rules nor model have seen: by parts, each read by a model of the others."""
    record = json.loads(path.read_text("utf-8"))
    names = ("precision", "recall", "f1", "date", "certainty", "attribution", "others f1")
    lines = [
        "## Read by a model that has not seen them",
        "",
        "The model was trained on the marked dispatches, so what it scores on those and on the labelled ones (but for the",
        f"sealed) says little. Here {record['documents']} of the {record['of']} marked dispatches, with {record['claims']}"
        " control claims, were read by a model",
        "trained on the others, at thresholds chosen on one half of them for the other. No rule was written with these",
        "texts at hand.",
        "",
        f"| layers | method | {' | '.join(names)} |",
        f"|{'---|' * (len(names) + 2)}",
    ]
    for entry in record["runs"]:
        shown = [_with_interval(*entry[name]) for name in names]
        lines.append(f"| {entry['layers']} | {entry['method']} | {' | '.join(shown)} |")
    return lines


def blind_lines(path: Path) -> list[str]:
    """The scores of texts while they were unread, as a table; each set has been read since."""
    shown = ("date", "commit", "set", "documents", "precision", "recall", "date_right", "certainty", "attribution")
    headings = [*(name.replace("_", " ") for name in shown), "others F1"]
    lines = [
        "## Scored unread",
        "",
        "What counts is how texts are read that nobody who writes rules has seen. Each set below was scored once before it",
        "was read, with the rules of the commit named, and read afterwards: no figure above but that of `sealed` is "
        "of unseen texts.",
        "",
        f"| {' | '.join(headings)} |",
        f"|{'---|' * len(headings)}",
    ]
    for entry in json.loads(path.read_text("utf-8")):
        values = [entry[name] for name in (*shown, "others_f1")]
        told = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in values]
        lines.append(f"| {' | '.join(told)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dispatches", type=Path, help="folder with gold.jsonl and the texts it labels")
    parser.add_argument("--sealed", action="store_true", help="also those kept unread while the rules were written")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="print the first N faults of each corpus")
    parser.add_argument("--speed", action="store_true", help="also speed, start and memory")
    parser.add_argument(
        "--documents", type=int, default=reading_speed.DOCUMENTS, help="made-up documents to measure speed with"
    )
    parser.add_argument("--processes", type=int, default=reading_speed.PROCESSES)
    parser.add_argument("--page", type=Path, help="write the page of the docs here")
    options = parser.parse_args()

    console = Console()
    used = [corpus for corpus in corpora(options.dispatches, options.sealed) if corpus.labels]
    if not used and not options.speed:
        parser.error(f"no labelled dispatches: {OWN} has none, and --dispatches is not given")
    on = machine()
    # First of all: what the others load would count as memory of the processes.
    fast = reading_speed.lines(options.documents, options.processes) if options.speed else []
    others = other_methods()
    readers: dict[str, Reader | None] = {"rules and model": read_document, "rules alone": by_rules, **others}
    rows = [scored(corpus, name, reader) for corpus in used for name, reader in readers.items() if reader]
    absent = next((f"{name}: not run, no trained model installed." for name in others if not others[name]), None)
    for corpus in used:
        table = Table(*HEADINGS[1:], title=corpus.name)
        for row in rows:
            if row.corpus is corpus:
                table.add_row(*cells(row)[1:])
        console.print(table)
    if absent:
        console.print(absent)
    for row in rows:
        if row.method == "rules and model" and options.misses:
            console.print(f"\n[bold]{row.corpus.name}[/bold]")
            for fault in row.tally.faults[: options.misses]:
                console.print(f"  {fault_line(fault)}", markup=False, highlight=False, soft_wrap=True)
    if options.speed:
        fast += reading_speed.others_lines({name: reader for name, reader in others.items() if reader})
    console.print(*fast, sep="\n", markup=False)
    if options.page:
        asked = shlex.join(["python", "-m", "benchmarks.reading", *_without_paths(sys.argv[1:])])
        written = page(rows, used, absent, fast, on, asked)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=options.page.parent, delete=False) as file:
            file.write(written)
        Path(file.name).replace(options.page)


def _without_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments as they are published: a folder as DIR, whoever ran it."""
    return [
        "DIR" if before == "--dispatches" else one for before, one in zip(["", *arguments], arguments, strict=False)
    ]


if __name__ == "__main__":
    main()
