"""Prints the OpenAPI document: python -m frontcast.serve.openapi > docs/openapi.json."""

from __future__ import annotations

import json

from frontcast.serve.app import api


def document() -> str:
    """The document as JSON text, the same for the same version."""
    return json.dumps(api().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
