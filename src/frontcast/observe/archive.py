"""The one safe way to the bytes of map files: a file, a folder, or a tar archive that is never unpacked.

Everything a hostile or broken archive can do is met here, once: names that climb out of the folder, links
and devices, members and archives far too large, truncation, files that vanish between listing and reading.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Final

import numpy as np
import zstandard

from frontcast.errors import InputError
from frontcast.observe.types import Provenance, ReadWarning

ARCHIVES: Final = (".tar", ".tar.zst")
MAPS: Final = (".json", ".geojson")
WINDOW_BYTES: Final = 2**27
"""Largest zstd window accepted: archives packed with `zstd --long=27`."""
HEADER_BYTES: Final = 2**20
"""What the headers of one tar member may take; a longer one is an attack on memory, not a file name."""
EARLIEST: Final = np.datetime64("1900-01-01T00:00:00", "s")


@dataclass(frozen=True)
class Limits:
    """How much is read before a path is refused. The largest map so far has 2.3 MB, an archive 810 MB."""

    file_bytes: int = 256 * 2**20
    files: int = 20_000
    total_bytes: int = 8 * 2**30


LIMITS: Final = Limits()


@dataclass(frozen=True)
class Entry:
    """One file of a path: its name with folders, how messages call it, its size in bytes."""

    name: str
    label: str
    size: int

    @property
    def base(self) -> str:
        """The name without folders: the same whether the file lies in a folder or in an archive."""
        return PurePosixPath(self.name).name


@dataclass(frozen=True)
class DatedFile:
    """A map file: how messages call it, the time its name gives (UTC, seconds), its bytes, its provenance."""

    label: str
    time: np.datetime64
    data: bytes
    provenance: Provenance


def is_archive(path: Path) -> bool:
    """Whether the path is read as a tar archive, by its name."""
    return path.name.lower().endswith(ARCHIVES)


def entries(path: Path, limits: Limits = LIMITS, first: int | None = None) -> list[Entry]:
    """Files of the path in the order of their names, or only the `first` few met; hidden ones left out.

    Raises:
        InputError: where the path is missing, too large or too full, or an archive is unsafe or damaged.
    """
    found: Iterator[Entry]
    if is_archive(path):
        found = (entry for entry, _ in _walk_archive(path, limits, lambda entry: False))
    elif path.is_dir():
        found = _walk_folder(path, limits)
    elif path.is_file():
        with _plain_errors(str(path)):
            found = iter([_within(Entry(path.name, str(path), path.stat().st_size), limits)])
    else:
        problem = "is neither a file nor a folder" if path.exists() else "there is nothing here"
        raise InputError(str(path), "", problem, "Give a map file, a folder of them, or a .tar or .tar.zst archive.")
    visible = (entry for entry in found if not entry.base.startswith("."))
    return sorted(islice(visible, first), key=lambda entry: (entry.base, entry.name))


def contents(path: Path, wanted: Callable[[Entry], bool], limits: Limits = LIMITS) -> Iterator[tuple[Entry, bytes]]:
    """The wanted files of a path with their bytes, in the order of their names.

    Members of an archive that lie out of that order wait in memory, compressed, for their turn.

    Raises:
        InputError: as `entries`, and where a file vanishes or changes while the path is being read.
    """
    turn = deque(entry for entry in entries(path, limits) if wanted(entry))
    if not is_archive(path):
        for entry in turn:
            yield entry, _read(path / entry.name if path.is_dir() else path, limits)
        return
    names, waiting = {entry.name for entry in turn}, dict[str, bytes]()
    pack, unpack = zstandard.ZstdCompressor(level=1), zstandard.ZstdDecompressor()
    for entry, data in _walk_archive(path, limits, lambda entry: entry.name in names):
        if entry.name in names:
            if entry != turn[0]:
                waiting[entry.name] = pack.compress(data)
                continue
            yield turn.popleft(), data
            while turn and turn[0].name in waiting:
                held = turn.popleft()
                yield held, unpack.decompress(waiting.pop(held.name))
    if turn:
        raise _changed(f"{path}: {turn[0].name}")


def dated_files(
    path: Path, source: str, pattern: re.Pattern[str], time_of: Callable[[str], np.datetime64], remedy: str
) -> Iterator[DatedFile | ReadWarning]:
    """Map files whose names carry their time, in time order; a warning for each file that is none.

    Args:
        path: file, folder or archive.
        source: name of the source, for the provenance.
        pattern: full match of a file's name, with one group: the text of its time.
        time_of: that text as UTC time; ValueError where it is no time.
        remedy: how the names should read.

    Raises:
        InputError: as `contents`, and where a name gives no time, or a time more than a day ahead of now. All
            names are checked before the first file is read.
    """
    times: dict[str, np.datetime64] = {}
    for entry in entries(path):
        match = pattern.fullmatch(entry.base)
        if match is None and not entry.base.lower().endswith(MAPS):
            yield ReadWarning(entry.label, "", "is no map of this source: left out")
            continue
        try:
            time = time_of(match[1]) if match else None
        except (ValueError, OverflowError):
            time = None
        if time is None or time < EARLIEST:
            raise InputError(entry.label, "its name", f"{entry.base!r} gives no readable date", remedy)
        refuse_future(time, entry.label, "its name")
        times[entry.name] = time
    if not times:
        raise InputError(str(path), "", "it holds no map file", remedy)
    for entry, data in contents(path, lambda entry: entry.name in times):
        provenance = Provenance(source, entry.base, hashlib.sha256(data).hexdigest())
        yield DatedFile(entry.label, times[entry.name], data, provenance)


def end_of_day(date: str) -> np.datetime64:
    """Last second of the UTC day `YYYY-MM-DD`; ValueError where that is no date."""
    return np.datetime64(datetime.strptime(date, "%Y-%m-%d").strftime("%Y-%m-%dT23:59:59"), "s")


def refuse_future(time: np.datetime64, file: str, place: str) -> None:
    """Raise InputError where the time is over a day ahead: a daily map is dated at the end of its day."""
    if time > np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s") + np.timedelta64(1, "D"):
        raise InputError(file, place, f"it is dated {time} UTC, in the future", "Check the date and the clock.")


def names_match(path: Path, pattern: re.Pattern[str], first: int = 20) -> bool:
    """Whether one of the first few files of the path is named so. Raises InputError as `entries` does."""
    return any(pattern.fullmatch(entry.base) for entry in entries(path, first=first))


def _shown(name: str) -> str:
    """A name as messages may show it: no control characters, nothing that is not text."""
    return repr(name)[1:-1]


def _within(entry: Entry, limits: Limits) -> Entry:
    if entry.size > limits.file_bytes:
        problem = f"it has {entry.size / 2**20:,.0f} MB; no map is larger than {limits.file_bytes / 2**20:,.0f} MB"
        raise InputError(entry.label, "", problem, "Give map files, not a database or a dump.")
    return entry


class _Budget:
    """Counts files and bytes of one path against the limits."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits, self.files, self.total = path, limits, 0, 0

    def add(self, entry: Entry) -> Entry:
        self.files, self.total = self.files + 1, self.total + entry.size
        if self.files > self.limits.files:
            raise InputError(str(self.path), "", f"it holds more than {self.limits.files:,} files", "Read it in parts.")
        if self.total > self.limits.total_bytes:
            problem = f"it holds more than {self.limits.total_bytes / 2**30:,.1f} GB"
            raise InputError(str(self.path), "", problem, "Read it in parts.")
        return _within(entry, self.limits)


