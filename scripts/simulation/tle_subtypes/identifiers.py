"""Names of simulated patients, their files and the size of these; standard library only: jobs are planned from them."""

from __future__ import annotations

DIGITS = 3
N_RECORDINGS = 3
SECONDS = 8.0  # of a recording
RATE_HZ = 1200.0  # MEG Data: 'the sampling frequency of our MEG data is 1200 Hz'
BYTES_PER_SAMPLE = 4
# CTF's names: left and right; frontal, temporal, central, parietal, occipital
REGIONS = {"F": 2, "T": 4, "C": 1, "P": 2, "O": 1}
SENSORS = tuple(
    f"M{side}{region}1{k}" for side in "LR" for region, n in REGIONS.items() for k in range(1, n + 1)
)


def patient_ids(n: int, prefix: str) -> list[str]:
    """'SIM-001', 'SIM-002', ...: the first ids of a longer list are those of a shorter one."""
    return [f"{prefix}-{number:0{DIGITS}d}" for number in range(1, n + 1)]


def case_files(folder: str, batch: str, patient: str) -> dict[str, str]:
    """Column of the sheet -> path below `folder`, with forward slashes: the folder of a patient's recordings, as
    BIDS has it."""
    return {"recordings": f"{folder}/{batch}/{subject(patient)}/meg"}


def subject(patient: str) -> str:
    """'sub-SIM001': BIDS allows letters and digits in a label."""
    return f"sub-{patient.replace('-', '')}"


def recording_name(patient: str, number: int) -> str:
    """Name of a recording (from 1) without its ending."""
    return f"{subject(patient)}_task-rest_run-{number:02d}_meg"
