"""Registration of planted deformations, ours and four libraries': python -m tests.benchmarks.registration

Errors inside the tumour: of the displacement (mm, mean) and of the log-Jacobian (mean absolute difference); seconds
on two threads, of the deformable part alone, and CPU seconds, which other programs on the machine disturb less.
`--python` names an interpreter with antspyx and itk-elastix; what it lacks is left out. Slow engines run at the
middle size only; each a second time with its iterations cut to our time. `--engines` chooses, `--seed` draws another
phantom, `--smoothing` is ours.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.preprocess.diffeomorphism import unfold
from scripts.preprocess.jacobian import jacobian_determinant
from scripts.preprocess.registration import RegistrationSettings, register
from scripts.preprocess.velocity_spline import fit_velocity
from scripts.volumes import Volume
from tests.benchmarks.planted_deformation import SPACING_MM, PlantedPair, planted_pair
from tests.benchmarks.registration_rivals import ITERATIONS
from tests.benchmarks.runs import Row, fresh_folder, print_rows

SCALINGS = (0.9, 0.7, 0.5, 1.2)
MIDDLE = 0.7
SEED = 64
QUICK = ("demons",)
THREADS = 2


@dataclass(frozen=True)
class Found:
    """Errors in the tumour (mm, log-Jacobian), folded voxels, and wall and CPU seconds of the deformable part."""

    errors: tuple[float, float]
    n_folded: int
    seconds: float
    cpu_seconds: float

    def words(self) -> str:
        """All in a line."""
        distance, logs = self.errors
        return (
            f"{distance:.3f} mm, log-J {logs:.3f}, {self.n_folded} folded, "
            f"{self.seconds:.1f} s ({self.cpu_seconds:.1f} s CPU)"
        )


def ours(pair: PlantedPair, smoothing: float) -> Found:
    """This project's registration."""
    grid = Volume(pair.fixed, (SPACING_MM,) * 3)
    settings = RegistrationSettings(smoothing=smoothing)
    began, cpu_began = time.perf_counter(), time.process_time()
    fit = fit_velocity(pair.fixed, pair.moving, (SPACING_MM,) * 3, settings, threads=THREADS)
    found = unfold(fit.velocity_mm, fit.mesh, grid, THREADS)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    errors = pair.errors(found.field * SPACING_MM, found.jacobian)
    return Found(errors, int(np.count_nonzero(found.jacobian <= 0)), seconds, cpu_seconds)


def rival(pair: PlantedPair, engine: str, iterations: int, folder: Path, python: str) -> Found | None:
    """The same of a library; None where it is not installed."""
    given, found = folder / "pair.npz", folder / "found.npz"
    np.savez(given, fixed=pair.fixed, moving=pair.moving, spacing=SPACING_MM)
    found.unlink(missing_ok=True)
    script = Path(__file__).with_name("registration_rivals.py")
    variables = os.environ | {"ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(THREADS)}
    command = [python, script, engine, str(iterations), given, found]
    subprocess.run(
        command, cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL
    )  # some leave files
    if not found.exists():
        return None
    result = np.load(found)
    displacement = result["displacement"]
    grid = Volume(pair.fixed, (SPACING_MM,) * 3)
    jacobian = jacobian_determinant(np.moveaxis(displacement[::-1], 0, -1), grid)
    taken = float(result["seconds"]), float(result["cpu_seconds"])
    return Found(pair.errors(displacement, jacobian), int(np.count_nonzero(jacobian <= 0)), *taken)


def rows(
    folder: Path,
    engines: tuple[str, ...] = QUICK,
    python: str = sys.executable,
    seed: int = SEED,
    smoothing: float = RegistrationSettings.smoothing,
) -> list[Row]:
    """Every engine on every size that it is quick enough for."""
    table = []
    for scaling in SCALINGS:
        pair = planted_pair(scaling, seed=seed)
        still = pair.errors(np.zeros_like(pair.displacement), np.ones_like(pair.jacobian))
        mine = ours(pair, smoothing)
        table.append(
            Row(f"tumour x {scaling}: unregistered", mine.words(), f"{still[0]:.3f} mm, log-J {still[1]:.3f}")
        )
        for engine in engines:
            if engine not in QUICK and scaling != MIDDLE:
                continue
            full = rival(pair, engine, ITERATIONS[engine], folder, python)
            if full is None:
                continue
            table.append(
                Row(f"tumour x {scaling}: {engine}", mine.words(), full.words(), mine.seconds / full.seconds)
            )
            if scaling == MIDDLE and full.seconds > mine.seconds:
                fewer = max(1, round(ITERATIONS[engine] * mine.seconds / full.seconds))
                cut = rival(pair, engine, fewer, folder, python)
                table.append(
                    Row(
                        f"the same, {fewer} iterations a level",
                        mine.words(),
                        cut.words(),
                        mine.seconds / cut.seconds,
                    )
                )
    return [*table, _reduced()]


def _reduced() -> Row:
    """A pair of the simulated cohort's size, on one thread, rigid part and all."""
    pair = planted_pair(MIDDLE)
    box = (slice(16, 48), slice(8, 56), slice(8, 56))
    fixed, moving = (Volume(image[box], (2.0,) * 3) for image in (pair.fixed, pair.moving))
    found = register(fixed, moving, threads=1)
    return Row("a pair of 48 x 48 x 32 voxels on one core", f"{found.seconds:.1f} s", aim="1 s")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engines", nargs="*", default=list(ITERATIONS), choices=list(ITERATIONS))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--smoothing", type=float, default=RegistrationSettings.smoothing)
    given = parser.parse_args()
    with fresh_folder() as folder:
        print_rows(
            "Registration", rows(folder, tuple(given.engines), given.python, given.seed, given.smoothing)
        )


if __name__ == "__main__":
    main()
