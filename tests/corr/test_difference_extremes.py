"""Every elementwise rule at zeros, kinks, poles and in saturation, for steps tiny to huge, against 100 digits.

The stated accuracy: ``ROUNDINGS`` units of rounding of the change, with x and Δ each known to as many. What that allows
is computed for every point from the function itself, by moving x and Δ so far.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import ml_dtypes
import mpmath
import numpy as np
import pytest

from corr.difference import difference

ROUNDINGS = 16
DIGITS = 100
SIZE = 640  # every function has arrays of one shape, so that operations are compiled once
DTYPES = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16, "float32": np.float32, "float64": np.float64}

POINTS = [0.0, 1e-30, 1e-3, 0.3, 1.0, 1.1, 9.5, 30.0, 80.0, 1e4, 1e18]
LENGTHS = [1e-9, 0.1, 0.9, 4.0, 1e3]
RELATIVE = [1e-9, 1e-3, 0.4, 0.6, 1 - 2**-20, 1.0, 2.0, 1e3]
OFTEN = ("tanh", "exp", "log", "sqrt", "erf", "div", "integer_pow -12")


class Row(NamedTuple):
    """One function."""

    call: Callable[..., Any]
    exact: Callable[..., Any]
    points: Sequence[float] = POINTS
    integral: bool = False  # known by its derivative alone
    period: float = math.inf  # steps whose rounding is comparable with it mean nothing


def positive(x: Any) -> Any:
    """Left of zero the derivatives are only as good as JAX's own, which are not tested here."""
    if x <= 0:
        raise ValueError
    return x


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


ROWS = {
    "tanh": Row(jnp.tanh, mpmath.tanh),
    "logistic": Row(jax.nn.sigmoid, sigmoid),
    "exp": Row(jnp.exp, mpmath.exp),
    "exp2": Row(jnp.exp2, lambda x: mpmath.power(2, x)),
    "expm1": Row(jnp.expm1, mpmath.expm1),
    "log": Row(jnp.log, mpmath.log, [*POINTS[2:], 2e-38]),
    "log1p": Row(jnp.log1p, mpmath.log1p, [*POINTS, 0.999]),
    "sqrt": Row(jnp.sqrt, mpmath.sqrt),
    "rsqrt": Row(jax.lax.rsqrt, lambda x: 1 / mpmath.sqrt(x), [*POINTS[1:], 1e38]),
    "cbrt": Row(jnp.cbrt, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x))),
    "sin": Row(jnp.sin, mpmath.sin, POINTS[:-1], period=1),
    "cos": Row(jnp.cos, mpmath.cos, POINTS[:-1], period=1),
    "tan": Row(jnp.tan, mpmath.tan, [*POINTS[:-1], 1.57, 1.5708], period=1),
    "sinh": Row(jnp.sinh, mpmath.sinh, [*POINTS, 88.9]),
    "cosh": Row(jnp.cosh, mpmath.cosh, [*POINTS, 88.9]),
    "atan": Row(jnp.arctan, mpmath.atan),
    "asin": Row(jnp.arcsin, mpmath.asin, [*POINTS[:5], 0.999]),
    "acos": Row(jnp.arccos, mpmath.acos, [*POINTS[:5], 0.999]),
    "asinh": Row(jnp.arcsinh, mpmath.asinh),
    "acosh": Row(jnp.arccosh, mpmath.acosh, [*POINTS[4:], 1.001]),
    "atanh": Row(jnp.arctanh, mpmath.atanh, [*POINTS[:4], 0.999]),
    "erf": Row(jax.lax.erf, mpmath.erf, POINTS[:7]),
    "erfc": Row(jax.lax.erfc, mpmath.erfc, POINTS[:7]),
    "abs": Row(jnp.abs, abs),
    "square": Row(jnp.square, lambda x: x * x),
    "integer_pow 3": Row(lambda x: x**3, lambda x: x**3),
    "integer_pow -12": Row(lambda x: x**-12, lambda x: x**-12, [0.01, 50.0, 0.3, 1.0, 3.0]),
    "pow 2.5": Row(lambda x: x**2.5, lambda x: x ** mpmath.mpf(2.5), POINTS[1:]),
    "pow 0.01": Row(
        lambda x: x ** float(np.float16(0.01)), lambda x: x ** mpmath.mpf(float(np.float16(0.01))), POINTS[1:]
    ),
    "pow of 2": Row(lambda x: jnp.asarray(2, x.dtype) ** x, lambda x: mpmath.power(2, x)),
    "div": Row(lambda x: 1 / x, lambda x: 1 / x, [*POINTS[1:], 1e30]),
    "max": Row(lambda x: jnp.maximum(x, 1), lambda x: max(x, 1)),
    "clamp": Row(
        lambda x: jax.lax.clamp(jnp.asarray(-0.5, x.dtype), x, jnp.asarray(1, x.dtype)), lambda x: min(max(x, -0.5), 1)
    ),
    "rem": Row(lambda x: jax.lax.rem(x, jnp.asarray(2, x.dtype)), lambda x: x - 2 * int(x / 2), POINTS[:-2], period=2),
    "floor": Row(jnp.floor, mpmath.floor, POINTS[:-2]),
    "sign": Row(jnp.sign, mpmath.sign),
    "lgamma": Row(
        jax.lax.lgamma, lambda x: mpmath.loggamma(positive(x)), [0.3, 1.0, 1.1, 2.0, 9.5, 80.0], integral=True
    ),
    "digamma": Row(
        jax.lax.digamma, lambda x: mpmath.digamma(positive(x)), [0.3, 1.0, 1.4616, 9.5, 80.0], integral=True
    ),
    "erf_inv": Row(
        jax.lax.erf_inv,
        lambda x: mpmath.erfinv(x) if abs(x) < 0.99 else mpmath.inf,
        [0.0, 0.3, 0.5, 0.9],
        integral=True,
    ),
    "bessel_i0e": Row(
        jax.lax.bessel_i0e,
        lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x),
        [0.0, 0.3, 1.0, 9.5, 30.0],
        integral=True,
    ),
    "bessel_i1e": Row(
        jax.lax.bessel_i1e,
        lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x),
        [0.0, 0.3, 1.0, 9.5, 30.0],
        integral=True,
    ),
}


