from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.simulation.nmosd_ms.brain import LATERAL, ellipsoid, half_axes_mm, lesion_place, tissue_signal
from scripts.simulation.nmosd_ms.diseases import REGIONS
from scripts.simulation.nmosd_ms.identifiers import SIZE_XYZ, SPACING_MM, patient_ids
from scripts.simulation.nmosd_ms.patients import draw_all
from scripts.simulation.nmosd_ms.render_cases import add_lesion, main, render_batch, render_case
from scripts.volumes import IDENTITY, compare_geometry, reorient

NOBODY = {**{f"n_{region}": 0 for region in REGIONS}, "icv_ml": 1400.0, "plane": "axial"}


@pytest.fixture(scope="module")
def drawn():
    return draw_all(patient_ids(12, "SIM"), 7)


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(Path(folder).rglob("*.mha"))}


def test_images_depend_on_neither_batch_nor_order_nor_processes(drawn, tmp_path):
    render_batch(drawn, ["SIM-0001", "SIM-0002", "SIM-0003"], tmp_path / "all", 7)
    render_batch(drawn, ["SIM-0003", "SIM-0001"], tmp_path / "two", 7, threads=2)
    job = SimpleNamespace(
        cases=[{"patient": "SIM-0002"}],
        input=SimpleNamespace(latents=tmp_path / "latents.parquet"),
        output=SimpleNamespace(images=tmp_path / "one"),
        seed=7,
        threads=1,
    )
    drawn.to_parquet(job.input.latents)
    main(job)
    assert contents(tmp_path / "all") == contents(tmp_path / "two") | contents(tmp_path / "one")
    assert len(contents(tmp_path / "all")) == 6
    with pytest.raises(InputError, match="none for SIM-9999"):
        render_batch(drawn, ["SIM-9999"], tmp_path / "none", 7)


def test_both_planes_show_the_same_head(drawn):
    row = drawn.iloc[0].to_dict()
    axial, sagittal = (
        render_case({**row, "plane": plane}, np.random.default_rng(3)) for plane in ("axial", "sagittal")
    )
    assert axial[0].direction == IDENTITY
    assert sagittal[0].size == (SIZE_XYZ[1], SIZE_XYZ[2], SIZE_XYZ[0])
    for one, other in zip(axial, map(reorient, sagittal), strict=True):
        assert compare_geometry(one, other) == []
        assert np.array_equal(one.array, other.array)
    assert compare_geometry(*sagittal) == []


def test_a_lesion_alone_has_its_place_and_its_volume():
    axes = tuple(np.arange(-30.0, 31.0) for _ in range(3))
    cover = np.zeros((61, 61, 61), np.float32)
    add_lesion(cover, axes, np.array([4.3, -6.2, 9.4]), np.array([8.0, 6.0, 7.0]))
    inside = cover > 0.5
    assert inside.sum() == pytest.approx(4 / 3 * np.pi * 8 * 6 * 7, rel=0.03)
    assert ndimage.center_of_mass(inside) == pytest.approx((34.3, 23.8, 39.4), abs=0.1)
    assert cover.max() == 1
    assert cover[0, 0, 0] == 0


def test_lesions_are_bright_and_in_the_brain(drawn):
    row = next(r for r in drawn.to_dict("records") if sum(r[f"n_{k}"] for k in REGIONS) > 8)
    flair, lesions = render_case({**row, "plane": "axial"}, generator(7, row["patient"]))
    inside = lesions.array != 0
    brain = (flair.array > 300) & ~inside
    assert np.median(flair.array[inside]) > 1.3 * np.median(flair.array[brain])
    assert flair.array[:3].max() < 120  # air over the head


def test_a_patient_whose_lesions_miss_every_voxel_has_one_voxel():
    row = {**NOBODY, "n_central": 1}
    sizes = [render_case(row, generator(1, k))[1].array.sum() for k in range(12)]
    assert min(sizes) >= 1


def test_the_brain_has_its_volume():
    half = half_axes_mm(1400.0)
    assert 4 / 3 * np.pi * half.prod() / 1000 == pytest.approx(1400)
    along = [np.arange(-100, 101, 2.0) for _ in range(3)]
    points = tuple(a / h for a, h in zip(np.ix_(*along[::-1])[::-1], half, strict=True))
    signal, tissue = tissue_signal(points)
    assert tissue.sum() * 8 / 1000 == pytest.approx(1400, rel=0.03)  # but for the ventricles
    assert signal.shape == tissue.shape
    assert (
        half_axes_mm(1850.0) * 1.13 + 5 < np.array(SIZE_XYZ) * SPACING_MM / 2
    ).all()  # the largest head fits


@pytest.mark.parametrize("region", REGIONS)
def test_lesions_of_a_region_begin_in_it(region):
    random = np.random.default_rng(6)
    places = np.array([lesion_place(region, random) for _ in range(300)])
    assert np.linalg.norm(places, axis=1).max() < 0.96
    x, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    near = np.minimum(*(ellipsoid(places.T, (s * 0.16, 0.05, 0.18), LATERAL[1]) for s in (-1, 1)))
    checks = {
        "periventricular": near.max() < 1.75,
        "juxtacortical": np.linalg.norm(places, axis=1).min() > 0.77,
        "deep": near.min() > 1.85,
        "infratentorial": z.max() < -0.5,
        "central": np.quantile(x, 0.99) < 0.15 and z.max() < 0 and y.max() < 0.5,
    }
    assert checks[region]
