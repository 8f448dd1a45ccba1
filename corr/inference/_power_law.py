"""A power law through values with known errors, some of which may be negative."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, stats

from . import _check

EXPONENTS = np.linspace(-10.0, 10.0, 801)


class PowerLaw(NamedTuple):
    """A fitted power law y = amplitude · x^exponent.

    Attributes:
        exponent: p.
        amplitude: A, in units of y at x = 1.
        lower, upper: confidence interval of the exponent; infinite on a side that the values do not bound.
        chi2: sum of squared deviations in standard errors.
        p_value: of χ² with (points - 2) degrees of freedom.
    """

    exponent: float
    amplitude: float
    lower: float
    upper: float
    chi2: float
    p_value: float


def fit_power_law(x: Any, y: Any, y_error: Any, *, level: float = 0.05) -> PowerLaw:
    """Fit y = A x^p by least squares with absolute errors, on linear axes so that negative values count too.

    At each exponent the best amplitude is known in closed form, so χ² is a function of the exponent alone: its smallest
    value is the fit, and where it rises by the (1 - level) quantile of χ² with one degree of freedom the interval ends.
    Unlike the curvature at the minimum, that interval keeps its coverage when values lie within their errors of zero.

    Args:
        x: (K,), positive, at least 3 different numbers.
        y: (K,), not all within noise below zero.
        y_error: (K,), standard errors of y, positive, independent of each other.
        level: one less the confidence of the interval.

    Returns:
        A ``PowerLaw``.

    Raises:
        ValueError: for wrong shapes, numbers out of range, or values that no rising or falling power law fits.

    Example:
        >>> x = np.array([1.0, 2.0, 4.0, 8.0])
        >>> fit = fit_power_law(x, 3 * x**-1.0, 0.01 * np.ones(4))
        >>> round(fit.exponent, 6), round(fit.amplitude, 6)
        (-1.0, 3.0)

    Reference: profile likelihood, e.g. Venzon & Moolgavkar (1988), Appl. Stat. 37, 87.
    """
    base, heights, errors = _checked(x, y, y_error)
    _check.share("level", level)
    centre = np.exp(np.mean(np.log(base)))
    logs = np.log(base / centre)

    def chi2_at(exponent: float) -> float:
        return float(_profile(np.array([exponent]), logs, heights / errors, errors)[0][0])

    table, amplitudes = _profile(EXPONENTS, logs, heights / errors, errors)
    best = int(np.argmin(table))
    if best in (0, len(EXPONENTS) - 1) or amplitudes[best] == 0:
        raise ValueError(f"no power law with an exponent inside [-10, 10] and a positive amplitude fits y = {heights}")
    near = (EXPONENTS[best - 1], EXPONENTS[best + 1])
    found: Any = optimize.minimize_scalar(chi2_at, bounds=near, method="bounded")
    exponent, chi2 = float(found.x), float(found.fun)
    limit = chi2 + float(stats.chi2.ppf(1 - level, 1))
    below, above = np.s_[:best], np.s_[:best:-1]
    lower = _end(chi2_at, limit, exponent, EXPONENTS[below], table[below], -np.inf)
    upper = _end(chi2_at, limit, exponent, EXPONENTS[above], table[above], np.inf)
    amplitude = _profile(np.array([exponent]), logs, heights / errors, errors)[1][0] * centre**-exponent
    return PowerLaw(exponent, float(amplitude), lower, upper, chi2, float(stats.chi2.sf(chi2, len(base) - 2)))


def _checked(x: Any, y: Any, y_error: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    base, heights, errors = (np.asarray(part, np.float64) for part in (x, y, y_error))
    if not (base.ndim == 1 and base.shape == heights.shape == errors.shape and len(np.unique(base)) >= 3):
        raise ValueError(
            f"expected x, y and y_error of one shape (K,) with at least 3 different x, got shapes {base.shape},"
            f" {heights.shape} and {errors.shape}"
        )
    if not (np.isfinite([base, heights, errors]).all() and (base > 0).all() and (errors > 0).all()):
        raise ValueError("x and y_error must be positive and all numbers finite: leave out other points")
    return base, heights, errors


def _profile(
    exponents: np.ndarray, logs: np.ndarray, scaled: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """χ² of each exponent at its best amplitude, and that amplitude, none below zero."""
    shape = np.exp(np.outer(exponents, logs)) / errors
    amplitude = np.maximum(shape @ scaled / np.sum(shape**2, axis=1), 0.0)
    return np.sum((scaled - amplitude[:, None] * shape) ** 2, axis=1), amplitude


def _end(
    chi2_at: Callable[[float], float], limit: float, exponent: float, side: np.ndarray, table: np.ndarray, beyond: float
) -> float:
    """Where χ² rises to the limit on one side, given from its far end; ``beyond`` if the far end is not excluded."""
    excluded = side[np.logical_and.accumulate(table > limit)]
    if not len(excluded):
        return beyond
    return float(optimize.brentq(lambda p: chi2_at(p) - limit, excluded[-1], exponent))  # pyright: ignore[reportArgumentType]
