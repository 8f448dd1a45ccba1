"""One smoke run shared by all tests of a worker; runs of all tests compare few decisions with float64."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray

from corr import Comparison
from corr.experiments import cli
from corr.experiments.running import decisions

TIMES, STIFFNESS = np.linspace(0.0, 1.0, 5), np.arange(1.0, 9.0)


@pytest.fixture(scope="session", autouse=True)
def few_decisions() -> Iterator[None]:
    """4096 decisions at every checked time would take longer than all else in a small run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decisions, "DRAWS", 64)
        yield


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder with Figures 1 and 2 reproduced at preset smoke; one device compiles its programs once."""
    output = tmp_path_factory.mktemp("results")
    options = ["--preset", "smoke", "--output", str(output), "--devices", "1"]
    assert cli.main(["reproduce", "fig1", "fig2", *options]) == 0
    return output


@pytest.fixture(scope="session")
def bowls() -> Callable[..., Comparison]:
    """``bowls(step_time, wrong=1.0)``: mutation, its twin and descent on a bowl, drawn from their law in the limit.

    Paths are normalized descent and free diffusion of variance π·step_time for each unit of time; 48 trajectories, 200
    twins. ``wrong`` multiplies the twins' drift.
    """

    @cache
    def made(step_time: float, wrong: float = 1.0) -> Comparison:
        rng = np.random.default_rng(1)

        def side(name: str, count: int, drift: float = 1.0) -> xarray.Dataset:
            noise = np.sqrt(np.pi * step_time * np.diff(TIMES))[:, None] * rng.normal(size=(count, 4, 8))
            paths = np.repeat(descended(drift)[None], count, axis=0)
            paths[:, 1:] += np.cumsum(noise, axis=1) * (name != "descent")
            return xarray.Dataset(
                {
                    "path": (("path_trajectory", "time", "parameter"), paths.astype("f4")),
                    "loss": (("trajectory", "time"), (STIFFNESS * (paths - 1) ** 2).sum(axis=-1).astype("f4")),
                    "count": ("time", np.full(5, count)),
                },
                coords={"time": TIMES},
                attrs={"side": name},
            )

        return Comparison(side("mutation", 48), side("twin", 200, wrong), side("descent", 1))

    return made


def descended(drift: float) -> np.ndarray:
    """Normalized descent on the bowl from 0, Euler's steps of 1e-3, at the recorded times."""
    x, rows = np.zeros(8), [np.zeros(8)]
    for _ in TIMES[1:]:
        for _ in range(250):
            gradient = 2 * STIFFNESS * (x - 1)
            x = x - 1e-3 * drift * gradient / np.linalg.norm(gradient)
        rows.append(x)
    return np.stack(rows)
