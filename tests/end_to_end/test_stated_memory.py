"""The memory that rules state holds the peak of the step, and is not far above it, for images of several sizes."""

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.workflow.config import ROOT
from scripts.workflow.costs import AROUND_MB, LEAST_MB, image_amounts, stated_memory
from scripts.workflow.image_sizes import image_size

# The peak since the process began its program; getrusage's would include that of the process that started it.
PEAK = """
import json, re, sys
case, settings = json.loads(sys.argv[1]), json.loads(sys.argv[2])
{call}
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
CALLS = {
    "check_cases": "from scripts.cohort.check_cases import *\nimport pandas\n"
    "case_table([check_case(case, {'min_mask_voxels': 1, 'allow_several_pieces': False})])",
    "extract_features": "from scripts.radiomics.extract_features import *\n"
    "features, failures = extract_batch([case], settings)\nassert len(features) == 1, failures",
    "picture_cases": "from scripts.cohort.picture_cases import *\nslices = [example_slice(case) for _ in range(4)]",
}
RESAMPLED = {"resampled_spacing_mm": [1.5, 1.5, 1.5]}


SMALL, LARGE = (64, 64, 64), (60, 512, 512)


@pytest.fixture(scope="module")
def case_of(tmp_path_factory):
    """case_of(shape, dtype): image and mask of a sphere in noise, written once; shape is (z, y, x)."""

    @cache
    def write(shape, dtype):
        folder = tmp_path_factory.mktemp("case")
        array = np.random.default_rng(5).normal(40, 30, shape).astype(np.float32)
        array[:, :4] = -1000
        away = [(np.arange(n) - n // 2) ** 2 for n in shape]
        mask = (away[0][:, None, None] + away[1][:, None] + away[2] < 81).astype(np.uint8)
        case = {"patient": "P", "image_series": "", "mask_roi": ""}
        for kind, voxels in (("image", array.astype(dtype)), ("mask", mask)):
            case[kind] = str(folder / f"{kind}.nii")
            sitk.WriteImage(sitk.GetImageFromArray(voxels), case[kind])
        return case

    return write


def peak_mb(rule, case, settings):
    """Peak memory of the step's own function on one case, in a new process."""
    code = PEAK.format(call=CALLS[rule])
    command = [sys.executable, "-c", code, json.dumps(case), json.dumps(settings)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1]) * 1024 / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("rule", "shape", "dtype", "settings"),
    [
        ("check_cases", SMALL, np.float32, {}),
        ("check_cases", LARGE, np.int16, {}),
        ("check_cases", LARGE, np.float64, {}),
        ("extract_features", SMALL, np.float32, {}),
        ("extract_features", LARGE, np.float64, {}),
        ("extract_features", LARGE, np.int16, RESAMPLED),
        ("picture_cases", LARGE, np.float64, {}),
    ],
)
def test_a_rule_states_the_memory_that_its_step_needs(case_of, rule, shape, dtype, settings):
    case = case_of(shape, dtype)
    amounts = image_amounts([image_size(case["image"])])
    whole = amounts["largest_megavoxels"] if settings else 0.0
    stated = stated_memory(rule, amounts | {"largest_resampled_megavoxels": whole})
    peak = peak_mb(rule, case, settings)
    assert peak <= stated - AROUND_MB, "the processes around the step need their share"
    assert stated <= max(4 * peak, LEAST_MB)
