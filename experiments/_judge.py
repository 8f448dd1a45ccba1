"""Numbers behind a verdict: mutation against one gradient side, time by time."""

from typing import Any

import numpy as np
import xarray

from corr import inference

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
        Plain numbers: one row per recorded time after 0, and the p-values for all times up to ``until`` together.
    """
    times = walk.time.values
    travel = inference.travelled(smooth.path.values[0])
    rows: list[dict[str, Any]] = []
    together: dict[str, Any] = {}
    for number, span in enumerate(_spans(side, travel)):
        last = times[span[-1]]
        paths, losses = _finite(walk, span)
        other, other_losses = _finite(side, span)
        if side.attrs["side"] == "descent":
            other, other_losses = other[0], other_losses[0]
        mean, loss = _tests(paths, other, losses, other_losses, seed)
        error = inference.delta_standard_error(paths, other)
        raw = inference.delta(paths.mean(0), other if other.ndim == 2 else other.mean(0))
        noise = inference.sampling_noise(paths, None if other.ndim == 2 else other)
        for k, index in enumerate(span):
            rows.append(_row(index, k, times, travel, raw, noise, mean, error, loss, other_losses, losses, side))
        if number == 0 or last <= until:
            inside = [k for k, index in enumerate(span) if times[index] <= until + 1e-9]
            joint_mean, joint_loss = _tests(
                paths[:, inside], other[..., inside, :], losses[:, inside], other_losses[..., inside], seed
            )
            together = {
                "until": float(min(until, last)),
                "mean_p": joint_mean.maximum_p,
                "loss_p": joint_loss.maximum_p,
                "trajectories": [len(paths), 1 if other.ndim == 2 else len(other)],
            }
    return {"side": side.attrs["side"], "rows": rows, "together": together, "left_behind_at": _left_behind(rows)}


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
    paths, losses = data.path.values[:, span], data.loss.values[: len(data.path), span]
    good = np.isfinite(losses).all(axis=1) & np.isfinite(paths).all(axis=(1, 2))
    return paths[good].astype(float), losses[good].astype(float)


def _left_behind(rows: list[dict[str, Any]]) -> float | None:
    """First time from which on unbiased Δ exceeds 1 % of travel² and the 95 % quantile of its null law."""
    first = None
    for row in rows:
        beyond = row["unbiased"] > max(LEFT_BEHIND, row["null_quantile"])
        first = (first if first is not None else row["time"]) if beyond else None
    return first
