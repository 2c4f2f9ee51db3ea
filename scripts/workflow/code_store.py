"""The parts of a step's code under its fingerprint in `cache/code`, so that a change can be named; safe to delete."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.workflow.fingerprint import store_code_parts

STORE = Path("cache/code")


def keep_code(script: str) -> None:
    """Write down the parts of a script's code, for the run that comes after."""
    store_code_parts(script, STORE)


def kept_code(fingerprint: str) -> dict[str, str] | None:
    """Part -> hash of the code with this fingerprint; None where nobody wrote it down."""
    try:
        return json.loads((STORE / f"{fingerprint}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
