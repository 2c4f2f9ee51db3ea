"""Mutations of what stands under a name: folders, links, pipes and devices, promises beyond measure."""

from __future__ import annotations

import gzip
import os
import struct

import numpy as np

from tests.mutations.bench import Bench, mutation
from tests.mutations.cohort import DICOM, VOLUMES


@mutation(times=4)
def folder_in_place_of_a_file(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.unlink()
    path.mkdir()
    if bench.rng.random() < 0.5:
        (path / "readme.txt").write_text("nothing")
    return "refused"


@mutation(times=4)
def link_that_goes_round(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.unlink()
    path.symlink_to(path.name)
    return "refused"


@mutation(times=3)
def link_to_nothing(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.unlink()
    path.symlink_to("nowhere")
    return "refused"


@mutation(times=3)
def good_link(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    moved = path.rename(path.with_name("elsewhere"))
    path.symlink_to(moved)
    return "used"


@mutation(times=3)
def folder_that_holds_itself(bench: Bench):
    bench.pick(DICOM)
    (bench.path("image") / "again").symlink_to(bench.path("image"))


@mutation(times=3)
def pipe(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.unlink()
    os.mkfifo(path)
    return "refused"


@mutation(times=3)
def pipe_among_the_slices(bench: Bench):
    bench.pick(DICOM)
    os.mkfifo(bench.path("image") / "pipe.dcm")


@mutation(times=3, zeros="/dev/zero", nothing="/dev/null", terminal="/dev/tty", self="/proc/self/mem")
def device(bench: Bench, path: str):
    bench.pick(VOLUMES)
    own = bench.file()
    own.unlink()
    own.symlink_to(path)
    return "refused"


@mutation(times=2)
def device_as_a_path(bench: Bench):
    row = bench.pick(VOLUMES)
    bench.rows.loc[row, str(bench.rng.choice(["image", "mask"]))] = "/dev/zero"
    return "refused"


@mutation(
    times=3,
    spaces="my image",
    umlaut="Schädel",
    quote="it's",
    braces="{patient}",
    percent="%s %d",
    star="*",
    dollar="$HOME",
)
def odd_name(bench: Bench, name: str):
    bench.pick(["P00", "P04", "P05"])
    old = bench.path("image")
    old.rename(bench.name("image", f"{bench.target}/{name}.{'.'.join(old.name.split('.')[1:])}"))
    return "refused" if "{" in name else "used"


@mutation(
    times=3,
    absent="P00/nothing.nii",
    far="a/b/c/d.nii",
    backslash="P00\\image.nii.gz",
    home="~/image.nii",
    web="https://example.org/a.nii",
    long="x" * 5000 + ".nii",
    quotes='"P00/image.nii.gz"',
    ends=" P00/image.nii.gz ",
    bare=".",
    root="/",
    above="../..",
    line="P00/ima\nge.nii.gz",
)
def path_cell(bench: Bench, cell: str):
    row = bench.pick(["P00"])
    bench.rows.loc[row, str(bench.rng.choice(["image", "mask"]))] = cell
    return "refused"


def _promise(path, size, data: bytes) -> None:
    header = bytearray(gzip.decompress(path.read_bytes())[:352])
    struct.pack_into("<8h", header, 40, 3, *size, 1, 1, 1, 1)
    path.write_bytes(gzip.compress(bytes(header) + data, 1))


@mutation(times=2)
def nifti_that_promises_too_much(bench: Bench):
    bench.pick(["P00"])
    _promise(bench.path("image"), (32767, 32767, 32767), bytes(1000))
    return "refused"


@mutation(times=1)
def nifti_that_grows_a_thousandfold(bench: Bench):
    """800 MB of zeros in 0.8 MB: read within reason, and refused."""
    bench.pick(["P00"])
    _promise(bench.path("image"), (800, 800, 600), bytes(800 * 800 * 600 * 2))
    return "refused"


@mutation(times=1)
def nifti_beyond_any_scanner(bench: Bench):
    bench.pick(["P00"])
    path = bench.path("image")
    header = bytearray(gzip.decompress(path.read_bytes())[:352])
    struct.pack_into("<8h", header, 40, 3, 2000, 2000, 2000, 1, 1, 1, 1)
    path.write_bytes(gzip.compress(bytes(header), 1) + gzip.compress(bytes(1 << 26), 1) * 4)
    return "refused"


@mutation(
    times=3,
    nrrd=(b"sizes: 20 18 10", b"sizes: 99999 99999 99999"),
    mha=(b"DimSize = 20 18 10", b"DimSize = 99999 99999 99999"),
    nrrd_some=(b"sizes: 20 18 10", b"sizes: 2000 1800 1000"),
)
def header_that_promises_too_much(bench: Bench, old: bytes, new: bytes):
    bench.pick(["P03", "P04"] if b"sizes" in old else ["P05", "P06"])
    path = bench.path("image")
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    return "refused"


@mutation(times=2)
def text_without_end(bench: Bench):
    bench.pick(["P03", "P06"])
    path = bench.path("image")
    path.write_bytes(path.read_bytes()[:6] + b"x" * 5_000_000)
    return "refused"


@mutation(times=3, nrrd=True, mha=False)
def voxels_in_another_file(bench: Bench, is_nrrd: bool):
    """A header that names a file to read the voxels from, which need not even be the patient's."""
    bench.pick(["P03"] if is_nrrd else ["P06"])
    path = bench.path("image")
    data = path.read_bytes()
    if is_nrrd:
        head, voxels = data.split(b"\n\n", 1)
        path.write_bytes(head + b"\ndata file: other.raw\n\n")
    else:
        head, voxels = data.split(b"LOCAL\n", 1)
        path.write_bytes(head + b"other.raw\n")
    path.with_name("other.raw").write_bytes(voxels)
    return "refused"


@mutation(times=2)
def noise_as_voxels(bench: Bench):
    bench.pick(VOLUMES)
    bench.change("image", lambda a: bench.rng.integers(-4000, 4000, a.shape).astype(np.int16))