def _walk_folder(path: Path, limits: Limits) -> Iterator[Entry]:
    budget = _Budget(path, limits)
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            with _plain_errors(str(file)):
                if file.is_file():  # neither a pipe nor a device, which would block
                    yield budget.add(Entry(file.relative_to(path).as_posix(), _shown(str(file)), file.stat().st_size))


class _Counted:
    """A stream that gives out only as many bytes as were granted, and remembers the last block."""

    def __init__(self, raw: IO[bytes] | zstandard.ZstdDecompressionReader, label: str) -> None:
        self._raw, self._label, self._left, self.tail = raw, label, 0, b""

    def grant(self, size: int) -> None:
        self._left = size + HEADER_BYTES

    def read(self, size: int) -> bytes:
        data = self._raw.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise InputError(self._label, "", "a header of the archive is absurdly long", "Do not trust this archive.")
        self.tail = (self.tail + data)[-tarfile.BLOCKSIZE :]
        return data


def _walk_archive(path: Path, limits: Limits, wanted: Callable[[Entry], bool]) -> Iterator[tuple[Entry, bytes]]:
    """Regular files of a tar archive as they come, with the bytes of those wanted (b"" for the others)."""
    budget, seen = _Budget(path, limits), set[str]()
    with _plain_errors(str(path)), path.open("rb") as file:
        raw: IO[bytes] | zstandard.ZstdDecompressionReader = file
        if path.name.lower().endswith(".zst"):
            decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
            raw = decompressor.stream_reader(file, read_across_frames=True)
        stream = _Counted(raw, str(path))
        stream.grant(0)
        with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                label = f"{path}: {_shown(member.name)}"
                _refuse_unsafe(member, label)
                stream.grant(0)
                if member.isdir():
                    continue
                if member.name in seen:
                    raise InputError(label, "", "the archive holds this member twice", "Keep one of the two.")
                seen.add(member.name)
                entry = budget.add(Entry(member.name, label, member.size))
                stream.grant(member.size)
                if wanted(entry):
                    extracted = archive.extractfile(member)
                    data = extracted.read() if extracted else b""
                    stream.grant(0)
                    yield entry, data
                else:
                    yield entry, b""
            stream.grant(0)
            rest = archive.fileobj.read(HEADER_BYTES // 2)  # tarfile takes a damaged header for the end
        if rest.strip(b"\0") or stream.tail != bytes(tarfile.BLOCKSIZE):  # a whole archive ends in empty blocks
            raise tarfile.ReadError("it does not end as an archive does")


def _refuse_unsafe(member: tarfile.TarInfo, label: str) -> None:
    parts = {*PurePosixPath(member.name).parts, *PureWindowsPath(member.name).parts}
    if ".." in parts or PurePosixPath(member.name).is_absolute() or PureWindowsPath(member.name).anchor:
        raise InputError(label, "", "the member's name leads out of the archive's folder", "Do not trust this archive.")
    if not (member.isdir() or member.isreg()) or member.issparse():
        raise InputError(
            label, "", "the member is a link, a device or sparse, not a plain file", "Pack plain files only."
        )


def _read(path: Path, limits: Limits) -> bytes:
    with _plain_errors(str(path)), path.open("rb") as file:
        data = file.read(limits.file_bytes + 1)
    _within(Entry(path.name, str(path), len(data)), limits)  # it may have grown since it was listed
    return data


def _changed(label: str) -> InputError:
    return InputError(label, "", "the file vanished while the path was being read", "Read the path when it is at rest.")


@contextmanager
def _plain_errors(label: str) -> Iterator[None]:
    """What the system or a codec says of a file, as an error that names it."""
    try:
        yield
    except FileNotFoundError as error:
        raise _changed(label) from error
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise InputError(label, "", f"the archive is truncated or damaged ({error})", "Fetch it again.") from error
    except OSError as error:
        raise InputError(label, "", f"it cannot be read ({error.strerror or error})", "Check the file.") from error
