"""Figure 6: a wide shallow network at finite temperature, and how Δ falls with the number of trajectories averaged."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from scipy import stats

from corr import inference
from corr.results import Results

from ..declaring.experiment import Experiment, Margins, Preset
from ..declaring.number import Number
from ..problems.sines import WIDE_BETA, wide_sine

BLOCKS = 16  # behind the interval of a power of n; twice as many trajectories are needed


def power_of_count(runs: Sequence[Results]) -> Mapping[str, Number]:
    """The power of n with which Δ to noise-free descent falls, at the last time of the largest λ.

    Independent trajectories give -1 down to the floor. Its 95 % interval is Student's over blocks of trajectories.
    """
    run = runs[-1]
    walk, _, descent = run.sides
    paths = walk.path.values[np.isfinite(walk.path.values).all(axis=(1, 2))][:, [-1]].astype(float)
    if len(paths) < 2 * BLOCKS:
        return {}
    counts = np.unique(np.geomspace(1, len(paths), 13).round().astype(int)).tolist()
    found = inference.convergence_in_trajectories(paths, descent.path.values[0, [-1]].astype(float), counts=counts)
    error = float(found.upper[0] - found.exponent[0]) / float(stats.t.ppf(0.975, BLOCKS - 1))
    name = f"λ = {run.configuration['step_ratio']:g}: power of n in Δ to descent"
    return {name: Number(float(found.exponent[0]), error, BLOCKS, -1.0)}


fig6 = Experiment(
    name="fig6",
    title="wide shallow network, finite temperature: weights, U(<x>) beside <U(x)>, and Δ against n",
    problem=wide_sine,
    network="wide",
    beta=WIDE_BETA,
    margins=Margins(loss_until=5.0),
    relative_cost=8.5,
    numbers=power_of_count,
    presets={
        "smoke": Preset(
            1e-4, (5.0, 10.0), (8, 48), 16, end_time=0.5, record_every=0.25, descent_learning_rate=1e-3,
            problem=partial(wide_sine, 50),
        ),
        "quick": Preset(
            1e-4, (0.2, 2.0), (16, 256), 256, end_time=5.0, record_every=0.25, descent_learning_rate=1e-3,
            problem=partial(wide_sine, 250),
        ),
        "night": Preset(1e-4, (0.1, 1.0), (64, 1000), 256, end_time=5.0, record_every=0.25),
        "paper": Preset(1e-4, (0.1, 1.0), (1000, 1000), 1000, end_time=5.0, record_every=0.25),
    },
)  # fmt: skip
