"""`frontcast read`: dated text in, claims out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from frontcast.errors import FrontcastError, InputError
from frontcast.observe.reports.batch import Reading, read_documents, read_over_dask
from frontcast.observe.reports.claim import Claim
from frontcast.observe.reports.document import Document
from frontcast.observe.reports.load import load
from frontcast.observe.types import ReadWarning

AROUND: Final = 60
"""Characters of text shown on either side of a quote."""

STYLES: Final = {
    "stated": "bold",
    "claimed": "default",
    "unconfirmed": "yellow",
    "denied": "red",
    "predicted": "cyan",
}


def read(
    paths: Annotated[
        list[str],
        typer.Argument(help="Files or folders of txt, md, html, rss, atom, pdf or jsonl; - for standard input."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a claim, instead of tables.")] = False,
    store: Annotated[
        Path | None, typer.Option(help="Keep the claims in this store; made anew where there is none.")
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="Day of publication, YYYY-MM-DD, of documents that do not tell theirs.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes to use.  [default: one a processor]")] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Spread the documents over the Dask cluster of this scheduler."),
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="Read by the rules alone, without the model: faster, and misses more.")
    ] = False,
) -> None:
    """Read dispatches: who says what happened where and when, and how sure they are.

    Nothing from a document is executed or fetched. A document that cannot be read is told of and passed over;
    where none can be read, the exit status is 1.
    """
    told = _Told(Console(stderr=True))
    documents = told.documents(paths, _day(published))
    found = read_over_dask(documents, dask, rules=rules) if dask else read_documents(documents, processes, rules=rules)
    readings = told.readings(found)
    if store is not None:
        _keep(readings, store, told)
        return
    console = Console()
    for document, claims in readings:
        if as_json:
            for claim in claims:
                sys.stdout.write(json.dumps(record(document, claim), ensure_ascii=False) + "\n")
        else:
            show(document, claims, console)
    told.end()


def record(document: Document, claim: Claim) -> dict[str, Any]:
    """A claim with the document it is from, as plain JSON values."""
    return {
        "file": document.file,
        "source": document.source,
        "published": document.published.isoformat(),
        "title": document.title,
        "url": document.url,
        **claim.to_record(),
    }


def show(document: Document, claims: Sequence[Claim], console: Console) -> None:
    """Prints a document's claims as a table, with the quoted words highlighted in what stands around them."""
    heading = Text(f"\n{document.title or document.file}", style="bold")
    heading.append(f"  {document.source}, published {document.published}", style="dim")
    console.print(heading, soft_wrap=True)
    if not claims:
        console.print(Text("No claims.", style="dim"))
        return
    table = Table(show_lines=False, pad_edge=False, box=None, header_style="bold dim")
    table.add_column("when", no_wrap=True)
    table.add_column("how sure", no_wrap=True)
    table.add_column("who says", max_width=24, overflow="fold")
    table.add_column("what", max_width=40, overflow="fold")
    table.add_column("in these words", overflow="fold", ratio=1)
    table.add_column("read by", no_wrap=True)
    before = None
    for claim in claims:
        again = before is not None and (before.start, before.end) == (claim.start, claim.end)
        before = claim
        table.add_row(
            claim.valid or "-",
            Text(claim.certainty, style=STYLES[claim.certainty]),
            Text(claim.attributed_to or "the document"),
            Text(told_as(claim)),
            Text("″", style="dim") if again else _quoted(document.text, claim),
            Text(read_by(claim), style="dim"),
        )
    console.print(table)


def told_as(claim: Claim) -> str:
    """A claim in a few words: "Izium: held by Ukraine", "loss, Russia: 40 tanks at Izium"."""
    place = claim.place or "no place named"
    if claim.kind == "control":
        if claim.certainty == "denied":
            held = f"not by {claim.side}" if claim.holder is None else f"{claim.holder} still there"
        elif claim.holder is None:
            held = f"left by {claim.side}"
        else:
            held = "contested" if claim.holder == "contested" else f"held by {claim.holder}"
        amount = "" if claim.quantity is None else f" ({claim.quantity.value:g} {claim.quantity.unit})"
        return f"{place}{amount}: {held}"
    parts = [claim.kind, claim.side, claim.unit]
    text = ", ".join(part for part in parts if part)
    if claim.quantity is not None:
        text += f", {claim.quantity.value:,.10g} {claim.quantity.unit}"
    if claim.target:
        text += f", on {claim.target}"
    if claim.origin:
        text += f", from {claim.origin}"
    return f"{text}; {claim.place}" if claim.place else text


def read_by(claim: Claim) -> str:
    """Who found a claim: "rules", "model 0.83", "both 0.97", with the probability that the model gives it."""
    return claim.found_by if claim.probability is None else f"{claim.found_by} {claim.probability:.2f}"


def _quoted(text: str, claim: Claim) -> Text:
    """The quote in bold in what stands around it. Shown as plain text: nothing in a document is markup here."""
    first, last = max(0, claim.start - AROUND), min(len(text), claim.end + AROUND)
    before, after = text[first : claim.start], text[claim.end : last]
    before = before.rpartition("\n")[2]
    after = after.partition("\n")[0]
    if first and before and len(before) == claim.start - first:
        before = "…" + before.partition(" ")[2]
    if last < len(text) and len(after) == last - claim.end:
        after = after.rpartition(" ")[0] + "…"
    shown = Text(_plain(before), style="dim")
    shown.append(_plain(claim.quote), style="not dim bold underline")
    shown.append(_plain(after), style="dim")
    return shown


def _plain(text: str) -> str:
    """Text without characters that would command a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "--published", "", f"{text!r} is no day", "Write it as YYYY-MM-DD, such as 2022-09-11"
        ) from None


class _Told:
    """What has been read, and what could not be."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.read = 0
        self.failed: list[str] = []

    def documents(self, paths: Iterable[str], published: date | None) -> Iterator[Document]:
        for path in paths:
            try:
                for found in load(path if path == "-" else Path(path), published=published):
                    if isinstance(found, ReadWarning):
                        self.warn(found)
                    else:
                        yield found
            except InputError as error:
                if len(list(paths)) == 1:
                    raise
                self.failed.append(str(error))
                self.console.out(f"passed over: {_plain(str(error))}", highlight=False)

    def readings(self, readings: Iterable[Reading]) -> Iterator[tuple[Document, list[Claim]]]:
        for document, claims, warning in readings:
            if warning is not None:
                self.warn(warning)
                continue
            self.read += 1
            yield document, claims

    def warn(self, warning: ReadWarning) -> None:
        where = ", ".join(filter(None, (warning.file, warning.place)))
        self.console.out(f"warning: {_plain(where)}: {_plain(warning.problem)}", highlight=False)

    def end(self) -> None:
        if not self.read:
            raise FrontcastError("none of the documents could be read: see above.")


def _keep(readings: Iterable[tuple[Document, list[Claim]]], path: Path, told: _Told) -> None:
    from frontcast.store import Store

    with Store.open(path) as target:
        done = target.append_reports(readings)
    told.end()
    again = f", {done.reread:,} read again by newer rules" if done.reread else ""
    typer.echo(
        f"{path}: kept {done.claims:,} claims from {done.reports:,} reports{again}; "
        f"{done.known:,} reports were known already"
    )
