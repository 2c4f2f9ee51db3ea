import subprocess
import sys
from pathlib import Path

from scripts.simulation.nact_response.identifiers import case_files, patient_ids, phase_name, truth_files

PROJECT = Path(__file__).resolve().parents[4]


def test_ids_of_a_longer_list_begin_with_the_shorter():
    assert patient_ids(3, "SIM") == ["SIM-0001", "SIM-0002", "SIM-0003"]
    assert patient_ids(114, "EXT")[:3] == patient_ids(3, "EXT")


def test_files_of_a_case_by_column():
    assert case_files("images", "b01", "SIM-0001") == {
        "baseline": "images/b01/SIM-0001_baseline",
        "baseline_mask": "images/b01/SIM-0001_baseline_mask.mha",
        "follow_up": "images/b01/SIM-0001_follow_up",
        "follow_up_mask": "images/b01/SIM-0001_follow_up_mask.mha",
    }
    assert truth_files("images", "b01", "SIM-0001") == {
        "true_jacobian": "images/b01/SIM-0001_true_jacobian.mha",
        "true_field": "images/b01/SIM-0001_true_field.mha",
    }
    assert phase_name(0) == "phase_0.mha"


def test_planning_needs_the_standard_library_only():
    code = (
        "import sys, scripts.simulation.nact_response.identifiers; "
        "sys.exit(' '.join({'numpy', 'pandas', 'scipy', 'SimpleITK'} & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
