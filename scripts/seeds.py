"""Random generators: one seed in the config, one independent stream for each step (and case)."""

from __future__ import annotations

import hashlib

import numpy as np


def step_seed(seed: int, *names: str | int) -> int:
    """A 32-bit seed for libraries that take an integer, derived from the run's seed and the step's names."""
    text = "\x1f".join([str(int(seed)), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one step: the same for the same run seed and names, independent of every other."""
    text = "\x1f".join([str(int(seed)), *map(str, names)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=">u4").astype(np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
