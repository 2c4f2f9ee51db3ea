"""Pictures of a few cases with the outline of their masks, to be looked at before anything is believed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
