"""Labels of the user's files: a label changes if and only if the content does, and large files are seldom read for it.

A *stamp* is what the file system says of a file without reading it: size, time of modification, time of the last
change of its entry (of a folder: of all its files, with their names). A *digest* is the SHA-256 of the bytes. A *label*
is a short text that stands for a content in a rule's parameter `contents`.

- A file never seen gets its label from its stamp: planning reads no image.
- The job that reads it writes a record: label, stamp and digest of exactly what it read.
- Later, an equal stamp means the recorded label. Another stamp with the same sizes means one reading: an equal
  digest keeps the label, and the new stamp is remembered. Another digest, or other sizes, make a new label.

Times are compared for equality alone, so a clock that jumps does no harm. A file that was changed in the last two
seconds could change again within one tick of the file system's clock: its stamp is not trusted, and it is read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from scripts.errors import InputError
from scripts.tables import write_text

TICK_S = 2.0  # the coarsest clock of a file system in use (FAT)
FAR_AHEAD_S = 60.0
DIGESTED = "sha256:"
ANNOUNCED_BYTES = 1 << 30
MANY_FILES = 64
THREADS = 16


@dataclass(frozen=True)
class Stamp:
    """What tells that a file was written, without reading it; folders count as the list of their files."""

    sizes: str
    times: str
    newest_s: float
    total_bytes: int

    def __str__(self) -> str:
        return f"{self.sizes} {self.times}"

    @property
    def settled(self) -> bool:
        """Whether a later writing must show in the stamp; times far ahead come from a clock since put right."""
        return not -FAR_AHEAD_S < time.time() - self.newest_s < TICK_S


@dataclass(frozen=True)
class Record:
    """A content that was read: `stamp` is '' where it may not be trusted, `digest` '' where it could not be read."""

    label: str
    stamp: str
    digest: str

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.label, self.stamp, self.digest)):
            raise TypeError(f"expected three texts, found {self!r}")


class FileChanged(InputError):
    """A file of the user changed while the run was reading; no fault of a patient."""

    def __init__(self, where: str, expected: str, found: str, remedy: str = "") -> None:
        remedy = remedy or "It changed while the run was reading: let it rest and run the same command again."
        super().__init__(where, expected, found, remedy)


def stamp_of(path: str | os.PathLike[str]) -> Stamp | None:
    """The stamp of a file, or of a folder with everything below it; None where there is nothing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    times = f"{found.st_mtime_ns} {found.st_ctime_ns}"
    if not stat.S_ISDIR(found.st_mode):
        return Stamp(str(found.st_size), times, found.st_ctime, found.st_size)
    try:
        files = sorted(_files_below(path))
    except OSError:
        return Stamp("unreadable", times, found.st_ctime, 0)
    return Stamp(
        sizes=_short("\n".join(f"{name}\0{file.st_size}" for name, file in files)),
        times=_short("\n".join(f"{file.st_mtime_ns} {file.st_ctime_ns}" for _, file in files)),
        newest_s=max([found.st_ctime, *(file.st_ctime for _, file in files)]),
        total_bytes=sum(file.st_size for _, file in files),
    )


