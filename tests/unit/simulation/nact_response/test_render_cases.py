from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.errors import InputError
from scripts.simulation.nact_response.draw_patients import draw_patients
from scripts.simulation.nact_response.identifiers import (
    BYTES_PER_VOXEL,
    SIZE_YX,
    SIZE_Z,
    case_files,
    truth_files,
)
from scripts.simulation.nact_response.render_cases import main, render_batch
from scripts.simulation.nact_response.scanners import HOSPITALS


@pytest.fixture(scope="module")
def latents():
    return draw_patients(30, 10, "SIM", HOSPITALS["development"], 7)[1]


def contents(folder):
    folder = Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def together(latents, tmp_path_factory):
    folder = tmp_path_factory.mktemp("render") / "together"
    render_batch(latents, ["SIM-0001", "SIM-0002", "SIM-0031"], folder, 7)
    return contents(folder)


def test_images_depend_on_neither_batch_nor_order_nor_processes(latents, together, tmp_path):
    render_batch(latents, ["SIM-0031", "SIM-0001"], tmp_path / "second", 7, threads=2)
    render_batch(latents, ["SIM-0002"], tmp_path / "first", 7)
    assert together == contents(tmp_path / "first") | contents(tmp_path / "second")


def test_every_file_that_is_named_is_there(together):
    for patient, n_phases in (("SIM-0001", 5), ("SIM-0031", 4)):
        for name in (*case_files("x", "b", patient).values(), *truth_files("x", "b", patient).values()):
            short = name.removeprefix("x/b/")
            if short.endswith(".mha"):
                assert short in together
            else:
                inside = [k for k in together if k.startswith(f"{short}/")]
                assert inside == [f"{short}/phase_{k}.mha" for k in range(n_phases)]
    assert len(together) == 2 * (2 * 5 + 4) + (2 * 4 + 4)
    phases = [data for name, data in together.items() if "/phase_" in name]
    assert max(map(len, phases)) < SIZE_Z * SIZE_YX**2 * BYTES_PER_VOXEL


def test_images_stay_when_the_cohort_grows(together, tmp_path):
    larger = draw_patients(30, 14, "SIM", HOSPITALS["development"], 7)[1]
    render_batch(larger, ["SIM-0002"], tmp_path / "large", 7)
    large = contents(tmp_path / "large")
    assert large == {name: together[name] for name in large}


def test_the_step_renders_its_cases_from_the_stored_latents(latents, together, tmp_path):
    latents.to_parquet(tmp_path / "latents.parquet", index=False)
    job = SimpleNamespace(
        input=SimpleNamespace(latents=str(tmp_path / "latents.parquet")),
        output=SimpleNamespace(images=str(tmp_path / "images" / "b01")),
        cases=[{"patient": "SIM-0002"}],
        seed=7,
        threads=1,
    )
    main(job)
    found = contents(tmp_path / "images" / "b01")
    assert found == {name: together[name] for name in found}
    job.seed = 8
    main(job)
    assert (
        contents(tmp_path / "images" / "b01")["SIM-0002_baseline_mask.mha"]
        != found["SIM-0002_baseline_mask.mha"]
    )


def test_a_patient_without_latents_is_refused(latents, tmp_path):
    with pytest.raises(
        InputError, match="latents: expected a row for each of 2 patients, found none for SIM-9999"
    ):
        render_batch(latents, ["SIM-0001", "SIM-9999"], tmp_path, 7)
