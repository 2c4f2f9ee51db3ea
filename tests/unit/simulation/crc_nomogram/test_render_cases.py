from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from radiomics import featureextractor
from scipy import ndimage, stats

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import LATENTS
from scripts.simulation.crc_nomogram.draw_patients import draw_patients
from scripts.simulation.crc_nomogram.hospitals import HOSPITALS, SCANNERS, Scanner
from scripts.simulation.crc_nomogram.render_cases import main, render_batch, render_case, scanner_noise
from scripts.volumes import compare_geometry, to_sitk

EXTREMES = [dict(zip(LATENTS, (s * 4.0, i * 4.0, 0.0, 0.0, n * 4.0), strict=True))
            for s in (-1, 1) for i in (-1, 1) for n in (-1, 1)]  # fmt: skip


@pytest.fixture(scope="module")
def latents():
    return draw_patients(60, 0, 0, "SIM", HOSPITALS["development"], 7)[1]


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=list(SCANNERS))
@pytest.mark.parametrize("factors", EXTREMES)
def test_even_extreme_tumours_are_one_piece_clear_of_the_border(factors, scanner):
    image, mask = render_case(factors, scanner, generator(1, "extreme", *map(str, factors.values())))
    assert image.array.dtype == np.int16
    assert mask.array.dtype == np.uint8
    assert compare_geometry(image, mask) == []
    assert image.array.shape[1:] == (64, 64)
    assert 24 <= image.array.shape[0] <= 32
    assert image.spacing[2] == scanner.slice_mm
    assert image.spacing[0] == image.spacing[1] == pytest.approx(scanner.pixel_mm, rel=0.15)
    assert set(np.unique(mask.array)) == {0, 1}
    assert ndimage.label(mask.array)[1] == 1
    inner = mask.array[1:-1, 1:-1, 1:-1]
    assert inner.sum() == mask.array.sum()


def test_regions_have_a_quick_number_of_voxels_and_tissue_values(latents):
    for row in latents.to_dict("records"):
        image, mask = render_case(row, SCANNERS[row["scanner"]], generator(1, row["patient"]))
        assert 800 <= mask.array.sum() <= 8000
        region = image.array[mask.array == 1]
        assert 40 < np.median(region) < 130
        assert image.array.min() >= -1024
        fat = (image.array > -150) & (image.array < -60)
        assert fat.mean() > 0.1


def test_noise_has_the_scanners_size_and_kernel():
    scanner = Scanner("T", noise_hu=12.0, smoothing=0.4, offset_hu=0.0, pixel_mm=1.0, slice_mm=2.0)
    noise = scanner_noise((60, 80, 70), scanner, generator(1))
    assert noise.shape == (60, 80, 70)
    assert noise.std() == pytest.approx(12, rel=0.01)
    # kernel (s, 1, s): autocovariance 1 + 2 s^2 at lag 0, 2 s at lag 1, s^2 at lag 2
    scale = 1 + 2 * 0.4**2
    for axis, lag, expected in ((2, 1, 0.8 / scale), (1, 1, 0.8 / scale), (1, 2, 0.16 / scale), (0, 1, 0.0)):
        moved = np.moveaxis(noise, axis, -1)
        found = np.corrcoef(moved[..., :-lag].ravel(), moved[..., lag:].ravel())[0, 1]
        assert found == pytest.approx(expected, abs=0.01)


def test_offset_and_noise_of_a_scanner_show_in_the_image(latents):
    row = latents.iloc[0]
    quiet = Scanner("Q", 0.0, 0.0, 0.0, 0.9, 2.5)
    shifted = Scanner("S", 0.0, 0.0, 7.0, 0.9, 2.5)
    noisy = Scanner("N", 9.0, 0.0, 0.0, 0.9, 2.5)
    images = [render_case(row, s, generator(1))[0].array.astype(int) for s in (quiet, shifted, noisy)]
    assert (images[1] - images[0] == 7).mean() > 0.999
    assert (images[2] - images[0]).std() == pytest.approx(9, rel=0.02)


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_images_depend_on_neither_batch_nor_order_nor_processes(latents, tmp_path):
    ids = latents["patient"].tolist()[:6]
    render_batch(latents, ids, tmp_path / "together", 7)
    render_batch(latents, ids[:2], tmp_path / "first", 7)
    render_batch(latents, ids[:1:-1], tmp_path / "second", 7, threads=2)
    together = contents(tmp_path / "together")
    assert together == contents(tmp_path / "first") | contents(tmp_path / "second")
    assert len(together) == 12
    assert max(map(len, together.values())) < 200_000


def test_images_stay_when_the_cohort_grows(latents, tmp_path):
    larger = draw_patients(61, 4, 0, "SIM", HOSPITALS["development"], 7)[1]
    for name, table in (("small", latents), ("large", larger)):
        render_batch(table, ["SIM-0003", "SIM-0060"], tmp_path / name, 7)
    assert contents(tmp_path / "small") == contents(tmp_path / "large")


def test_another_seed_renders_another_image(latents, tmp_path):
    for seed in (7, 8):
        render_batch(latents, ["SIM-0003"], tmp_path / str(seed), seed)
    assert contents(tmp_path / "7") != contents(tmp_path / "8")


def test_the_step_renders_its_cases_from_the_stored_latents(latents, tmp_path):
    latents.to_parquet(tmp_path / "latents.parquet", index=False)
    job = SimpleNamespace(
        input=SimpleNamespace(latents=str(tmp_path / "latents.parquet")),
        output=SimpleNamespace(images=str(tmp_path / "images" / "b01")),
        cases=[{"patient": "SIM-0002"}],
        seed=7,
        threads=1,
    )
    main(job)
    render_batch(latents, ["SIM-0002"], tmp_path / "expected", 7)
    assert contents(tmp_path / "images" / "b01") == contents(tmp_path / "expected")


def test_a_patient_without_latents_is_refused(latents, tmp_path):
    with pytest.raises(
        InputError, match="latents: expected a row for each of 2 patients, found none for SIM-9999"
    ):
        render_batch(latents, ["SIM-0001", "SIM-9999"], tmp_path, 7)


def test_features_recover_every_latent_factor(latents):
    wanted = {
        "size": ("shape", "MeshVolume", 0.85),
        "irregularity": ("shape", "Sphericity", -0.80),
        "heterogeneity": ("firstorder", "Entropy", 0.70),
        "coarseness": ("glcm", "Imc1", -0.65),
        "necrosis": ("firstorder", "10Percentile", -0.65),
    }
    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(
        shape=["MeshVolume", "Sphericity"], firstorder=["Entropy", "10Percentile"], glcm=["Imc1"]
    )
    rows = []
    for row in latents.to_dict("records"):
        image, mask = render_case(row, SCANNERS[row["scanner"]], generator(7, "render_cases", row["patient"]))
        rows.append(extractor.execute(to_sitk(image), to_sitk(mask)))
    features = pd.DataFrame(rows)
    for factor, (family, name, expected) in wanted.items():
        found = stats.spearmanr(
            latents[factor], features[f"original_{family}_{name}"].astype(float)
        ).statistic
        assert found * np.sign(expected) > abs(expected), (factor, found)
