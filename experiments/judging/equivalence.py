"""Is averaged mutation the gradient side within a declared margin? Tests of one run against its twin and descent."""

from typing import Any, NamedTuple

import numpy as np
import xarray

from corr import Comparison, inference
from corr.inference._multiplicity import Kind
from corr.inference._resample import resamples_for

from ..declaring.experiment import TIME_ROUNDING, Margins, check_recorded
from .sides import check_descent

LEVEL, POWER = 0.05, 0.9
SEED, RESAMPLES = 1, 1999
FEWEST = 3
NULLS = {
    "twin": "(a) mutation against its noisy twin",
    "descent": "(b) averaged mutation against noise-free descent",
}
DECLARED: dict[str, dict[str, Kind]] = {
    "twin": {
        "weights differ": "difference",
        "loss differs": "difference",
        "distribution differs": "difference",
        "weights equivalent": "equivalence",
        "loss equivalent": "equivalence",
    },
    "descent": {
        "weights differ": "difference",
        "loss differs": "difference",
        "weights equivalent": "equivalence",
        "loss equivalent": "equivalence",
    },
}


def equivalence(sides: Comparison, margins: Margins) -> xarray.Dataset:
    """Every declared test of a run, time by time and for all times together.

    Args:
        sides: the three Datasets of ``corr.compare`` or of a saved run.
        margins: what counts as equivalent, as the experiment declares it.

    Returns:
        A Dataset over side ("twin", "descent") and time (recorded times after 0 up to the last declared one):
        ``weights`` (unbiased Δ), ``weights_upper`` (its 95 % bound), ``weights_margin``, ``weights_detectable`` in
        squared parameter units, ``weights_p`` (equivalence) and ``weights_null_p`` (equality); ``loss`` (difference),
        ``loss_lower``, ``loss_upper``, ``loss_margin``, ``loss_detectable``, ``loss_p``, ``loss_null_p``;
        ``weights_least`` and ``loss_least``, lower bounds of |bias|² and of the difference of losses, 95 % for all
        declared times together; ``travelled``; ``fallen``, the loss noise-free descent has lost since t = 0;
        ``twin_weights``, the twins' own unbiased Δ to noise-free descent, and ``twin_weights_error``, its standard
        error. NaN outside the declared times. Over test: ``together_p``, one p-value for all its declared times.

    Raises:
        ValueError: for fewer than three, repeated or non-finite trajectories, mismatched times, or margins declared to
            times before the first recorded one.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import compare, root_key
        >>> sides = compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), trajectories=24, end_time=0.2,
        ...                 record_every=0.1, learning_rate=1e-4, step_ratio=1.0, progress=False)
        >>> found = equivalence(sides, Margins())
        >>> bool((found.weights_p.sel(side="twin") < 0.05).all())
        True
    """
    if any(not np.array_equal(side.time, sides.mutation.time) for side in sides):
        times = [side.time.values.tolist() for side in sides]
        raise ValueError(f"mutation, twin and descent must share their recorded times, got {times}")
    kept = {name: side.sizes["path_trajectory"] for name, side in sides._asdict().items() if name != "descent"}
    if min(kept.values()) < FEWEST:
        raise ValueError(
            f"the run kept the paths of {kept['mutation']} mutation and {kept['twin']} twin trajectories, the tests"
            f" need {FEWEST} or more of each: run corr.compare with more trajectories (or a larger keep)"
        )
    time = sides.mutation.time.values[1:]
    check_recorded(float(time[0]), "this run", weights_until=margins.weights_until, loss_until=margins.loss_until)
    time = time[time <= max(margins.weights_until, margins.loss_until) + TIME_ROUNDING]
    check_descent(sides.descent.sel(time=sides.mutation.time.values[: len(time) + 1]))
    parts = _parts(sides, time)
    found = xarray.concat([_side(name, sides, parts, margins) for name in NULLS], "side", join="outer")
    found = found.assign_attrs(level=LEVEL, power=POWER, **vars(margins))
    away, unsure = (np.concatenate(part) for part in zip(*[_twins_away(sides, part) for part in parts], strict=True))
    travelled, fallen = (np.concatenate(part) for part in zip(*[_units(sides, part) for part in parts], strict=True))
    found = found.assign(travelled=("time", travelled), fallen=("time", fallen))
    return found.assign(twin_weights=("time", away), twin_weights_error=("time", unsure))


