"""What a rendered volume shows of its traits, and that nothing else of it knows them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from scripts.errors import InputError
from scripts.simulation.glioma_grading import glioma
from scripts.simulation.glioma_grading.draw_patients import draw_patients
from scripts.simulation.glioma_grading.glioma import bounded, render_glioma, tumour_traits
from scripts.simulation.glioma_grading.grades import TRAITS
from scripts.simulation.glioma_grading.identifiers import BYTES_PER_VOXEL, SIZE_YX, SIZE_Z, case_files
from scripts.simulation.glioma_grading.render_cases import main, render_batch
from scripts.tables import write_table

LEVELS = (-2.5, 0.0, 2.5)


def traits(**changed):
    return dict.fromkeys(TRAITS, 0.0) | changed


def rendered(seed=5, **changed):
    return render_glioma(traits(**changed), np.random.default_rng(seed))


def test_a_volume_is_what_jobs_are_planned_from():
    image, mask = rendered()
    assert image.array.shape == mask.array.shape == (SIZE_Z, SIZE_YX, SIZE_YX)
    assert image.array.dtype.itemsize == BYTES_PER_VOXEL
    assert mask.array.dtype == np.uint8
    assert image.spacing == mask.spacing
    assert image.origin == mask.origin


@pytest.mark.parametrize("seed", range(4))
def test_the_tumour_is_one_piece_inside_the_volume(seed):
    _, mask = rendered(seed)
    pieces, n = ndimage.label(mask.array)
    assert n == 1
    where = np.argwhere(mask.array)
    assert (where.min(axis=0) > 0).all()
    assert (where.max(axis=0) < np.array(mask.array.shape) - 1).all()
    assert 7 < mask.array.sum() * mask.voxel_volume_mm3 / 1000 < 50


def test_the_grade_moves_neither_outline_nor_anything_outside():
    calm, wild = rendered(), rendered(necrosis=3.0, enhancement=3.0, heterogeneity=3.0)
    assert np.array_equal(calm[1].array, wild[1].array)
    away = ndimage.binary_dilation(calm[1].array, iterations=5) == 0
    assert np.array_equal(calm[0].array[away], wild[0].array[away])


def test_each_trait_moves_what_it_is_named_after():
    def seen(name, measure):
        found = []
        for level in LEVELS:
            image, mask = rendered(**{name: level})
            white = np.median(
                image.array[(image.array > 0.5 * np.median(image.array[mask.array == 1])) & (mask.array == 0)]
            )
            found.append(measure(image.array[mask.array == 1] / white))
        return found

    dark = seen("necrosis", lambda v: np.mean(v < 0.75))
    bright = seen("enhancement", lambda v: np.percentile(v, 80))
    spread = seen("heterogeneity", lambda v: np.std(np.log(v[v > 1])))
    for values in (dark, bright, spread):
        assert values[0] < values[1] < values[2]


def test_a_bounded_trait_is_its_median_at_zero_and_within_its_ratio():
    assert bounded(0, 5, 3) == 5
    assert bounded(100, 5, 3) == pytest.approx(15)
    assert bounded(-100, 5, 3) == pytest.approx(5 / 3)
    assert tumour_traits(traits(enhancement=50)).enhancement == pytest.approx(np.prod(glioma.ENHANCEMENT))


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(Path(folder).iterdir())}


def test_images_depend_on_neither_batch_nor_order_nor_processes(tmp_path):
    _, latents = draw_patients({2: 2, 3: 2, 4: 2}, "SIM", 7)
    render_batch(latents, ["SIM-0001", "SIM-0004"], tmp_path / "together", 7)
    render_batch(latents, ["SIM-0004", "SIM-0001"], tmp_path / "reversed", 7, threads=2)
    render_batch(latents, ["SIM-0004"], tmp_path / "alone", 7)
    assert contents(tmp_path / "together") == contents(tmp_path / "reversed")
    assert contents(tmp_path / "alone").items() <= contents(tmp_path / "together").items()
    names = case_files("", "together", "SIM-0001").values()
    assert {Path(name).name for name in names} <= set(contents(tmp_path / "together"))
    with pytest.raises(InputError, match="none for SIM-0009"):
        render_batch(latents, ["SIM-0009"], tmp_path / "none", 7)


def test_the_step_renders_its_cases(tmp_path):
    _, latents = draw_patients({2: 1, 3: 1, 4: 1}, "SIM", 7)
    write_table(latents, tmp_path / "latents.parquet")
    main(
        SimpleNamespace(
            input=SimpleNamespace(latents=tmp_path / "latents.parquet"),
            output=SimpleNamespace(images=tmp_path / "b0"),
            cases=[{"patient": "SIM-0002"}],
            seed=7,
            threads=1,
        )
    )
    assert sorted(contents(tmp_path / "b0")) == ["SIM-0002_t1ce.mha", "SIM-0002_tumour.mha"]
