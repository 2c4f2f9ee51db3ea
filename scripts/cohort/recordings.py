"""Recordings of MEG: FIF, CTF and KIT files, folders of them and BIDS folders, read by MNE-Python.

A patient has one or more recordings. Samples are in tesla (gradiometers in tesla per metre), as MNE gives them;
sensors are the MEG channels in the order of the file, reference sensors left out, channels marked as bad kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.cohort.file_content import describe_content, first_bytes
from scripts.cohort.phases import natural_order
from scripts.errors import InputError

if TYPE_CHECKING:
    from mne.io import BaseRaw

CTF = ".ds"
FILES = (".fif", ".fif.gz", ".sqd", ".con")
ENDINGS = (*FILES, CTF)
# FIF files that hold no raw recording, by MNE's and BIDS' names; the later parts of a recording that was cut in
# several; the head localisations that CTF keeps in a folder of their own
NO_RECORDING = re.compile(
    r"[-_](eve|ave|cov|epo|fwd|inv|trans|proj|annot|src|bem|sol|ica|crosstalk_meg|calibration_meg)\.fif(\.gz)?$|^hz\.ds$",
    re.IGNORECASE,
)
LATER_PART = re.compile(r"_split-0*([2-9]|[1-9][0-9]+)_|-[0-9]+\.fif(\.gz)?$", re.IGNORECASE)
BLOCK_S = 10.0  # read at a time where nothing needs the whole
MM = 1000.0


@dataclass(frozen=True)
class RecordingFacts:
    """What one recording holds.

    Attributes
    ----------
    name : the file's, without its folders. sensors, samples : counts. sampling_hz : samples a second.
    digest : SHA-256 of the samples of the sensors. not_finite : samples that are no number.
    flat : names of sensors with one value throughout. spread : median over the sensors of the SD of their samples, in
        tesla.
    head_movement_mm : see `head_movement_mm`. names : of the sensors, in their order, without the number of the system
        that CTF ends them with. band_hz : high-pass and low-pass that the file says it was recorded with.
    """

    name: str
    sensors: int
    samples: int
    sampling_hz: float
    digest: str
    not_finite: int
    flat: tuple[str, ...]
    spread: float
    head_movement_mm: float | None
    names: tuple[str, ...]
    band_hz: tuple[float, float]


def ending_of(path: str | Path) -> str:
    """'.fif.gz' or the last ending of a name, in lower case."""
    name = Path(path).name.lower()
    return ".fif.gz" if name.endswith(".fif.gz") else Path(name).suffix


def find_recordings(path: str | Path) -> list[Path]:
    """The recordings of a patient.

    Parameters
    ----------
    path : a recording (a FIF or KIT file, a CTF folder .ds), or a folder of recordings, such as `sub-01` or
        `sub-01/meg` of a BIDS data set. Of a recording in several files (FIF) only the first is listed: MNE reads on
        by itself.

    Returns
    -------
    paths in the natural order of their names (run-2 before run-10).

    Raises
    ------
    InputError : nothing there, another kind of file, or a folder without recordings.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(str(path), "a recording or a folder of recordings", "nothing of that name")
    if ending_of(path) == CTF and path.is_dir():
        return [path]
    if path.is_file():
        if ending_of(path) not in FILES:
            raise InputError(
                str(path),
                f"a recording ({', '.join(ENDINGS)}) or a folder of recordings",
                describe_content(first_bytes(path)),
                "Convert it to FIF with MNE-Python.",
            )
        return [path]
    found = sorted(_below(path), key=lambda p: natural_order(str(p.relative_to(path))))
    if not found:
        raise InputError(str(path), f"recordings ({', '.join(ENDINGS)}) in the folder", "none")
    return found


def _below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or NO_RECORDING.search(entry.name) or LATER_PART.search(entry.name):
            continue
        kind = ending_of(entry)
        if entry.is_dir():
            if kind == CTF:
                yield entry
            else:
                yield from _below(entry)
        elif kind in FILES:
            yield entry


def open_recording(path: str | Path) -> BaseRaw:
    """A recording, its samples not yet read, reduced to its MEG sensors.

    Raises
    ------
    InputError : what MNE cannot read (in its own words where these name no patient: the kind of the failure alone),
        or a recording without MEG sensors.
    """
    import mne

    path = Path(path)
    raw = _opened(path)
    sensors = mne.pick_types(raw.info, meg=True, ref_meg=False, exclude=())
    if not len(sensors):
        kinds = ", ".join(sorted(set(raw.get_channel_types()))) or "no channels"
        raise InputError(str(path), "MEG sensors", kinds, "Name the recording of the MEG system.")
    return raw.pick([raw.ch_names[k] for k in sensors], verbose="ERROR")


