import numpy as np
import pytest
from scipy import ndimage, stats

from scripts.seeds import generator
from scripts.simulation.nact_response.draw_patients import draw_patients
from scripts.simulation.nact_response.kinetics import FAST, PERSISTENT
from scripts.simulation.nact_response.response import LATENTS
from scripts.simulation.nact_response.scanners import HOSPITALS, SCANNERS
from scripts.simulation.nact_response.tumour import FAST_SHARE, PRECONTRAST, tumour_traits
from scripts.simulation.nact_response.visits import coil_field, magnitude, moved_slightly, render_patient
from scripts.volumes import compare_geometry

PLAIN = dict.fromkeys(LATENTS, 0.0)
EXTREMES = [
    PLAIN | {"size": s * 2.5, "shrinkage": h * 2.5, "patchiness": 2.5, "irregularity": 2.5}
    for s in (-1, 1)
    for h in (-1, 1)
]


@pytest.fixture(scope="module")
def patient():
    return render_patient(PLAIN, SCANNERS["A"], "left", generator(4, "p"))


def test_both_visits_have_their_grids(patient):
    first, second = patient.visits
    assert len(first.phases) == len(second.phases) == len(SCANNERS["A"].phase_times_s) == 5
    for visit in patient.visits:
        assert {p.array.dtype for p in visit.phases} == {np.dtype(np.int16)}
        for other in (*visit.phases[1:], visit.mask, visit.field):
            assert compare_geometry(visit.phases[0], other) == []
        assert visit.mask.array.dtype == np.uint8
        assert visit.phases[0].array.shape == (44, 56, 56)
    assert compare_geometry(first.mask, patient.jacobian) == []
    assert first.mask.spacing == second.mask.spacing
    assert first.mask.origin != second.mask.origin
    assert first.mask.spacing[2] == 2.2


@pytest.mark.parametrize("factors", EXTREMES)
@pytest.mark.parametrize("scanner", ["A", "B"])
def test_even_extreme_tumours_are_one_piece_clear_of_the_border(factors, scanner):
    rendered = render_patient(factors, SCANNERS[scanner], "right", generator(1, scanner))
    before, after = (visit.mask.array for visit in rendered.visits)
    for mask in (before, after):
        assert ndimage.label(mask)[1] == 1
        assert mask[1:-1, 1:-1, 1:-1].sum() == mask.sum() >= 60
    jacobian = rendered.jacobian.array
    assert 0.01 < jacobian.min() < jacobian.max() < 6
    ratio = tumour_traits(factors).volume_ratio
    assert jacobian[before == 1].mean() == pytest.approx(ratio, abs=5e-5)  # written with four digits
    assert after.sum() / before.sum() == pytest.approx(ratio, rel=0.06)


def test_the_first_phase_is_the_darkest_and_the_tumour_lights_up(patient):
    for number, visit in enumerate(patient.visits):
        inside = visit.mask.array == 1
        means = [p.array[inside].mean() for p in visit.phases]
        assert all(m > 1.5 * means[0] for m in means[1:])
        core = ndimage.binary_erosion(inside, iterations=1)
        field = visit.field.array
        level = [(p.array / field)[core].mean() for p in visit.phases]
        taken_up = FAST_SHARE * FAST.at(177) + (1 - FAST_SHARE) * PERSISTENT.at(177)
        expected = tumour_traits(PLAIN).enhancement[number] * taken_up
        assert (level[3] - level[0]) / level[0] == pytest.approx(expected, rel=0.15)
        assert level[0] / (SCANNERS["A"].gain * PRECONTRAST) == pytest.approx(1, abs=0.2)


def test_the_other_breast_is_the_mirror_image(patient):
    right = render_patient(PLAIN, SCANNERS["A"], "right", generator(4, "p"))
    for one, other in zip(patient.visits, right.visits, strict=True):
        np.testing.assert_array_equal(one.phases[2].array, other.phases[2].array[..., ::-1])
    np.testing.assert_array_equal(patient.jacobian.array, right.jacobian.array[..., ::-1])
    left_edges, right_edges = (
        sorted((v.origin[0], v.origin[0] + v.spacing[0] * 55)) for v in (patient.jacobian, right.jacobian)
    )
    assert left_edges[0] > 20  # x grows to the patient's left
    assert right_edges == pytest.approx([-left_edges[1], -left_edges[0]], abs=0.02)


def test_scanners_differ(patient):
    other = render_patient(PLAIN, SCANNERS["B"], "left", generator(4, "p"))
    assert len(other.visits[0].phases) == 4
    assert other.jacobian.spacing[2] == 2.0
    noise = [v.visits[0].phases[0].array[:, :4, :4].mean() / s.gain
             for v, s in ((patient, SCANNERS["A"]), (other, SCANNERS["B"]))]  # fmt: skip
    # in air the magnitude of two channels of SD s has the mean s sqrt(pi / 2)
    for found, name in zip(noise, "AB", strict=True):
        assert found == pytest.approx(SCANNERS[name].noise * np.sqrt(np.pi / 2), rel=0.2)


def test_noise_is_rician():
    noisy = magnitude(np.full((40, 50, 50), 400.0, np.float32), 100.0, generator(1))
    assert noisy.mean() == pytest.approx(stats.rice(4, scale=100).mean(), rel=2e-3)
    assert noisy.std() == pytest.approx(stats.rice(4, scale=100).std(), rel=0.01)


def test_a_field_is_smooth_and_has_the_stated_spread():
    covered = np.zeros((20, 30, 30), bool)
    covered[5:15, 6:28, 6:20] = True
    field = coil_field(covered.shape, 0.15, covered, generator(2))
    logarithm = np.log(field)
    assert logarithm[covered].mean() == pytest.approx(0, abs=1e-5)
    assert logarithm[covered].std() == pytest.approx(0.15, rel=1e-4)
    # the second difference of a polynomial of degree two is constant along every line
    assert np.ptp(np.diff(logarithm, 2, axis=1), axis=1).max() < 1e-5


def test_motion_moves_tissue_the_way_it_says():
    z, y, x = np.meshgrid(np.arange(6.0), np.arange(7.0), np.arange(8.0), indexing="ij")
    ramp = (3 * z + 5 * y - 2 * x).astype(np.float32)
    slopes = np.gradient(ramp)
    moved = moved_slightly(ramp, slopes, np.array([0.2, -0.4, 0.1]))
    # what is at a voxel now was at the voxel minus the shift
    np.testing.assert_allclose(moved, 3 * (z - 0.2) + 5 * (y + 0.4) - 2 * (x - 0.1), atol=1e-5)


def test_images_show_what_was_planted():
    latents = draw_patients(12, 0, "SIM", HOSPITALS["development"], 5)[1]
    rows = []
    for row in latents.to_dict("records"):
        visit = render_patient(
            row, SCANNERS[row["scanner"]], row["side"], generator(5, row["patient"])
        ).visits[1]
        core = ndimage.binary_erosion(visit.mask.array == 1)
        first, third = (visit.phases[k].array[core].astype(float) for k in (0, 3))
        relative = (third - first) / first.mean()
        traits = tumour_traits(row)
        rows.append(
            (
                traits.enhancement[1],
                relative.mean(),
                traits.heterogeneity[1],
                relative.std() / relative.mean(),
            )
        )
    enhancement, mean, heterogeneity, variation = np.array(rows).T
    assert stats.spearmanr(enhancement, mean).statistic > 0.85
    assert stats.spearmanr(heterogeneity, variation).statistic > 0.8
