"""List what does not fit among the printed numbers of the studies: `python -m scripts.reported [paper ...]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from scripts.errors import InputError, nearest
from scripts.reported.plausibility import compare_printed
from scripts.reported.printed import read_reported

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "reported"


def listing(path: Path) -> list[str]:
    """The lines of one study."""
    results = compare_printed(read_reported(path))
    found = [result for result in results if not result.agrees]
    off = "1 does not hold" if len(found) == 1 else f"{len(found)} do not hold"
    lines = [f"{path.stem}: {len(results)} comparisons, {off}"]
    place = None
    for result in found:
        if (result.title, result.where) != place:
            lines.append(f"  {result.where}. {result.title}")
        place = result.title, result.where
        subject = f"{result.subject}: " if result.subject else ""
        lines.append(f"    {subject}{result.printed}; {result.found}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print the findings of the named papers, or of all; 0, or 2 after a slip."""
    known = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    parser = argparse.ArgumentParser(prog="python -m scripts.reported", description=__doc__)
    parser.add_argument("paper", nargs="*", help=f"one of {', '.join(known)}; all where none is named")
    papers = parser.parse_args(arguments).paper
    try:
        for paper in papers:
            if paper not in known:
                raise InputError(
                    "paper", f"one of {', '.join(known)}", f"'{paper}'", nearest(paper, known).strip()
                )
        for paper in papers or known:
            print("\n".join(listing(FOLDER / f"{paper}.yaml")), flush=True)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except InputError as slip:
        print(slip, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
