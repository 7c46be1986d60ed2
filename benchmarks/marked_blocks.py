"""Tables in hand-written pages, between the markers `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations

import re
from pathlib import Path


def put(file: Path, found: dict[str, str]) -> None:
    """Renew what stands between markers in a file; markers of runs that are not there keep what they hold."""
    text = file.read_text("utf-8")
    for name, block in found.items():
        pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
        text = pattern.sub(lambda mark, block=block: f"{mark[1]}{block}\n{mark[2]}", text)
    file.write_text(text, "utf-8")
