"""Numbers behind a verdict: mutation against one gradient side, time by time."""

from typing import Any

import numpy as np
import xarray

from corr import inference

from ._declare import TIME_ROUNDING, check_recorded

RESAMPLES = 1999
LEFT_BEHIND = 0.01


def judge_side(
    walk: xarray.Dataset, side: xarray.Dataset, smooth: xarray.Dataset, *, until: float, seed: int
) -> dict[str, Any]:
    """Mutation against its twin ensemble, or against noise-free descent.

    Args:
        walk: the mutation Dataset.
        side: the twin or the descent Dataset.
        smooth: the descent Dataset, whose squared distance travelled is the unit of all distances.
        until: last time of the statement for all times together.
        seed: seed of the resampling.

    Returns:
        Plain numbers: one row per recorded time after 0, and one p-value each of mean weights and of mean loss for all
        recorded times up to ``until`` together.

    Raises:
        ValueError: for fewer than three or repeated trajectories, or if noise-free descent has moved at no recorded
            time up to ``until``.
    """
    times = walk.time.values
    check_recorded(float(times[1]), "this run", until=until)
    travel = inference.travelled(smooth.path.values[0])
    inside = np.flatnonzero((travel > 0) & (times <= until + TIME_ROUNDING))
    if not inside.size:
        raise ValueError(
            f"noise-free descent has not moved by t = {until:g}, so there is no distance to compare with: expected a"
            " start where the gradient is not 0, or steps that change the weights in this precision"
        )
    rows: list[dict[str, Any]] = []
    for span in _spans(side, travel):
        paths, losses, other, other_losses = _both(walk, side, span)
        mean, loss = _tests(paths, other, losses, other_losses, seed)
        error = inference.delta_standard_error(paths, other)
        raw = inference.delta(paths.mean(0), other if other.ndim == 2 else other.mean(0))
        noise = inference.sampling_noise(paths, None if other.ndim == 2 else other)
        for k, index in enumerate(span):
            rows.append(_row(index, k, times, travel, raw, noise, mean, error, loss, other_losses, losses, side))
    together = _together(walk, side, inside, seed)
    return {"side": side.attrs["side"], "rows": rows, "together": together, "left_behind_at": _left_behind(rows)}


def _together(walk: xarray.Dataset, side: xarray.Dataset, inside: np.ndarray, seed: int) -> dict[str, Any]:
    """p-values of mean weights and mean loss for all the times ``inside`` together, whatever is thinned or lost.

    Each part of the times is tested with the trajectories followed all through it; the smallest p of K parts counts K
    times (Bonferroni), so that what an early part shows is not lost where few trajectories are followed later.
    """
    found = []
    for part in _parts(walk, side, inside):
        paths, losses, other, other_losses = _both(walk, side, part)
        mean, loss = _tests(paths, other, losses, other_losses, seed)
        found.append((mean.maximum_p, loss.maximum_p, len(paths), 1 if other.ndim == 2 else len(other)))
    mean_p, loss_p = (min(1.0, len(found) * min(one[k] for one in found)) for k in (0, 1))
    return {
        "until": float(walk.time.values[inside[-1]]),
        "mean_p": mean_p,
        "loss_p": loss_p,
        "trajectories": list(found[0][2:]),
    }


def _parts(walk: xarray.Dataset, side: xarray.Dataset, inside: np.ndarray) -> list[np.ndarray]:
    """The times in parts: a new one begins where fewer than half of a part's first trajectories are still followed.

    So a lost trajectory is left out of the whole part, and only thinning begins another.
    """
    followed = np.array([_followed(data)[:, inside].sum(axis=0) for data in (walk, side)])
    starts, first = [0], followed[:, 0]
    for k in range(1, len(inside)):
        if (2 * followed[:, k] < first).any():
            starts.append(k)
            first = followed[:, k]
    return np.split(inside, starts[1:])


def _followed(data: xarray.Dataset) -> np.ndarray:
    """Whether each kept trajectory is finite at each time, (trajectories, times)."""
    return np.isfinite(data.loss.values[: len(data.path)]) & np.isfinite(data.path.values).all(axis=2)


def _both(walk: xarray.Dataset, side: xarray.Dataset, span: np.ndarray) -> tuple[np.ndarray, ...]:
    """Paths and losses of mutation and of the side over a span; a noise-free side without its trajectory axis."""
    other, other_losses = _finite(side, span)
    if side.attrs["side"] == "descent":
        other, other_losses = other[0], other_losses[0]
    return *_finite(walk, span), other, other_losses


def _row(index, k, times, travel, raw, noise, mean, error, loss, other_losses, losses, side) -> dict[str, float]:
    unit = travel[index]
    return {
        "time": float(times[index]),
        "travelled": float(unit),
        "delta": float(raw[k] / unit),
        "sampling_noise": float(noise[k] / unit),
        "unbiased": float(mean.statistic[k] / unit),
        "standard_error": float(error[k] / unit),
        "null_quantile": float(mean.null_quantile[k] / unit),
        "p": float(mean.p_value[k]),
        "detectable": float(mean.detectable[k] / unit),
        "loss": float(losses[:, k].mean()),
        "loss_side": float(np.mean(other_losses[..., k])),
        "loss_difference": float(loss.difference[k]),
        "loss_error": float(loss.standard_error[k]),
        "loss_p": float(loss.p_value[k]),
        "loss_detectable": float(loss.detectable[k]),
        "followed": int(side["count"].values[index]),
    }


def _tests(paths: np.ndarray, other: np.ndarray, losses: np.ndarray, other_losses: np.ndarray, seed: int) -> Any:
    if other.ndim == 2:
        mean = inference.sign_flip_test(paths, other, seed=seed, resamples=RESAMPLES)
    else:
        mean = inference.permutation_test(paths, other, seed=seed, permutations=RESAMPLES)
    return mean, inference.loss_test(losses, other_losses, seed=seed, resamples=RESAMPLES)


def _spans(side: xarray.Dataset, travel: np.ndarray) -> list[np.ndarray]:
    """Recorded times after the start, grouped by how many trajectories of the side are followed."""
    moved = np.flatnonzero(travel > 0)
    edges = np.flatnonzero(np.diff(side["count"].values[moved])) + 1
    return np.split(moved, edges)


def _finite(data: xarray.Dataset, span: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paths and losses over a span of the trajectories that are finite all through it."""
    good = _followed(data)[:, span].all(axis=1)
    losses = data.loss.values[: len(data.path)]
    return data.path.values[good][:, span].astype(float), losses[good][:, span].astype(float)


def _left_behind(rows: list[dict[str, Any]]) -> float | None:
    """First time from which on unbiased Δ exceeds 1 % of travel² and the 95 % quantile of its null law."""
    first = None
    for row in rows:
        beyond = row["unbiased"] > max(LEFT_BEHIND, row["null_quantile"])
        first = (first if first is not None else row["time"]) if beyond else None
    return first
