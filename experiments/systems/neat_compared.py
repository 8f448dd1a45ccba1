"""Mutation of a frozen winner beside its noisy twin, and beside that twin on a wrong clock."""

import jax
import numpy as np
import xarray

import corr

from .neat_frozen import apart, frozen

RATE, RECORDS, LATE = 1e-4, 8, 0.4


def compared(key: jax.Array, name: str, generations: int, runs: int) -> xarray.Dataset:
    """p-values of one mean path, and the mean loss of mutation, twin and descent against time."""
    place = frozen(name, 0, generations)
    start = apart(place, jax.random.fold_in(key, 0))["steep"]
    sides = corr.compare(
        place.loss, start, key=jax.random.fold_in(key, 1), trajectories=runs, twin_trajectories=4 * runs,
        end_time=LATE, record_every=LATE / RECORDS, learning_rate=RATE, step_ratio=1.0, progress=False,
    )  # fmt: skip
    walk, twin = sides.mutation.path.values[:, 1:], sides.twin.path.values[:, 1:]
    late = {"right clock": (walk, twin), "wrong clock": (walk[:, :-1], twin[:, 1:])}
    found = [corr.inference.permutation_test(*pair, seed=0).maximum_p for pair in late.values()]
    columns = {
        name: ("time", side.loss.mean("trajectory").values.astype(float))
        for name, side in sides._asdict().items()
    }  # fmt: skip
    times = np.asarray(sides.mutation.time.values)
    return xarray.Dataset(
        columns | {"p": ("clock", found)}, {"time": times, "clock": list(late)}, {"runs": runs, "rate": RATE}
    )
