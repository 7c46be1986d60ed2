"""The API fuzzed from its own document with schemathesis: no 500, no answer that the document does not allow.

    python -m benchmarks.service_fuzz [--examples 50] [--keep DIR]

Starts `frontcast serve` on a free port of this machine's loopback with small limits, and sends what the document allows and
what it does not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main() -> None:
    """Start, fuzz, and end as schemathesis does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("more", nargs="*", help="options of frontcast serve, after --")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or Path(scratch)
        words = ["serve", "--port", "0", "--keep", str(keep), "--members", "60", "--days", "30", *given.more]
        process = subprocess.Popen(
            [sys.executable, "-m", "frontcast", *words],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found
            at = f"http://127.0.0.1:{found[1]}/api/v1"
            _wait(f"{at}/health")
            last = _wait(f"{at}/theatre")["last"]
            _wait(f"{at}/forecasts/latest")
            status = _fuzz(at, given.examples, given.seed, last, keep)
            _wait(f"{at}/health")  # it is still up
        finally:
            process.terminate()
            process.wait(30)
    sys.exit(status)


def _fuzz(at: str, examples: int, seed: int, day: str, folder: Path) -> int:
    # what exists: made-up names alone would only meet "there is no such thing"
    config = folder / "schemathesis.toml"
    config.write_text(f'[parameters]\n"path.forecast" = "latest"\n"path.date" = "{day}"\n"path.year" = {day[:4]}\n')
    words = [f"{at}/openapi.json", "--checks", CHECKS, "--max-examples", str(examples), "--seed", str(seed)]
    # an event stream has no end to wait for
    words += ["--exclude-path-regex", "/events$", "--phases", "examples,fuzzing", "--request-timeout", "60"]
    script = Path(sys.executable).with_name("schemathesis")
    return subprocess.run([str(script), "--config-file", str(config), "run", *words], check=False).returncode


def _wait(url: str) -> Any:
    end = time.monotonic() + 300
    while True:
        try:
            with urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except (URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


if __name__ == "__main__":
    main()
