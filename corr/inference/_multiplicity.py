"""Many p-values: adjusted for their number, and one verdict over every declared test."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from . import _check

Kind = Literal["difference", "equivalence"]
VERDICTS = {
    (True, False): "equivalent within the margins, no difference found",
    (True, True): "equivalent within the margins, though not equal",
    (False, True): "different, whether by more than the margins is undecided",
    (False, False): "undecided: neither equivalence nor a difference is established",
}


class Verdict(NamedTuple):
    """One verdict over all declared tests.

    Attributes:
        verdict: what follows, in words.
        equivalent: whether every equivalence test is significant (intersection-union, so no adjustment is due).
        different: whether any difference test, its times joined by Simes, is significant after Holm over the tests.
        equivalence_p: largest p of the equivalence tests, 1 if none is declared.
        difference_p: smallest adjusted p of the difference tests, 1 if none is declared.
    """

    verdict: str
    equivalent: bool
    different: bool
    equivalence_p: float
    difference_p: float


def adjust(p_values: np.ndarray, method: Literal["holm", "benjamini-hochberg"] = "holm") -> np.ndarray:
    """P-values adjusted for their number: Holm p_(i) (m - i + 1) or Benjamini-Hochberg p_(i) m / i, made monotone.

    Holm bounds the probability of any false rejection, Benjamini-Hochberg the expected share of false ones.

    Args:
        p_values: any shape (times, weights, tests); all entries count as one family.
        method: which adjustment.

    Returns:
        The same shape.

    Raises:
        ValueError: for numbers outside [0, 1], NaN, none at all, or another method.

    Example:
        >>> adjust(np.array([[0.01, 0.04], [0.03, 0.5]])).round(3).tolist()
        [[0.04, 0.09], [0.09, 0.5]]

    Reference: Holm (1979), Scand. J. Statist. 6, 65; Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57, 289.
    """
    array = _checked("p_values", p_values)
    if method not in ("holm", "benjamini-hochberg"):
        raise ValueError(f"method must be one of 'holm' and 'benjamini-hochberg', got {method!r}")
    if method == "benjamini-hochberg":
        return stats.false_discovery_control(array.ravel()).reshape(array.shape)
    # Three lines in place of statsmodels' multipletests, which collects the garbage of the whole process at every call.
    order = np.argsort(array, axis=None)
    adjusted = np.empty(array.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(array.ravel()[order] * np.arange(array.size, 0, -1)), 1)
    return adjusted.reshape(array.shape)


def summary_verdict(
    p_by_test: Mapping[str, np.ndarray | float], declared: Mapping[str, Kind], *, level: float = 0.05
) -> Verdict:
    """One verdict over all declared tests: equivalent if max p < level, different if the least adjusted p < level.

    The p-values of one difference test (its times) are joined by Simes, min_i m p_(i)/i, which holds for times that
    depend positively on each other, and the tests by Holm: p-values that resampling cannot make smaller than 1/2000
    would never be significant after Holm over a hundred times, however many of them are that small.
    Every test named in the declaration must be there and no other, so the verdict cannot be had by picking tests or
    times. The kinds are told apart: a small p of an equivalence test speaks for equivalence, a small p of a difference
    test against equality.

    Args:
        p_by_test: p-value, or p-values of any shape (all times), by name of the test.
        declared: kind of each test by its name, fixed before the data are seen.
        level: significance level of each of the two statements.

    Returns:
        A ``Verdict``.

    Raises:
        ValueError: for missing or undeclared tests, unknown kinds, NaN, or numbers outside [0, 1].

    Example:
        >>> declared = {"loss": "equivalence", "weights": "equivalence", "twin": "difference"}
        >>> summary_verdict({"loss": [0.01, 0.02], "weights": 0.04, "twin": [0.3, 0.03]}, declared).verdict
        'equivalent within the margins, no difference found'

    Reference: Simes (1986), Biometrika 73, 751; Sarkar (1998), Ann. Statist. 26, 494; Holm (1979), as ``adjust``.
    """
    _check.share("level", level)
    if set(p_by_test) != set(declared) or not declared:
        raise ValueError(
            f"the verdict needs exactly the declared tests: missing {sorted(set(declared) - set(p_by_test))}, "
            f"not declared {sorted(set(p_by_test) - set(declared))}"
        )
    unknown = sorted(name for name, kind in declared.items() if kind not in ("difference", "equivalence"))
    if unknown:
        raise ValueError(f"the kind of a test is 'difference' or 'equivalence', got another for {unknown}")
    pooled = {
        kind: [_checked(name, p_by_test[name]).ravel() for name in declared if declared[name] == kind]
        for kind in ("difference", "equivalence")
    }
    largest = float(np.max(np.concatenate(pooled["equivalence"]))) if pooled["equivalence"] else 1.0
    joined = [float(adjust(p, "benjamini-hochberg").min()) for p in pooled["difference"]]
    least = float(adjust(np.array(joined)).min()) if joined else 1.0
    equivalent, different = largest < level, least < level
    return Verdict(VERDICTS[equivalent, different], equivalent, different, largest, least)


def _checked(name: str, p_values: np.ndarray | float) -> np.ndarray:
    array = np.asarray(p_values, np.float64)
    if array.size == 0 or not np.all((array >= 0) & (array <= 1)):
        raise ValueError(f"{name} must hold p-values between 0 and 1 and no NaN, got {array.tolist()}")
    return array
