"""What the definitions behind a code fingerprint were, so that a change of it can be named."""

from __future__ import annotations

import json
from pathlib import Path

STORE = Path("cache/code")


def stored_definitions(fingerprint: str) -> dict[str, str] | None:
    """Definition -> hash, as they were when a job of this fingerprint ran; None where nobody wrote it down."""
    try:
        return json.loads((STORE / f"{fingerprint}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def current_definitions(script: str, fingerprint: str) -> dict[str, str] | None:
    """Definition -> hash of a script as it is now."""
    return stored_definitions(fingerprint)
