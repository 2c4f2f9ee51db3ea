import subprocess
import sys
from pathlib import Path

from scripts.simulation.crc_nomogram.identifiers import image_paths, patient_ids

PROJECT = Path(__file__).resolve().parents[4]


def test_ids_of_a_larger_cohort_begin_with_those_of_the_smaller():
    assert patient_ids(3, "SIM") == ["SIM-0001", "SIM-0002", "SIM-0003"]
    assert patient_ids(12_000, "SIM")[:500] == patient_ids(500, "SIM")
    assert len(set(patient_ids(12_000, "SIM"))) == 12_000


def test_paths_lie_in_the_batch():
    expected = ("images/b01/SIM-0001_image.mha", "images/b01/SIM-0001_mask.mha")
    assert image_paths("images", "b01", "SIM-0001") == expected


def test_planning_needs_the_standard_library_only():
    code = (
        "import sys, scripts.simulation.crc_nomogram.identifiers; "
        "sys.exit(' '.join({'numpy', 'pandas', 'scipy', 'SimpleITK'} & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
