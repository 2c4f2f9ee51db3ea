"""A scratch folder that looks like a run's: its files by hard link, what lies around it by symbolic link."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MADE_BY_RUNS = ("cache", "results")
NOT_MIRRORED = (".snakemake", "logs", "benchmarks")
LEVELS_UP = 4


def mirror_run(folder: Path, scratch: Path, leave_out: Path) -> Path:
    """Make `scratch` and in it a folder in which the run of `folder` looks finished; gives that folder.

    What runs made is linked file by file, so that a job can replace an output and the run keeps its own; times
    stay as they are. Everything else of the folder, and the folders up to four levels above it (a sample sheet may
    lie at ../data), is reached through symbolic links.

    Parameters
    ----------
    folder : of the run, absolute. scratch : must not exist; on the same file system, files cost no space.
    leave_out : a folder below `folder` that is not mirrored, such as the one that holds `scratch`.
    """
    inner = scratch
    ancestors = list(folder.parents)[:LEVELS_UP]
    for level, ancestor in reversed(list(enumerate(ancestors))):
        inner.mkdir(parents=True)
        child = folder if level == 0 else ancestors[level - 1]
        _link_entries(ancestor, inner, {child.name})
        inner = inner / child.name
    inner.mkdir(parents=True)
    _link_entries(folder, inner, {*MADE_BY_RUNS, *NOT_MIRRORED})
    for name in MADE_BY_RUNS:
        if (folder / name).is_dir():
            shutil.copytree(
                folder / name,
                inner / name,
                symlinks=True,
                copy_function=_link_or_copy,
                ignore=lambda parent, names: {n for n in names if Path(parent, n) == leave_out},
            )
    return inner


def _link_entries(source: Path, target: Path, but: set[str]) -> None:
    for entry in os.scandir(source):
        if entry.name not in but:
            (target / entry.name).symlink_to(entry.path)


def _link_or_copy(source: str, target: str) -> str:
    """A hard link; a copy with the same times where the file system has none."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def restore(folder: Path, inner: Path, path: str) -> None:
    """Put the run's own file or folder `path` back where a job has written anew."""
    made = inner / path
    if made.is_dir() and not made.is_symlink():
        shutil.rmtree(made)
        shutil.copytree(folder / path, made, symlinks=True, copy_function=_link_or_copy)
    else:
        made.unlink(missing_ok=True)
        _link_or_copy(str(folder / path), str(made))
