"""`frontcast engagements`: how the engagement kernel does on any file of battles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from frontcast.campaign.engagement import OUTCOMES, load_kernel, read_battles
from frontcast.errors import FrontcastError

app = typer.Typer(no_args_is_help=True, help="Battles of the past: what the engagement kernel says of them.")

LEVELS = (0.5, 0.8, 0.9)
SHOWN = 10
"""Lines of each kind that are printed; `--json` has all."""

WORDS = {
    "log_loss_attacker": "ln share lost by the attacker",
    "log_loss_defender": "ln share lost by the defender",
    "log_exchange": "ln losses exchanged",
    "log_advance": "signed ln(1 + km/day)",
}


@app.callback()
def _engagements() -> None:
    pass


@app.command()
def score(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of CDB90-patched.csv.", metavar="FILE.csv")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Score the kernel on a file of battles, beside the constants it must beat.

    Columns may come in any order; only STRA, STRD and ATPBYR1 are needed, and what is not there counts as unknown. Scores on
    battles that the kernel was fitted on flatter it: those on wars left out are in docs/engagements.md.
    """
    battles = read_battles(file)
    if not len(battles):
        raise FrontcastError(f"{file} has no battle with both strengths and a year: nothing can be predicted.")
    kernel = load_kernel()
    found = kernel.predict(battles)
    win = battles.outcomes["win"]
    rows = ~np.isnan(win)
    record: dict[str, Any] = {
        "battles": len(battles),
        "left_out": battles.left_out,
        "noted": battles.noted,
        "win": {"n": int(rows.sum())},
    }
    if rows.any():
        rate = kernel.constants["win"]
        record["win"] |= {
            "accuracy": float(((found.p_win[rows] > 0.5) == win[rows]).mean()),
            "brier": float(((found.p_win[rows] - win[rows]) ** 2).mean()),
            "constant_accuracy": float((win[rows] == float(rate > 0.5)).mean()),
            "constant_brier": float(((rate - win[rows]) ** 2).mean()),
        }
    for name in OUTCOMES:
        happened = battles.outcomes[name]
        known = ~np.isnan(happened)
        record[name] = {"n": int(known.sum())}
        if not known.any():
            continue
        constant = kernel.constants[name]
        record[name] |= {
            "rmse": float(np.sqrt(((found.mean[name] - happened)[known] ** 2).mean())),
            "constant_rmse": float(np.sqrt(((constant - happened)[known] ** 2).mean())),
            "log_score": float(found.log_score(name, happened)[known].mean()),
            "coverage": {},
        }
        for level in LEVELS:
            low, high = found.interval(name, level)
            inside = (happened >= low) & (happened <= high)
            record[name]["coverage"][f"{level:.0%}"] = float(inside[known].mean())
    if as_json:
        typer.echo(json.dumps(record, indent=1))
        return
    _print(record)


def _print(record: dict[str, Any]) -> None:
    table = Table(title=f"{record['battles']} battles", title_justify="left", header_style="bold")
    for heading in ("", "n", "kernel", "constant", "inside 50 / 80 / 90 %"):
        table.add_column(heading, justify="left" if not heading else "right")
    win = record["win"]
    if win["n"]:
        for name in ("accuracy", "brier"):
            table.add_row(
                f"attacker wins: {name}", str(win["n"]), f"{win[name]:.3f}", f"{win[f'constant_{name}']:.3f}", ""
            )
    for name, words in WORDS.items():
        entry = record[name]
        if entry["n"]:
            inside = " / ".join(f"{100 * share:.0f} %" for share in entry["coverage"].values())
            table.add_row(
                f"{words}: RMSE", str(entry["n"]), f"{entry['rmse']:.2f}", f"{entry['constant_rmse']:.2f}", inside
            )
    console = Console()
    console.print(table)
    for heading, lines in (("Left out", record["left_out"]), ("Noted", record["noted"])):
        for line in lines[:SHOWN]:
            console.print(f"{heading}: {line}.", style="dim")
        if len(lines) > SHOWN:
            console.print(f"And {len(lines) - SHOWN} more.", style="dim")
    console.print("Draws are not counted for who wins. Battles the kernel was fitted on flatter it.", style="dim")
