"""Keeping compiled programs from one run to the next."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import jax


def cache_folder() -> Path:
    """Where compiled programs are kept: `$FRONTCAST_CACHE_DIR`, or `frontcast` in the user's cache folder."""
    own = os.environ.get("FRONTCAST_CACHE_DIR")
    if own:
        return Path(own) / "xla"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "frontcast" / "xla"


@cache
def enable_compilation_cache() -> Path | None:
    """Let JAX keep what it compiles, so that only the first run on a machine waits for it.

    Returns:
        The folder; none where it cannot be written, or where JAX has been given one already.
    """
    if jax.config.values["jax_compilation_cache_dir"]:
        return None
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no such right, no room, no home
        return None
    if not os.access(folder, os.W_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder
