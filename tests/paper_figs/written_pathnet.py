"""Synthetic results of PathNet: generations that differ by way, laws of the tournament held to a percent."""

from collections.abc import Mapping

import numpy as np
import xarray

from corr.experiments.systems import law, pathnet, pathnet_runs, pathnet_tournament
from theory import tournament

from .written_systems import Parts, Sizes

REPEATS, ALLOWED = 20, 200
USUAL = {
    pathnet_runs.FIRST: 60.0, pathnet_runs.TRANSFER: 40.0, pathnet_runs.ALWAYS: 30.0, pathnet_runs.RANDOM: 45.0,
    pathnet_runs.SCRATCH: 60.0, pathnet_runs.TUNED: 62.0, pathnet_runs.FIXED: 70.0, pathnet_runs.BIGGER: 50.0,
}  # fmt: skip


def taken(means: Mapping[str, float], seed: int = 0) -> xarray.Dataset:
    """Generations that scatter by five about these, none above what is allowed."""
    random = np.random.default_rng(seed)
    values = np.minimum(
        np.round(np.array([*means.values()])[:, None] + 5 * random.normal(size=(len(means), REPEATS))), ALLOWED
    )
    columns = {"generations": (("way", "repeat"), values), "reached": (("way", "repeat"), values < ALLOWED),
               "shared": ("repeat", random.integers(0, 4, REPEATS))}  # fmt: skip
    return xarray.Dataset(columns, {"way": [*means]}, {"allowed": ALLOWED})


def contested(changes: Mapping[str, float] | None = None) -> Parts:
    """All parts."""
    at = np.linspace(0.3, 3.0, 6)
    foreseen = np.array([tournament.win_probability(one, 1.0) for one in at])
    wins = law.Row(foreseen, 0.005 * np.ones(6), foreseen, np.minimum(foreseen + 0.1, 1.0))
    odds = law.Row([0.1, 1.0, 2.0], [0.01] * 3, [0.1, 1.0, 2.0], [0.1] * 3)
    return {
        pathnet.TASKS: taken({**USUAL, **(changes or {})}),
        pathnet.WEIGHTS: taken({"mutation": 90.0, "its descent": 60.0}),
        pathnet.WINS: law.against(
            "difference / noise of one evaluation", at, {pathnet_tournament.WINS: wins}, model=0.01,
            other=pathnet_tournament.OTHER, logarithmic=False,
        ),
        pathnet.POPULATION: law.against("population P", [2, 6, 20], {pathnet_tournament.LAW: odds},
                                        other=pathnet_tournament.ALONE),
    }  # fmt: skip


def paths() -> tuple[Parts, Sizes]:
    """In the layout of results."""
    return contested(), pathnet.study.preset("quick")._asdict()
