"""Which cases share a job: the leaf of a binary tree over the bits of a hash of the patient's id.

A leaf with more than `cases_per_job` patients is split in two, so that one added or removed patient touches one
batch (at most splits or joins it) and no other. A batch's name is the path of bits that leads to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

HASH_BITS = 64


def _bits(patient: str) -> str:
    digest = hashlib.sha256(patient.encode("utf-8")).digest()[: HASH_BITS // 8]
    return format(int.from_bytes(digest, "big"), f"0{HASH_BITS}b")


def plan_batches(patients: Iterable[str], cases_per_job: int) -> dict[str, list[str]]:
    """Batch name -> sorted patient ids; every patient is in exactly one batch.

    With `cases_per_job` 1 a batch is named by its patient's own hash, so that no patient moves another.
    """
    if cases_per_job < 1:
        raise ValueError(f"cases_per_job is {cases_per_job}, expected at least 1")
    hashed = sorted((_bits(patient), patient) for patient in set(patients))
    if cases_per_job == 1:
        return {f"b{int(bits, 2):016x}": [patient] for bits, patient in hashed}
    batches: dict[str, list[str]] = {}

    def split(members: list[tuple[str, str]], depth: int) -> None:
        if len(members) <= cases_per_job or depth == HASH_BITS:
            if members:
                batches["b" + members[0][0][:depth]] = sorted(patient for _, patient in members)
            return
        for bit in "01":
            split([member for member in members if member[0][depth] == bit], depth + 1)

    split(hashed, 0)
    return batches
