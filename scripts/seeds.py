"""Random generators: one seed in the config, one independent stream for each step (and case)."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one step: the same for the same run seed and names, independent of every other."""
    text = "\x1f".join([str(int(seed)), *map(str, names)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=">u4").astype(np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
