"""Drift, noise and acceptance at one point, from many single steps, beside predictions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from ._mean_vector import mean_vector_p
from ._multiplicity import adjust
from ._step_moments import Estimate, standard_error, step_drift, step_moments

FEWEST = 100  # the p-values rest on means being normal


class StepComparison(NamedTuple):
    """One measured quantity against one prediction.

    Attributes:
        z: measured less predicted in standard errors; for the drift vector the root mean square over components.
        p_value: two-sided.
        adjusted_p: after Holm over the quantities of the same prediction.
    """

    z: float
    p_value: float
    adjusted_p: float


class StepResult(NamedTuple):
    """What one step does at one point.

    Attributes:
        drift: mean step, (N,), parameter units.
        drift_error: its standard errors, (N,).
        measured: ``Estimate`` of ``acceptance``; ``drift_along`` ĝ·drift; ``second_moment`` E|step|²; and of the
            covariance of a step its ``trace``, the variance ``along`` ĝ, the mean variance ``across`` and ``isotropy``,
            along over across. The last two are absent for one parameter.
        centred_p: p-value of proposals having mean zero, on which the drift's control variate rests; NaN where all
            steps were accepted and none was used.
        comparisons: ``comparisons[prediction][quantity]``, with ``drift`` the whole vector.
    """

    drift: np.ndarray
    drift_error: np.ndarray
    measured: dict[str, Estimate]
    centred_p: float
    comparisons: dict[str, dict[str, StepComparison]]


def drift_and_noise(
    displacements: np.ndarray, accepted: np.ndarray, gradient: np.ndarray, *, predicted: Mapping[str, Mapping[str, Any]]
) -> StepResult:
    """Drift E[ε a] by the control variate ε(a - <a>), covariance and acceptance of a step, tested against predictions.

    Proposals have mean zero, so the covariance of ε and a is the drift, with far less noise than the mean of ε a where
    most steps are accepted. Where all are accepted (noisy gradient descent) the drift is the plain mean. The drift
    vector is tested by the sum of its squared z-scores with a null law that allows for correlated components: valid for
    more parameters than draws, where Hotelling's T² does not exist, and as exact as it where draws are many. The
    acceptance is tested by the exact binomial law.

    Args:
        displacements: proposals ε, (n, N), parameter units, n at least 100.
        accepted: (n,), so that a step is ε · accepted.
        gradient: ∇U at the point, (N,), not zero; only its direction ĝ matters.
        predicted: for each prediction by name, the quantities it predicts: ``drift`` (N,), ``acceptance``,
            ``second_moment``, ``trace``, ``along``, ``across``, ``isotropy`` as in ``StepResult``; any of them.

    Returns:
        A ``StepResult``.

    Raises:
        ValueError: for too few, repeated or non-finite draws, wrong shapes, a zero gradient, parameters that never
            moved, or unknown quantities.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> moves = rng.normal(size=(2000, 3))
        >>> limit = {"drift": [-0.398942, 0, 0], "acceptance": 0.5, "along": 0.340845, "across": 0.5}
        >>> result = drift_and_noise(moves, moves[:, 0] < 0, np.array([1.0, 0, 0]), predicted={"linear": limit})
        >>> sorted(result.comparisons["linear"])
        ['acceptance', 'across', 'along', 'drift', 'drift_along']

    Reference: Whitelam et al. (2021), eqs. 3-8; control variate: theory/README.md, "Fluctuations".
    """
    moves, taken, unit = _checked(displacements, accepted, gradient)
    drift, deviations = step_drift(moves, taken)
    drift_error = standard_error(deviations)
    if not drift_error.all():
        never = np.flatnonzero(drift_error == 0).tolist()
        raise ValueError(f"parameters {never[:5]} show no spread in {len(moves)} draws: draw more, or leave them out")
    measured = step_moments(moves, taken, unit, drift, deviations)
    centred = np.nan if taken.all() else mean_vector_p(moves.mean(axis=0), moves - moves.mean(axis=0))[1]
    comparisons = {}
    for name, quantities in predicted.items():
        tests = _tests(name, quantities, measured, drift, deviations, taken, unit)
        adjusted = adjust(np.array([p for _, p in tests.values()]))
        comparisons[name] = {
            key: StepComparison(z, p, float(q)) for (key, (z, p)), q in zip(tests.items(), adjusted, strict=True)
        }
    return StepResult(drift, drift_error, measured, centred, comparisons)


def _checked(displacements: Any, accepted: Any, gradient: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    moves, taken = np.asarray(displacements, np.float64), np.asarray(accepted, np.float64)
    slope = np.asarray(gradient, np.float64)
    if moves.ndim != 2 or taken.shape != moves.shape[:1] or slope.shape != moves.shape[1:]:
        raise ValueError(
            "expected displacements (n, N), accepted (n,) and gradient (N,), got shapes"
            f" {moves.shape}, {taken.shape} and {slope.shape}"
        )
    if len(moves) < FEWEST:
        raise ValueError(f"got {len(moves)} draws, expected at least {FEWEST}: normal standard errors need more")
    if not (np.isfinite(moves).all() and np.isfinite(slope).all() and np.isin(taken, (0, 1)).all()):
        raise ValueError("displacements and gradient must be finite and accepted 0 or 1: leave out other draws")
    if not slope.any():
        raise ValueError("the gradient is zero: there is no direction along it; choose another point")
    if not taken.all() and not moves[taken == 0].any():
        raise ValueError("all rejected draws have displacement zero: give the proposals, not the steps ε · accepted")
    # Rounding and discrete laws repeat single proposals by chance, but never all of them equally often.
    counts = np.unique(moves.sum(axis=1), return_counts=True)[1]
    if counts[0] > 1 and not np.ptp(counts):
        raise ValueError(f"every draw occurs {counts[0]} times: each needs random numbers of its own")
    direction = slope / np.abs(slope).max()
    return moves, taken, direction / np.linalg.norm(direction)


def _tests(
    name: str, quantities: Mapping[str, Any], measured: Mapping[str, Estimate], drift: np.ndarray,
    deviations: np.ndarray, taken: np.ndarray, unit: np.ndarray,
) -> dict[str, tuple[float, float]]:  # fmt: skip
    """(z, p) of each predicted quantity."""
    known = {"drift", *measured} - {"drift_along"}
    if not isinstance(quantities, Mapping):
        raise ValueError(f"predicted[{name!r}] must be a mapping such as {{'drift': ...}}, got {type(quantities)}")
    if not quantities or set(quantities) - known:
        raise ValueError(f"prediction {name!r} holds {sorted(quantities)}, expected some of {sorted(known)}")
    numbers = {key: np.asarray(value, np.float64) for key, value in quantities.items()}
    for key, value in numbers.items():
        shape = drift.shape if key == "drift" else ()
        if value.shape != shape or not np.isfinite(value).all():
            raise ValueError(f"{key} of prediction {name!r} must be finite with shape {shape}, got {quantities[key]}")
    tests = {}
    if "drift" in numbers:
        vector = numbers.pop("drift")
        mean_square, p = mean_vector_p(drift - vector, deviations)
        tests["drift"] = (float(np.sqrt(mean_square)), p)
        numbers["drift_along"] = vector @ unit
    for key, value in numbers.items():
        if key == "acceptance":
            tests[key] = _acceptance_test(taken, float(value))
        else:
            z = (measured[key].value - float(value)) / measured[key].standard_error
            tests[key] = (z, float(2 * stats.norm.sf(abs(z))))
    return tests


def _acceptance_test(taken: np.ndarray, probability: float) -> tuple[float, float]:
    if not 0 <= probability <= 1:
        raise ValueError(f"a predicted acceptance must lie in [0, 1], got {probability}")
    share, spread = taken.mean(), np.sqrt(probability * (1 - probability) / len(taken))
    z = 0.0 if share == probability else float(np.sign(share - probability) * np.inf)
    z = float((share - probability) / spread) if spread > 0 else z
    return z, float(stats.binomtest(int(taken.sum()), len(taken), probability).pvalue)