def file_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes; of a folder, of the names and bytes of its files in order of name."""
    if os.path.isdir(path):
        parts = (f"{name}\0{file_digest(os.path.join(path, name))}" for name, _ in sorted(_files_below(path)))
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files_below(
    folder: str | os.PathLike[str], above: str = "", seen: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[tuple[str, os.stat_result]]:
    """(name with / as seen from the folder, stat) of each file, links followed, in any order."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found = entry.stat()
            except OSError:  # a link to nothing, or to itself
                continue
            if entry.name == ".snakemake_timestamp":  # what Snakemake puts into a folder that a job made
                continue
            if not entry.is_dir():
                yield above + entry.name, found
            elif (found.st_dev, found.st_ino) not in seen:
                inner = seen | {(found.st_dev, found.st_ino)}
                yield from _files_below(entry.path, f"{above}{entry.name}/", inner)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_records(path: str | os.PathLike[str]) -> dict[str, Record]:
    """Path -> its record, from the file that a batch's check wrote; {} where it is missing or damaged."""
    try:
        with open(path, "rb") as stream:
            return {name: Record(**record) for name, record in json.loads(stream.read()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def records_text(records: Mapping[str, Record]) -> str:
    """The text that `read_records` reads."""
    return json.dumps({path: asdict(record) for path, record in records.items()}, indent=1, sort_keys=True)


class ContentStore:
    """Labels of files at the time of planning, and what was learnt by reading them then.

    The store is a file of JSON lines, one added at a time, the last line of a path counting; whoever deletes it
    pays with one more reading of touched files. Only the main process of a run adds lines; a process on a compute
    node sees them, so that it finds the labels that were planned.
    """

    def __init__(self, path: str | os.PathLike[str], may_write: bool = True) -> None:
        self.path, self.may_write = Path(path), may_write
        self.known = self._read()
        self.bytes_read = 0

    def labels(self, paths: Iterable[str], records: Mapping[str, Record]) -> dict[str, str]:
        """Path -> label of files that a job reads and records; a path with nothing there is left out."""
        return self._of_each(paths, lambda path: self._label(path, records.get(path)))

    def digests(self, paths: Iterable[str]) -> dict[str, str]:
        """Path -> label made from the digest: for small files, which no job records."""
        return self._of_each(paths, self._digest_label)

    def _of_each(self, paths: Iterable[str], function: Callable[[str], str | None]) -> dict[str, str]:
        paths = sorted(set(map(str, paths)))
        if len(paths) > MANY_FILES:
            with ThreadPoolExecutor(THREADS) as pool:
                found = list(pool.map(function, paths))
        else:
            found = list(map(function, paths))
        return {path: label for path, label in zip(paths, found, strict=True) if label is not None}

    def _label(self, path: str, record: Record | None) -> str | None:
        stamp = stamp_of(path)
        if stamp is None:
            return None
        known = self.known.get(path)
        if record is None:
            return known.label if known and known.stamp == str(stamp) and known.label else _short(str(stamp))
        if record.stamp == str(stamp):
            return record.label
        if record.digest and (not record.stamp or record.stamp.split(" ")[0] == stamp.sizes):
            digest = self._digest(path, stamp)
            label = record.label if digest == record.digest else _short(f"{stamp} {digest}")
        else:
            digest, label = "", _short(str(stamp))
        self._remember(path, Record(label, str(stamp) if stamp.settled else "", digest))
        return label

    def _digest_label(self, path: str) -> str | None:
        stamp = stamp_of(path)
        if stamp is None:
            return None
        digest = self._digest(path, stamp)
        label = f"{DIGESTED}{digest}"
        self._remember(path, Record(label, str(stamp) if stamp.settled else "", digest))
        return label

    def _digest(self, path: str, stamp: Stamp) -> str:
        known = self.known.get(path)
        if known and known.digest and known.stamp == str(stamp):
            return known.digest
        told = self.bytes_read > ANNOUNCED_BYTES
        self.bytes_read += stamp.total_bytes
        if not told and self.bytes_read > ANNOUNCED_BYTES:
            print("Reading files that were touched or copied: is their content the same?", file=sys.stderr)
        try:
            return file_digest(path)
        except OSError:  # the job that reads it says what is wrong
            return ""

    def _remember(self, path: str, record: Record) -> None:
        if self.known.get(path) == record:
            return
        self.known[path] = record
        if self.may_write:
            line = json.dumps([path, record.label, record.stamp, record.digest]) + "\n"
            with contextlib.suppress(OSError):  # a folder that cannot be written to costs another reading
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab", buffering=0) as stream:
                    stream.write(line.encode())

    def _read(self) -> dict[str, Record]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError:
            return {}
        known = {}
        for line in lines:
            with contextlib.suppress(ValueError, TypeError):  # half a line of a run that was killed
                path, label, stamp, digest = json.loads(line)
                known[path] = Record(label, stamp, digest)
        if self.may_write and len(lines) > 2 * len(known) + 1000:
            text = "".join(
                json.dumps([path, *asdict(record).values()]) + "\n" for path, record in known.items()
            )
            with contextlib.suppress(OSError):
                write_text(text, self.path)
        return known


@contextlib.contextmanager
def unwritten(
    paths: Iterable[str], records: Mapping[str, Record] = MappingProxyType({})
) -> Iterator[dict[str, Stamp | None]]:
    """While the files at `paths` are read; gives their stamps.

    Raises
    ------
    FileChanged : on leaving, where a file was written meanwhile or is not the recorded one any more. It replaces a
        failure of the reading, for it is the cause.
    """
    before = {path: stamp_of(path) for path in paths}
    try:
        yield before
    finally:
        for path, stamp in before.items():
            _require_recorded(path, stamp, records.get(path))
            if stamp_of(path) != stamp:
                raise FileChanged(path, "a file at rest", "that it was written meanwhile") from None


def _require_recorded(path: str, stamp: Stamp | None, record: Record | None) -> None:
    if record is None or not record.digest or (stamp is not None and str(stamp) == record.stamp):
        return
    try:
        found = file_digest(path)
    except OSError as fault:
        raise FileChanged(
            path, "the file that was there before", fault.strerror or "an input error"
        ) from None
    if found != record.digest:
        raise FileChanged(path, "the content that it had before", "another") from None


def record_of(path: str, label: str, stamp: Stamp | None) -> Record:
    """The record of what lies at `path` with this stamp; its bytes are read."""
    try:
        digest = file_digest(path) if stamp is not None else ""
    except OSError:
        digest = ""
    return Record(label, str(stamp) if stamp is not None and stamp.settled else "", digest)


def require_planned(contents: Mapping[str, str]) -> None:
    """FileChanged where a file whose label is its digest has another content than at the time of planning."""
    for path, label in contents.items():
        if label.startswith(DIGESTED):
            _require_recorded(path, None, Record(label, "", label.removeprefix(DIGESTED)))


def contents_text(labels: Mapping[str, str]) -> str:
    """The value of a rule's parameter `contents`: one text for equal contents."""
    return json.dumps(dict(labels), sort_keys=True)