def _parts(sides: Comparison, time: np.ndarray) -> list[np.ndarray]:
    """The times in parts: a new one begins where fewer than half of a part's first trajectories are still followed.

    So a lost trajectory is left out of the whole part, and only thinning begins another.
    """
    followed = np.array([_followed(data.sel(time=time)).sum(axis=0) for data in (sides.mutation, sides.twin)])
    starts, first = [0], followed[:, 0]
    for k in range(1, len(time)):
        if (2 * followed[:, k] < first).any():
            starts.append(k)
            first = followed[:, k]
    return np.split(time, starts[1:])


def _units(sides: Comparison, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What margins are shares of: squared distance travelled, and loss lost, by noise-free descent."""
    curve = sides.descent.loss.values[0].astype(float)
    chosen = np.isin(sides.descent.time.values, time)
    travelled = inference.travelled(sides.descent.path.values[0].astype(float))
    return travelled[chosen], np.abs(curve[chosen] - curve[0])


def _noise_free(sides: Comparison, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = sides.descent.sel(time=time)
    return at.path.values[0].astype(float), at.loss.values[0].astype(float)


def _twins_away(sides: Comparison, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The twins' own unbiased Δ to noise-free descent and its standard error."""
    twin, (path, _) = finite(sides.twin, time)[0], _noise_free(sides, time)
    return inference.unbiased_delta(twin, path), inference.delta_standard_error(twin, path)


def _side(name: str, sides: Comparison, parts: list[np.ndarray], margins: Margins) -> xarray.Dataset:
    """The tests of mutation against the twins or the noise-free path.

    Each part of the times is tested with the trajectories followed all through it; the smallest p of K parts counts K
    times (Bonferroni), so that what an early part shows is not lost where few trajectories are followed later.
    """
    time = np.concatenate(parts)
    early, late = time <= margins.weights_until + TIME_ROUNDING, time <= margins.loss_until + TIME_ROUNDING
    declared = {"weights": max(int(early.sum()), 1), "loss": max(int(late.sum()), 1)}
    done = [_part(name, sides, part, margins, declared) for part in parts]
    data = {key: ("time", np.concatenate([one.columns[key] for one in done])) for key in done[0].columns}
    for key, inside in (("weights_p", early), ("loss_p", late)):
        # Estimates are shown at all times; the statement is made at the declared ones.
        data[key] = ("time", np.where(inside, data[key][1], np.nan))
    differ = [one.differ for one in done]
    together = {what: min(1.0, len(differ) * min(one[what] for one in differ)) for what in differ[0]}
    for what, until in (("weights", margins.weights_until), ("loss", margins.loss_until)):
        # A run that ends before the last declared time cannot show what is declared.
        worst = float(np.nanmax(data[f"{what}_p"][1])) if reaches(time, until) else 1.0
        together[f"{what} equivalent"] = worst
    counts = ("of", np.array(done[0].trajectories))
    coords = {"time": time, "test": list(together), "side": name, "of": ["mutation", "other"]}
    values = np.array(list(together.values()))
    return xarray.Dataset({**data, "together_p": ("test", values), "trajectories": counts}, coords)


class _Part(NamedTuple):
    """Columns over the times of a part, p of each difference for all of them together, trajectories of both sides."""

    columns: dict[str, np.ndarray]
    differ: dict[str, float]
    trajectories: list[int]


def _part(name: str, sides: Comparison, time: np.ndarray, margins: Margins, declared: dict[str, int]) -> _Part:
    paths, losses = finite(sides.mutation, time)
    other, other_losses = finite(sides.twin, time) if name == "twin" else _noise_free(sides, time)
    travelled, fallen = _units(sides, time)
    bound, gap = margins.weights * travelled, margins.loss * fallen
    mean = inference.mean_equivalence(paths, other, bound, seed=SEED, level=LEVEL, resamples=RESAMPLES)
    loss = inference.loss_equivalence(losses, other_losses, gap, level=LEVEL)
    apart = inference.loss_equivalence(losses, other_losses, gap, level=LEVEL / declared["loss"])
    least = bias_at_least(paths, other, bound, declared["weights"])
    columns = _columns("weights", mean, {"upper": mean.upper, "least": least})
    limits = {"lower": loss.lower, "upper": loss.upper, "least": np.maximum(apart.lower, -apart.upper)}
    columns |= _columns("loss", loss, limits)
    null = _null(paths, other, losses, other_losses)
    columns |= {f"{key}_null_p": test.p_value for key, test in null.items()}
    differ = {
        "weights differ": null["weights"].maximum_p,
        "loss differs": null["loss"].maximum_p,
        "distribution differs": _distribution(paths, other) if name == "twin" else np.nan,
    }
    return _Part(columns, differ, [len(paths), len(other) if name == "twin" else 1])


def bias_at_least(paths: np.ndarray, other: np.ndarray, margin: np.ndarray, declared: int) -> np.ndarray:
    """Lower bound of |bias|² at each time, at the level for all ``declared`` times together (Bonferroni)."""
    level = LEVEL / max(declared, 1)
    resamples = resamples_for(max(declared, 1))
    return inference.mean_equivalence(paths, other, margin, seed=SEED, level=level, resamples=resamples).lower


def reaches(times: np.ndarray, until: float) -> bool:
    """Whether recorded times go as far as a declared one."""
    return bool(times[-1] >= until - TIME_ROUNDING)


def finite(data: xarray.Dataset, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paths and losses at the times, of the kept trajectories that are finite there."""
    at = data.sel(time=times)
    good = _followed(at).all(axis=1)
    return at.path.values[good].astype(float), at.loss.values[: len(at.path)][good].astype(float)


def _followed(data: xarray.Dataset) -> np.ndarray:
    """Whether each kept trajectory is finite at each time, (trajectories, times)."""
    return np.isfinite(data.loss.values[: len(data.path)]) & np.isfinite(data.path.values).all(axis=2)


def _columns(name: str, test: Any, limits: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    columns = {"": test.estimate, "_margin": test.margin, "_detectable": test.detectable, "_p": test.p_value}
    columns |= {f"_{key}": value for key, value in limits.items()}
    return {f"{name}{key}": value for key, value in columns.items()}


def _null(paths: np.ndarray, other: np.ndarray, losses: np.ndarray, other_losses: np.ndarray) -> dict[str, Any]:
    loss = inference.loss_test(losses, other_losses, seed=SEED, resamples=RESAMPLES)
    if other.ndim == 2:
        return {"weights": inference.sign_flip_test(paths, other, seed=SEED, resamples=RESAMPLES), "loss": loss}
    return {"weights": inference.permutation_test(paths, other, seed=SEED, permutations=RESAMPLES), "loss": loss}


def _distribution(paths: np.ndarray, other: np.ndarray) -> float:
    return float(inference.energy_test(paths, other, seed=SEED, permutations=RESAMPLES).maximum_p)


def established_until(one: xarray.Dataset, what: str) -> float:
    """Last time up to which one side's "weights" or "loss" are equivalent at every recorded time, 0 if at none.

    Times are tested in their order and the first that fails ends it, so no adjustment for their number is due.
    """
    inside = np.isfinite(one[f"{what}_p"].values)
    times, failed = one.time.values[inside], one[f"{what}_p"].values[inside] >= LEVEL
    return float(times[: int(np.argmax(failed)) if failed.any() else len(times)].max(initial=0.0))


def crossing_time(found: xarray.Dataset) -> float:
    """First recorded time at which the twins' own unbiased Δ to noise-free descent exceeds the margin, else ∞."""
    one = found.sel(side="descent")
    beyond = np.flatnonzero(one.twin_weights.values > one.weights_margin.values)
    return float(one.time.values[beyond[0]]) if beyond.size else np.inf
