"""Registration and its pictures as jobs: a block whose tumour shrinks to 0.8 of its diameter and moves."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.preprocess import picture_registration, rank_registrations, register_visits
from scripts.preprocess.files import file_stem, has_volume, load_volume, save_volume
from scripts.preprocess.picture_registration import view_of
from scripts.preprocess.rank_registrations import ranked
from scripts.tables import read_table
from scripts.volumes import Volume

SHAPE, SPACING = (24, 26, 28), (2.0, 2.0, 2.0)
RADIUS, SCALE, SHIFT = 10.0, 0.8, 4.0  # mm; the patient lies 4 mm further along x at the later visit
QUICK = {"levels": 2, "iterations": 8, "smoothing": 2.5}


def write_pair(folder, patient, blank=False):
    random = np.random.default_rng(sum(map(ord, patient)))
    waves = [(random.normal(0, 0.22, 3), random.uniform(0, 6)) for _ in range(20)]
    middle = (np.array(SHAPE) - 1)[:, None, None, None]
    grid = np.indices(SHAPE) * 2.0 - middle
    for visit, scale, shift in (("first", 1.0, 0.0), ("later", SCALE, SHIFT)):
        places = grid.copy()
        places[2] -= shift
        within = np.exp(-((np.linalg.norm(places, axis=0) / 16) ** 4))
        places *= 1 + (1 / scale - 1) * within
        far = np.linalg.norm(places, axis=0)
        texture = sum(np.sin(np.tensordot(k, places, 1) + phase) for k, phase in waves)
        before = (100 + 5 * texture).astype(np.float32) * (not blank)
        enhancement = (120 / (1 + np.exp(far - RADIUS)) + 10).astype(np.float32) * (not blank)
        volumes = {"precontrast": before, "enhancement": enhancement, "postcontrast": before + enhancement}
        for what, array in volumes.items():
            save_volume(Volume(array, SPACING), folder / visit, patient, what)
        mask = Volume((far < RADIUS).astype(np.uint8), SPACING)
        save_volume(mask, folder / f"{visit}_masks", patient, "mask")


def job(inputs, outputs, settings=None):
    return SimpleNamespace(
        input=SimpleNamespace(**inputs), output=SimpleNamespace(**outputs), settings=settings or {},
        wildcards=SimpleNamespace(), threads=1, log="x.log",
    )  # fmt: skip


def folders(folder):
    return {
        "fixed": folder / "first", "fixed_masks": folder / "first_masks",
        "moving": folder / "later", "moving_masks": folder / "later_masks",
    }  # fmt: skip


def register(folder, patients, later=None, **settings):
    for name, who in (("first", patients), ("later", patients if later is None else later)):
        pd.DataFrame({"patient": list(who)}).to_parquet(folder / f"{name}.parquet")
    tables = {"fixed_table": folder / "first.parquet", "moving_table": folder / "later.parquet"}
    out = {
        "volumes": folder / "registered",
        "table": folder / "registered.parquet",
        "failures": folder / "failures.csv",
    }
    values = {"registration": QUICK | settings}
    register_visits.main(job(folders(folder) | tables, out, values))
    return out


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """Two patients in order, one whose images are blank, and one who has no mask at the later visit."""
    folder = tmp_path_factory.mktemp("registered")
    for patient in ("A", "B", "blank"):
        write_pair(folder, patient, blank=patient == "blank")
    return folder, register(
        folder, ["A", "blank", "B", "no mask"], ["B", "A", "blank"], keep_displacement=True
    )


def test_everybody_who_has_both_masks_is_in_the_table_or_among_the_failures(registered):
    _, out = registered
    table, failures = read_table(out["table"]), read_table(out["failures"])
    assert table["patient"].tolist() == ["A", "B"]
    assert table.columns.tolist() == ["patient", *register_visits.MEASURES]
    assert failures["patient"].tolist() == ["blank"]
    assert failures["step"].tolist() == ["register_visits"]


def test_the_map_says_what_became_of_the_tumour(registered):
    _, out = registered
    table = read_table(out["table"])
    assert (table["n_nonpositive"] == 0).all()
    ratio = (table["moving_ml"] / table["fixed_ml"]).to_numpy()
    assert ratio == pytest.approx(SCALE**3, rel=0.08)  # voxels of 2 mm
    assert table["jacobian_in_tumour"].to_numpy() == pytest.approx(ratio, abs=0.06)
    assert (table["dice_before"] < 0.8).all()
    assert (table["dice_after"] > 0.93).all()
    assert (table["similarity_after"] > table["similarity_before"] + 0.2).all()
    jacobian = load_volume(out["volumes"], "A", "jacobian")
    assert jacobian.array.dtype == np.float32
    assert jacobian.array.min() > 0


def test_all_that_is_warped_lies_on_the_first_visit(registered):
    folder, out = registered
    first = load_volume(folder / "first", "A", "enhancement").array
    later = load_volume(folder / "later", "A", "enhancement").array
    warped = load_volume(out["volumes"], "A", "warped").array
    near = load_volume(folder / "first_masks", "A", "mask").array > 0
    assert np.abs(warped - first)[near].mean() < 0.25 * np.abs(later - first)[near].mean()
    mask = load_volume(out["volumes"], "A", "warped_mask").array
    assert set(np.unique(mask)) == {0, 1}
    assert has_volume(out["volumes"], "A", "warped_postcontrast")
    assert has_volume(out["volumes"], "A", "displacement")


def test_the_same_pair_gives_the_same_bytes(registered, tmp_path):
    _, out = registered
    write_pair(tmp_path, "A")
    again = register(tmp_path, ["A"], keep_displacement=True)
    for path in again["volumes"].iterdir():
        assert path.read_bytes() == (out["volumes"] / path.name).read_bytes()


def test_which_image_is_registered_is_a_setting(tmp_path):
    write_pair(tmp_path, "A")
    out = register(tmp_path, ["A"], image="enhancement")
    assert read_table(out["table"])["dice_after"][0] > 0.85
    assert not has_volume(out["volumes"], "A", "displacement")
    with pytest.raises(InputError, match=r"registration\.image"):
        register(tmp_path, ["A"], image="contrast")
    with pytest.raises(InputError, match="Did you mean 'levels'"):
        register(tmp_path, ["A"], levls=3)


def test_every_registration_has_a_picture_and_the_worst_come_first(registered, tmp_path):
    folder, out = registered
    inputs = folders(folder) | {"registered": out["volumes"], "table": out["table"]}
    for name in ("one", "two"):
        picture_registration.main(job(inputs, {"pictures": tmp_path / name}))
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(f"{file_stem(patient)}.svg" for patient in "AB")
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    lists = {name: [value] for name, value in inputs.items() if name != "table"}
    outputs = {"worst": tmp_path / "worst.svg", "registrations": tmp_path / "registrations.csv"}
    lists |= {"tables": [out["table"]], "pictures": [tmp_path / "one"]}
    rank_registrations.main(job(lists, outputs))
    table = read_table(tmp_path / "registrations.csv")
    assert table["rank"].tolist() == [1, 2]
    assert table["dice_after"].is_monotonic_increasing
    assert all((tmp_path / "one").joinpath(path).is_file() for path in table["picture"])
    assert "<image" in (tmp_path / "worst.svg").read_text()


def test_worst_is_no_overlap_then_little_correlation():
    one = pd.DataFrame({"patient": ["A", "B"], "dice_after": [0.9, 0.5], "similarity_after": [0.8, 0.7]})
    two = pd.DataFrame({"patient": ["C", "D"], "dice_after": [np.nan, 0.5], "similarity_after": [0.9, 0.6]})
    table = ranked([one, two, one.iloc[:0]], ["x", "y", "z"])
    assert table["patient"].tolist() == ["C", "D", "B", "A"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["batch"].tolist() == [1, 1, 0, 0]
    assert table["picture"].tolist()[0] == f"y/{file_stem('C')}.svg"


def test_the_view_is_the_largest_slice_and_a_square_about_the_tumour():
    mask = np.zeros((5, 100, 90), np.uint8)
    mask[1, 40:44, 40:44] = 1
    mask[3, 30:50, 8:18] = 1
    z, y, x = view_of(Volume(mask, (2.0, 1.0, 3.0)))  # x, y, z
    assert z == 3
    assert (y.start, y.stop) == (10, 71)  # 39.5 +- 30 mm of 1 mm
    assert (x.start, x.stop) == (0, 29)  # 12.5 +- 15 voxels of 2 mm, cut at the border


def test_a_cohort_without_a_registration_has_an_empty_table_and_page(tmp_path):
    empty = pd.DataFrame(columns=["patient", *register_visits.MEASURES])
    empty.to_parquet(tmp_path / "b.parquet")
    outputs = {"worst": tmp_path / "worst.svg", "registrations": tmp_path / "registrations.csv"}
    names = ("registered", "pictures", "fixed", "fixed_masks", "moving", "moving_masks")
    inputs = {name: [tmp_path] for name in names} | {"tables": [tmp_path / "b.parquet"]}
    rank_registrations.main(job(inputs, outputs))
    assert len(read_table(tmp_path / "registrations.csv")) == 0
    assert (tmp_path / "worst.svg").is_file()
