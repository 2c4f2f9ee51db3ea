"""Both visits of a patient -> the follow-up on the baseline's grid, and the Jacobian map: volume after / volume before."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