def pairs(row: Row, dtype: Any) -> list[tuple[float, float]]:
    """Points and steps, as the dtype holds them."""
    found = set()
    dtype = np.errstate(over="ignore")(dtype)
    for point in (sign * size for size in row.points for sign in (1, -1)):
        x = float(dtype(point))
        steps = [sign * length for length in LENGTHS for sign in (1, -1)]
        steps += [sign * part * x for part in RELATIVE for sign in (1, -1)]
        found |= {(x, float(dtype(step))) for step in steps}
    return sorted(pair for pair in found if np.all(np.isfinite(pair)))


def exact_change(row: Row, x: Any, step: Any) -> Any:
    """f(x + Δ) - f(x), None outside the domain."""
    try:
        old, new = row.exact(x), row.exact(x + step)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    values = (old, new, new - old)
    return values if all(isinstance(v, (int, float, mpmath.mpf)) and mpmath.isfinite(v) for v in values) else None


def allowed(row: Row, x: float, step: float, unit: float) -> float:
    """What the stated accuracy allows at a point."""
    small, x, step = ROUNDINGS * unit, mpmath.mpf(x), mpmath.mpf(step)
    old, new, change = exact_change(row, x, step)
    moved = [exact_change(row, x * (1 + s * small), step) for s in (1, -1)]
    moved += [exact_change(row, x, step * (1 + s * small)) for s in (1, -1)]
    shifts = [abs(other[2] - change) for other in moved if other is not None]
    plain = small * (abs(old) + abs(new)) if row.integral and abs(step) > min(1, abs(x)) / 32 else 0
    return float(small * abs(change) + 2 * max(shifts, default=0) + plain)


def table(row: Row, info: Any) -> list[tuple[float, float, float]]:
    """Points, steps and right changes, where both values are in the range of the dtype."""
    rows = []
    for x, step in pairs(row, info.dtype.type):
        point, length = mpmath.mpf(x), mpmath.mpf(step)
        if ROUNDINGS * float(info.eps) * max(abs(point), abs(length)) > row.period / 16:
            continue
        if 0 < min(abs(point), abs(point + length)) < float(info.tiny) or 0 < abs(length) < float(info.tiny):
            continue
        values = exact_change(row, point, length)
        if values is not None and max(map(abs, values)) < float(info.max) / 4:
            rows.append((x, step, float(values[2])))
    return rows


def case(name: str, kind: str) -> Any:
    """Half precision shares the rules of float32: only some of it runs every time."""
    often = kind in {"float32", "float64"} or (kind == "float16" and name in OFTEN)
    return pytest.param(name, kind, marks=[] if often else pytest.mark.slow, id=f"{name} {kind}")


@pytest.mark.parametrize(("name", "kind"), [case(name, kind) for name in ROWS for kind in DTYPES])
def test_rule_at_extreme_points(name: str, kind: str) -> None:
    info, row = ml_dtypes.finfo(DTYPES[kind]), ROWS[name]
    with mpmath.workdps(DIGITS):
        rows = np.array(table(row, info))
        assert 10 < len(rows) <= SIZE
        got = np.array(changes(row, kind, *np.pad(rows, ((0, SIZE - len(rows)), (0, 0)), mode="edge").T[:2]))
        for (x, step, right), change in zip(rows, got, strict=False):
            unit, tiny = float(info.eps), float(info.tiny)
            if not abs(change - right) <= ROUNDINGS * unit * abs(right) + tiny:
                limit = allowed(row, x, step, unit) + tiny
                assert abs(change - right) <= limit, f"{name} from {x} by {step}: {change}, right {right} ± {limit:.2g}"


def changes(row: Row, kind: str, x: np.ndarray, step: np.ndarray) -> np.ndarray:
    with jax.enable_x64(kind == "float64"):
        split = difference(row.call)
        start, moved = (jnp.asarray(part, DTYPES[kind]) for part in (x, step))
        return np.asarray(split.change(split.start(start)[1], moved)[0], np.float64)
