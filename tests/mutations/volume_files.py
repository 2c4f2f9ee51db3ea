"""Mutations of image and mask files: bytes, voxels, geometry, labels, and whose files they are."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import SimpleITK as sitk

from tests.mutations.bench import Bench, mutation
from tests.mutations.cohort import KINDS, VOLUMES

ALL = list(KINDS)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def flip(data: bytes, rng: np.random.Generator, count: int, first: int = 0, last: int | None = None) -> bytes:
    """`count` bits turned over somewhere in [first, last)."""
    changed = bytearray(data)
    for _ in range(count):
        position = int(rng.integers(first, min(last or len(data), len(data))))
        changed[position] ^= 1 << int(rng.integers(8))
    return bytes(changed)


@mutation(times=90)
def flipped_anywhere(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    path.write_bytes(flip(path.read_bytes(), bench.rng, int(bench.rng.integers(1, 9))))


@mutation(times=90)
def flipped_in_the_header(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    data = path.read_bytes()
    if path.name.endswith(".gz"):  # the header under the compression, whose own checksum is right
        path.write_bytes(gzip.compress(flip(gzip.decompress(data), bench.rng, 1, 0, 348)))
    else:
        path.write_bytes(flip(data, bench.rng, 1, 0, 348 if path.suffix == ".nii" else 900))


@mutation(times=40)
def flipped_in_the_mask(bench: Bench):
    bench.pick(["P08", "P09", *VOLUMES])
    path = bench.path("mask")
    path.write_bytes(flip(path.read_bytes(), bench.rng, 1))


@mutation(times=60)
def truncated(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    data = path.read_bytes()
    path.write_bytes(data[: int(bench.rng.integers(1, len(data)))])


@mutation(times=12)
def without_the_last_byte(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.write_bytes(path.read_bytes()[:-1])
    return "refused"


@mutation(times=12)
def empty_file(bench: Bench):
    bench.pick(ALL)
    bench.file().write_bytes(b"")
    return "refused"


@mutation(times=12)
def random_bytes(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    path.write_bytes(bench.rng.bytes(path.stat().st_size))
    return "refused"


@mutation(times=10)
def wrong_magic(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    path.write_bytes(bench.rng.bytes(8) + path.read_bytes()[8:])
    return "refused"


@mutation(
    times=4,
    text=b"patient,age\nP00,50\n" * 30,
    picture=PNG,
    page=b"<!DOCTYPE html><html>Sign in</html>",
    pdf=b"%PDF-1.7\n" * 50,
)
def something_else_under_this_name(bench: Bench, content: bytes):
    bench.pick(VOLUMES)
    bench.file().write_bytes(content)
    return "refused"


@mutation(times=10)
def another_ending(bench: Bench):
    bench.pick(VOLUMES)
    old = bench.path("image")
    now = old.name.split(".")[0] + str(
        bench.rng.choice([".nii", ".nii.gz", ".mha", ".nrrd", ".dcm", ".img", ".NII.GZ", ""])
    )
    old.rename(bench.name("image", f"{bench.target}/{now}"))


@mutation(times=25)
def a_block_of_zeros(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    data, size = path.read_bytes(), int(bench.rng.choice([16, 64, 512]))
    start = int(bench.rng.integers(len(data)))
    path.write_bytes(data[:start] + b"\0" * min(size, len(data) - start) + data[start + size :])


@mutation(times=15)
def two_blocks_swapped(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    data = path.read_bytes()
    size = len(data) // 4
    a, b = sorted(bench.rng.choice(len(data) - size, 2, replace=False).tolist())
    b = max(b, a + size)
    path.write_bytes(
        data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]
    )


@mutation(times=15)
def a_byte_too_many_or_few(bench: Bench):
    bench.pick(ALL)
    path = bench.file()
    data = path.read_bytes()
    at = int(bench.rng.integers(len(data)))
    path.write_bytes(
        data[:at] + data[at + 1 :] if bench.rng.random() < 0.5 else data[:at] + b"\x20" + data[at:]
    )


@mutation(
    times=10, lines=(b"\n", b"\r\n"), seven_bits=(b"\x80", b"\x00"), replaced=(b"\xff", b"\xef\xbf\xbd")
)
def sent_as_text(bench: Bench, old: bytes, new: bytes):
    bench.pick(ALL)
    path = bench.file()
    path.write_bytes(path.read_bytes().replace(old, new))


@mutation(times=10)
def bytes_after_the_end(bench: Bench):
    bench.pick(VOLUMES)
    path = bench.file()
    with path.open("ab") as stream:
        stream.write(bench.rng.bytes(int(bench.rng.integers(1, 600))))


# Whose files


@mutation(times=12)
def image_and_mask_swapped(bench: Bench):
    row = bench.pick(VOLUMES)
    image, mask = bench.rows.loc[row, ["image", "mask"]]
    bench.rows.loc[row, ["image", "mask"]] = mask, image
    return "refused"


@mutation(times=8, image="image", mask="mask")
def of_another_patient(bench: Bench, kind: str):
    row = bench.pick(VOLUMES)
    other = int(bench.rng.choice([r for r in range(7) if r != row]))
    bench.rows.loc[[row, other], kind] = bench.rows.loc[[other, row], kind].tolist()
    return "refused"


@mutation(times=8)
def a_copy_of_another_patient(bench: Bench):
    row = bench.pick(["P00", "P03", "P05"])
    other = (row + 4) % 7
    for kind in ("image", "mask"):
        source = bench.folder / bench.rows.loc[other, kind]
        sitk.WriteImage(
            sitk.ReadImage(str(source)), str(bench.name(kind, f"{bench.target}/copy_{kind}.nrrd"))
        )
    return "refused"


# Geometry


def _respaced(v, rng):
    v.SetSpacing([s * rng.choice([1.05, 2, 0.5, 10]) for s in v.GetSpacing()])


def _moved(v, rng):
    v.SetOrigin([o + rng.choice([-1, 1]) * rng.choice([0.3, 3, 1000]) for o in v.GetOrigin()])


def _turned(v, rng):
    axes = np.eye(3)[rng.permutation(3)] * rng.choice([-1, 1], 3)[:, None]
    if np.allclose(axes, np.eye(3)):
        axes = np.diag([-1.0, -1, 1])
    v.SetDirection(axes.ravel().tolist())


def _leaning(v, rng):
    angle = float(rng.choice([0.02, 0.2, 1.0]))
    c, s = np.cos(angle), np.sin(angle)
    v.SetDirection([c, -s, 0, s, c, 0, 0, 0, 1])


GRIDS = {"respaced": _respaced, "moved": _moved, "turned": _turned, "leaning": _leaning}


@mutation(times=8, **{f"{name}_{kind}": (name, kind) for name in GRIDS for kind in ("image", "mask")})
def grid_of_one(bench: Bench, name: str, kind: str):
    bench.pick(VOLUMES)
    volume = bench.volume(kind)
    GRIDS[name](volume, bench.rng)
    bench.rewrite(kind, volume)
    return "refused"


@mutation(times=5, **{name: name for name in GRIDS})
def grid_of_both(bench: Bench, name: str):
    bench.pick([p for p in VOLUMES if p not in ("P03", "P04")] if name == "leaning" else VOLUMES)
    bench.grid = True
    state = bench.rng.bit_generator.state
    for kind in ("image", "mask"):
        bench.rng.bit_generator.state = state
        volume = bench.volume(kind)
        GRIDS[name](volume, bench.rng)
        bench.rewrite(kind, volume)


@mutation(times=5, huge=1e6, tiny=1e-6, metres=1e-3)
def spacing_of_both(bench: Bench, factor: float):
    bench.pick(VOLUMES)
    bench.grid = True
    for kind in ("image", "mask"):
        volume = bench.volume(kind)
        volume.SetSpacing([s * factor for s in volume.GetSpacing()])
        volume.SetOrigin((0, 0, 0))
        bench.rewrite(kind, volume)


@mutation(times=8)
def cropped(bench: Bench):
    bench.pick(VOLUMES)
    kind = str(bench.rng.choice(["image", "mask"]))
    axis = int(bench.rng.integers(3))
    size = list(bench.volume(kind).GetSize())
    size[axis] -= int(bench.rng.integers(1, 4))
    bench.rewrite(kind, sitk.RegionOfInterest(bench.volume(kind), size, [0, 0, 0]))
    return "refused"


@mutation(times=8, zero=0.0, negative=-1.0, nan=np.nan, infinite=np.inf, huge=3e38)
def nifti_number(bench: Bench, value: float):
    """A number of a NIfTI header (spacing, offsets, scaling) that cannot be."""
    bench.pick(["P01", "P02"])
    place = int(bench.rng.choice([80, 84, 88, 112, 116, 256, 268, 280, 292, 300, 320]))
    path = bench.path("image")
    data = bytearray(path.read_bytes())
    struct.pack_into("<f", data, place, value)
    path.write_bytes(data)


@mutation(times=10)
def word_of_a_text_header(bench: Bench):
    """A value or key of an MHA or NRRD header replaced."""
    bench.pick(["P03", "P04", "P05", "P06"])
    path = bench.file()
    data = path.read_bytes()
    end = data.find(b"LOCAL\n") if path.suffix == ".mha" else data.find(b"\n\n")
    lines = data[:end].split(b"\n")
    at = int(bench.rng.integers(1, len(lines)))
    words = lines[at].split(b" ")
    words[int(bench.rng.integers(len(words)))] = bytes(
        bench.rng.choice(
            [b"nan", b"-1", b"0", b"1e308", b"x", b"", b"99999999999999999999", b"../../etc/passwd", b"inf"]
        )
    )
    lines[at] = b" ".join(words)
    path.write_bytes(b"\n".join(lines) + data[end:])


@mutation(times=6)
def line_of_a_text_header(bench: Bench):
    """A line of an MHA or NRRD header deleted or there twice."""
    bench.pick(["P03", "P04", "P05", "P06"])
    path = bench.file()
    data = path.read_bytes()
    end = data.find(b"ElementDataFile") if path.suffix == ".mha" else data.find(b"\n\n")
    lines = data[:end].split(b"\n")
    at = int(bench.rng.integers(1, len(lines) - (path.suffix == ".mha")))
    lines[at : at + 1] = [] if bench.rng.random() < 0.5 else [lines[at]] * 2
    path.write_bytes(b"\n".join(lines) + data[end:])


# Voxels


@mutation(times=4, nan=np.nan, plus=np.inf, minus=-np.inf)
def no_number(bench: Bench, value: float):
    bench.pick(VOLUMES)

    def change(array):
        array = array.astype(np.float32)
        array[tuple(bench.rng.integers(n) for n in array.shape)] = value
        return array

    bench.change("image" if bench.rng.random() < 0.7 else "mask", change)
    return "refused"


@mutation(times=4, float32=(np.float32, 1e30), int32=(np.int32, 2**31 - 1), double=(np.float64, 1e300))
def huge_values(bench: Bench, kind: type, value: float):
    bench.pick(VOLUMES)

    def change(array):
        array = array.astype(kind)
        array[5, 9, 10] = value
        return array

    bench.change("image", change)


@mutation(times=3, zero=0, one=1, air=-1000)
def one_value(bench: Bench, value: int):
    bench.pick(VOLUMES)
    bench.change("image", lambda array: np.full_like(array, value))
    return "refused"


@mutation(times=3, grey=np.uint8, stored=np.uint16)
def no_hounsfield_units(bench: Bench, kind: type):
    bench.pick(VOLUMES)
    bench.change("image", lambda a: ((a + 1024) // (10 if kind == np.uint8 else 1)).clip(0).astype(kind))
    return "refused"


@mutation(times=3, int32=np.int32, float32=np.float32, float64=np.float64)
def another_type(bench: Bench, kind: type):
    bench.pick(VOLUMES)
    bench.change("image", lambda array: array.astype(kind))
    return "used"


@mutation(times=3)
def mask_of_another_type(bench: Bench):
    bench.pick(VOLUMES[:-1])
    kind = bench.rng.choice([np.int16, np.int32, np.float32, np.float64, np.uint16])
    bench.change("mask", lambda array: array.astype(kind))
    return "used"


@mutation(times=3, rgb="rgb", four="four", two="two", complex="complex")
def no_single_volume(bench: Bench, what: str):
    bench.pick(["P00", "P01", "P03", "P04", "P05"])
    kind = str(bench.rng.choice(["image", "mask"]))
    volume = bench.volume(kind)
    if what == "complex" and bench.path(kind).suffix != ".nii":
        what = "rgb"
    made = {
        "rgb": lambda: sitk.Compose([sitk.Cast(volume, sitk.sitkUInt8)] * 3),
        "four": lambda: sitk.JoinSeries([volume, volume]),
        "two": lambda: volume[:, :, 4],
        "complex": lambda: sitk.RealAndImaginaryToComplex(*[sitk.Cast(volume, sitk.sitkFloat32)] * 2),
    }[what]()
    bench.rewrite(kind, made)
    return "refused"


@mutation(times=3)
def four_axes_of_which_one_is_flat(bench: Bench):
    bench.pick(["P00", "P01"])
    bench.rewrite("image", sitk.JoinSeries([bench.volume("image")]))


# Labels


@mutation(
    times=3,
    empty=lambda a: a * 0,
    full=lambda a: a * 0 + 1,
    few=lambda a: a * (np.arange(a.size).reshape(a.shape) == a.argmax()),
    pieces=lambda a: np.maximum(a, np.pad(np.ones((2, 3, 3), a.dtype), [(0, 8), (0, 15), (0, 17)])),
    two_labels=lambda a: a + a * (np.arange(20) > 9).astype(a.dtype),
    negative=lambda a: a.astype(np.int16) * -1,
    fractions=lambda a: a * np.float32(0.5),
)  # fmt: skip
def labels(bench: Bench, function):
    bench.pick(VOLUMES[:-1])
    bench.change("mask", function)
    return "refused"


@mutation(times=3)
def another_number_for_the_label(bench: Bench):
    bench.pick(VOLUMES[:-1])
    bench.change("mask", lambda array: array * 7)
    return "used"


@mutation(
    times=4, absent="3", word="tumour", fraction="0.5", negative="-2", nan="nan", long="9" * 40, power="2e0"
)
def named_label(bench: Bench, roi: str):
    row = bench.pick(["P11"])
    bench.rows.loc[row, "mask_roi"] = roi
    return "" if roi == "2e0" else "refused"