def _opened(path: Path) -> BaseRaw:
    """All channels of a recording; MNE's messages and warnings may name a patient and are dropped."""
    import mne

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return mne.io.read_raw(str(path), preload=False, verbose="ERROR")
        except MemoryError:
            raise
        except Exception as error:
            found = f"one that MNE-Python cannot read ({type(error).__name__})"
            raise InputError(
                str(path), "a raw recording of MEG", found, "Open it in MNE-Python; export it again."
            ) from None


def head_movement_mm(path: str | Path) -> float | None:
    """How far the head moved between the start and the end of a recording, in mm; None where nothing tells.

    From the head localisation that a CTF system keeps beside the samples (the coil that moved farthest between the
    first and the last position), else from `MaxMovement` of the BIDS file beside the recording (`<name>_meg.json`, in
    mm).

    Raises
    ------
    InputError : a BIDS file that is no JSON, or a movement that is no number from 0 on.
    """
    path = Path(path)
    if ending_of(path) == CTF and (moved := _of_coils(path)) is not None:
        return moved
    # of a recording in several files BIDS has one for all, without their numbers
    sidecar = path.with_name(re.sub(r"_split-[0-9]+", "", path.name[: -len(ending_of(path))]) + ".json")
    if not sidecar.is_file():
        return None
    try:
        moved = json.loads(sidecar.read_text(encoding="utf-8")).get("MaxMovement")
    except (OSError, ValueError, AttributeError):
        raise InputError(str(sidecar), "a JSON object, as BIDS has it", "another content") from None
    if moved is None:
        return None
    if isinstance(moved, bool) or not isinstance(moved, int | float) or not 0 <= moved < float("inf"):
        raise InputError(str(sidecar), "MaxMovement in mm, from 0 on", repr(moved))
    return float(moved)


def _of_coils(path: Path) -> float | None:
    import mne

    raw = _opened(path)
    if not any(name.startswith("HLC00") for name in raw.ch_names):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        places = mne.chpi.extract_chpi_locs_ctf(raw, verbose="ERROR")["rrs"]  # (times, coils, 3) in metres
    if len(places) < 1:
        return None
    return float(np.linalg.norm(places[-1] - places[0], axis=-1).max() * MM)


def examine_recordings(path: str | Path) -> list[RecordingFacts]:
    """The facts of every recording of a patient, each read once, in blocks.

    Raises
    ------
    InputError : as `find_recordings`, `open_recording`, `head_movement_mm`; samples that cannot be read to the end.
    """
    return [recording_facts(recording) for recording in find_recordings(path)]


def recording_facts(path: str | Path) -> RecordingFacts:
    """The facts of one recording."""
    path = Path(path)
    raw = open_recording(path)
    digest = hashlib.sha256(f"{raw.info['sfreq']!r}\n".encode())
    n, bad = 0, 0
    total = squares = np.zeros(len(raw.ch_names))
    low, high = np.full(len(raw.ch_names), np.inf), np.full(len(raw.ch_names), -np.inf)
    for block in sample_blocks(raw, path):
        digest.update(np.ascontiguousarray(block).tobytes())
        finite = np.isfinite(block)
        bad += int((~finite).sum())
        block = np.where(finite, block, 0.0)
        n += block.shape[1]
        total, squares = total + block.sum(axis=1), squares + (block**2).sum(axis=1)
        low, high = np.minimum(low, block.min(axis=1)), np.maximum(high, block.max(axis=1))
    spread = np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0.0))
    flat = tuple(name for name, a, b in zip(raw.ch_names, low, high, strict=True) if a == b)
    return RecordingFacts(
        path.name,
        len(raw.ch_names),
        n,
        float(raw.info["sfreq"]),
        digest.hexdigest(),
        bad,
        flat,
        float(np.median(spread)),
        head_movement_mm(path),
        tuple(re.sub(r"-[0-9]+$", "", name) for name in raw.ch_names),
        (float(raw.info["highpass"]), float(raw.info["lowpass"])),
    )


def sample_blocks(raw: BaseRaw, path: str | os.PathLike[str]) -> Iterator[np.ndarray]:
    """Blocks (sensors, samples) float64 of a recording from its start to its end; InputError where it is cut off."""
    size = max(1, round(BLOCK_S * raw.info["sfreq"]))
    for start in range(0, len(raw.times), size):
        yield _read(raw, path, start, min(start + size, len(raw.times)))


def _read(raw: Any, path: str | os.PathLike[str], start: int, stop: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return raw.get_data(start=start, stop=stop, verbose="ERROR")
        except MemoryError:
            raise
        except Exception as error:
            second = start / raw.info["sfreq"]
            found = f"none from second {second:g} on ({type(error).__name__})"
            raise InputError(str(path), "samples to the end of the recording", found) from None
