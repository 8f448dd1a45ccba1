"""One small function for every primitive with a rule, for control flow and for the fallback: the words of programs.

Every function takes two vectors of shape (SIZE,) and gives one, and keeps to its domain by exact steps (clamp, abs).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.scipy import special

SIZE = 4
INDEX = jnp.array([3, 0, 0, 9])


class Word(NamedTuple):
    """A function, and how it is compared.

    Attributes:
        call: the function.
        exact: whether it takes its arguments as known (pieces, indices), and not as known to rounding.
        opens: whether a guard may open, behind which the new value is known to rounding, and not the change.
        reference: the same function for the float64 side, where that needs another form.
        said: whether a warning tells that its change is not exact.
    """

    call: Callable[[Any, Any], Any]
    exact: bool = False
    opens: bool = False
    reference: Callable[[Any, Any], Any] | None = None
    said: bool = False


def clip(x: Any, low: float, high: float) -> Any:
    return lax.clamp(jnp.asarray(low, x.dtype), x, jnp.asarray(high, x.dtype))


def matrix(x: Any, y: Any) -> Any:
    """A well-conditioned 2 × 2 matrix."""
    return jnp.stack([clip(x, -1, 1)[:2], clip(y, -1, 1)[:2]]) + 3 * jnp.eye(2, dtype=x.dtype)


def spread(x: Any) -> Any:
    """A scalar or a shorter vector as a vector of full size."""
    return jnp.resize(jnp.ravel(x), (SIZE,)) if jnp.size(x) > 1 else jnp.broadcast_to(jnp.ravel(x), (SIZE,))


def table(x: Any) -> Any:
    """Indices that depend on the vector."""
    return clip(jnp.floor(x), 0, SIZE - 1).astype(jnp.int32)


def pooled(x: Any, start: float, combine: Callable[..., Any]) -> Any:
    return lax.reduce_window(x, np.asarray(start, x.dtype), combine, (2,), (1,), "SAME")


def barrier(x: Any, y: Any) -> Any:
    first, second = lax.optimization_barrier((x, y))
    return first - second


def scatter(kind: str) -> Callable[[Any, Any], Any]:
    return lambda x, y: getattr(x.at[INDEX[:3]], kind)(y[:3])


def scan_with_counters(x: Any, y: Any) -> Any:
    """An integer, a flag and a key in the carry."""

    def body(carry: Any, row: Any) -> tuple[Any, Any]:
        h, count, first, key = carry
        noise = jax.random.uniform(jax.random.fold_in(key, count), dtype=jnp.float32).astype(x.dtype)
        h = jnp.where(first, row, h / 2 + row * x[count]) + noise
        return (h, count + 1, jnp.asarray(False), key), h

    start = (jnp.zeros((), x.dtype), jnp.int32(0), jnp.asarray(True), jax.random.key(0))
    return lax.scan(body, start, y)[1]


def stepped(x: Any, y: Any) -> Any:
    return lax.fori_loop(1, 3, lambda k, s: s + x[k] * y, y)


def halved(x: Any, y: Any) -> Any:
    """Halve until all entries are small: the number of rounds depends on the arguments."""
    return lax.while_loop(lambda s: jnp.max(jnp.abs(s)) > 2, lambda s: s / 2, x) + y


def chosen(x: Any, y: Any) -> Any:
    return lax.cond(jnp.sum(x) > 0, lambda x, y: x * y, lambda x, y: x - y, x, y)


def switched(x: Any, y: Any) -> Any:
    return lax.switch(table(x)[0], [lambda y: y, jnp.abs, lambda y: 2 * y, jnp.negative], y)


def written_in_jax(x: Any, y: Any) -> Any:
    """A primitive without a rule that is lowered at the precision of the whole program, in a scan."""
    body = lambda h, v: (h, special.betainc(1 + h, jnp.ones_like(h), jnp.full_like(h, 0.25)))  # noqa: E731
    return lax.scan(body, jnp.abs(clip(single(x), -3, 3)), None, length=2)[1][1].astype(x.dtype)


def truncated(x: Any, y: Any) -> Any:
    """Eighths, through integers: no NaN comes out."""
    return ((single(x) * 8).astype(jnp.int32).astype(jnp.float32) / 8).astype(x.dtype)


def bent_twice(x: Any, y: Any) -> Any:
    return jax.vjp(lambda x: x * jnp.sin(x), x)[1](y)[0]


WORDS = {
    "neg": Word(lambda x, y: -x, True),
    "device_put": Word(lambda x, y: jax.device_put(x), True),
    "stop_gradient": Word(lambda x, y: lax.stop_gradient(x), True),
    "copy": Word(lambda x, y: jnp.copy(x), True),
    "cumsum": Word(lambda x, y: jnp.cumsum(x)),
    "reshape": Word(lambda x, y: x.reshape(2, 2).T.reshape(-1), True),
    "broadcast_in_dim": Word(lambda x, y: jnp.broadcast_to(x[1:2], (SIZE,)), True),
    "transpose": Word(lambda x, y: jnp.stack([x, y]).T.reshape(-1)[:SIZE], True),
    "squeeze": Word(lambda x, y: lax.squeeze(x[None], (0,)), True),
    "rev": Word(lambda x, y: lax.rev(x, (0,)), True),
    "slice": Word(lambda x, y: jnp.concatenate([x[1:3], y[:2]]), True),
    "split": Word(lambda x, y: jnp.concatenate(lax.split(x, (1, 3))[::-1]), True),
    "unstack": Word(lambda x, y: sum(jnp.unstack(jnp.stack([x, y])))),
    "tile": Word(lambda x, y: jnp.tile(x[:2], 2), True),
    "name": Word(lambda x, y: checkpoint_name(x, "x"), True),
    "fft": Word(lambda x, y: spread(jnp.fft.rfft(single(x)).real).astype(x.dtype)),
    "complex": Word(lambda x, y: lax.complex(single(x), single(y)).real.astype(x.dtype), True),
    "imag": Word(lambda x, y: (wide(x, y) * wide(x, y)).imag.astype(x.dtype)),
    "real": Word(lambda x, y: (wide(x, y) * wide(x, y)).real.astype(x.dtype)),
    "conj": Word(lambda x, y: (wide(x, y) * jnp.conj(wide(y, x))).real.astype(x.dtype)),
    "abs": Word(lambda x, y: jnp.abs(x), True),
    "abs of complex": Word(lambda x, y: jnp.abs(wide(x, y)).astype(x.dtype)),
    "exp of complex": Word(lambda x, y: jnp.exp(wide(clip(x, -2, 2), clip(y, -2, 2))).real.astype(x.dtype)),
    "reduce_window_sum": Word(lambda x, y: pooled(x, 0, lax.add)),
    "reduce_window_max": Word(lambda x, y: pooled(x, -jnp.inf, lax.max), True),
    "reduce_window_min": Word(lambda x, y: pooled(x, jnp.inf, lax.min), True),
    "concatenate": Word(lambda x, y: jnp.concatenate([x[:2], y[2:]]), True),
    "stack": Word(lambda x, y: jnp.stack([x, y]).reshape(-1)[::2], True),
    "pad": Word(lambda x, y: jnp.pad(x[:3], (1, 0)), True),
    "optimization_barrier": Word(barrier),
    "nextafter": Word(lambda x, y: jnp.nextafter(x, y)),
    "reduce_precision": Word(lambda x, y: lax.reduce_precision(x, 8, 4), True),
    "add": Word(lambda x, y: x + y),
    "add_any": Word(bent_twice),
    "sub": Word(lambda x, y: x - y),
    "convert_element_type": Word(lambda x, y: table(x).astype(x.dtype) + y),
    "reduce_sum": Word(lambda x, y: spread(jnp.sum(x))),
    "gather": Word(lambda x, y: x[table(y)], True),
    "gather with a fill": Word(lambda x, y: x.at[INDEX].get(mode="fill", fill_value=1), True),
    "gather with clip": Word(lambda x, y: x.at[INDEX].get(mode="clip"), True),
    "dynamic_slice": Word(lambda x, y: spread(lax.dynamic_slice(x, table(y)[:1], (2,))), True),
    "dynamic_update_slice": Word(lambda x, y: lax.dynamic_update_slice(x, y[:2], table(y)[1:2]), True),
    "scatter": Word(scatter("set"), True),
    "scatter at moving places": Word(lambda x, y: x.at[table(y)[0]].set(y[1]), True),
    "scatter-add": Word(scatter("add")),
    "scatter-sub": Word(scatter("subtract")),
    "scatter-max": Word(scatter("max"), True),
    "scatter-min": Word(scatter("min"), True),
    "mul": Word(lambda x, y: x * y),
    "dot_general": Word(lambda x, y: spread(x @ y)),
    "conv_general_dilated": Word(lambda x, y: jnp.convolve(x, y[:2], mode="same")),
    "div": Word(lambda x, y: x / (1 + jnp.abs(y))),
    "square": Word(lambda x, y: jnp.square(x)),
    "integer_pow": Word(lambda x, y: x**3),
    "negative integer_pow": Word(lambda x, y: jnp.maximum(jnp.abs(x), 0.01) ** -12),
    "tanh": Word(lambda x, y: jnp.tanh(x)),
    "exp": Word(lambda x, y: jnp.exp(clip(x, -40, 9))),
    "exp2": Word(lambda x, y: jnp.exp2(clip(x, -40, 9))),
    "expm1": Word(lambda x, y: jnp.expm1(clip(x, -40, 9))),
    "logistic": Word(lambda x, y: jax.nn.sigmoid(x)),
    "sqrt": Word(lambda x, y: jnp.sqrt(jnp.abs(x))),
    "rsqrt": Word(lambda x, y: lax.rsqrt(jnp.maximum(jnp.abs(x), 0.01))),
    "cbrt": Word(lambda x, y: jnp.cbrt(x)),
    "sin": Word(lambda x, y: jnp.sin(x)),
    "cos": Word(lambda x, y: jnp.cos(x)),
    "tan": Word(lambda x, y: jnp.tan(clip(x, -1.5, 1.5))),
    "sinh": Word(lambda x, y: jnp.sinh(clip(x, -9, 9))),
    "cosh": Word(lambda x, y: jnp.cosh(clip(x, -9, 9))),
    "erf": Word(lambda x, y: lax.erf(x)),
    "erfc": Word(lambda x, y: lax.erfc(x)),
    "log": Word(lambda x, y: jnp.log(jnp.maximum(jnp.abs(x), 1e-6))),
    "log from the smallest numbers": Word(
        lambda x, y: jnp.log(jnp.maximum(100 * single(jnp.abs(x)), 2e-38)).astype(x.dtype)
    ),
    "log1p": Word(lambda x, y: jnp.log1p(jnp.maximum(x, -0.9))),
    "pow": Word(lambda x, y: jnp.maximum(jnp.abs(x), 0.1) ** clip(y, -3, 3)),
    "asinh": Word(lambda x, y: jnp.arcsinh(x)),
    "acosh": Word(lambda x, y: jnp.arccosh(jnp.maximum(jnp.abs(x), 1))),
    "atanh": Word(lambda x, y: jnp.arctanh(clip(x, -0.9, 0.9))),
    # XLA's own arctan of a long vector is wrong by up to 1.6 under the vector width that conftest sets.
    "atan": Word(lambda x, y: jnp.arctan(x), reference=lambda x, y: jnp.arctan2(x, jnp.ones_like(x))),
    "asin": Word(lambda x, y: jnp.arcsin(clip(x, -1, 1))),
    "acos": Word(lambda x, y: jnp.arccos(clip(x, -1, 1))),
    "atan2": Word(lambda x, y: jnp.arctan2(x, y)),
    "lgamma": Word(lambda x, y: lax.lgamma(clip(x, 0.5, 9))),
    "digamma": Word(lambda x, y: lax.digamma(clip(x, 0.5, 9))),
    "erf_inv": Word(lambda x, y: lax.erf_inv(clip(x, -0.9, 0.9))),
    "bessel_i0e": Word(lambda x, y: lax.bessel_i0e(x)),
    "bessel_i1e": Word(lambda x, y: lax.bessel_i1e(x)),
    "igamma": Word(lambda x, y: lax.igamma(jnp.ones_like(x), jnp.abs(y))),
    "igammac": Word(lambda x, y: lax.igammac(jnp.ones_like(x), jnp.abs(y))),
    "max": Word(lambda x, y: jnp.maximum(x, y), True),
    "min": Word(lambda x, y: jnp.minimum(x, 1), True),
    "clamp": Word(lambda x, y: clip(y, -0.5, 1), True),
    "select_n": Word(lambda x, y: jnp.where(x > 1, x, (x + 1) / 2)),
    "reduce_max": Word(lambda x, y: spread(jnp.max(x)), True),
    "reduce_min": Word(lambda x, y: spread(jnp.min(x)), True),
    "rem": Word(lambda x, y: jnp.mod(x, 2)),
    "sign": Word(lambda x, y: jnp.sign(x), True),
    "floor": Word(lambda x, y: jnp.floor(x), True),
    "ceil": Word(lambda x, y: jnp.ceil(x), True),
    "round": Word(lambda x, y: jnp.round(x), True),
    "cumprod": Word(lambda x, y: lax.cumprod(x, reverse=True)),
    "cummax": Word(lambda x, y: lax.cummax(x), True),
    "cummin": Word(lambda x, y: lax.cummin(x, reverse=True), True),
    "cumlogsumexp": Word(lambda x, y: lax.cumlogsumexp(x)),
    "reduce_prod": Word(lambda x, y: spread(jnp.prod(x))),
    "sort": Word(lambda x, y: jnp.sort(x), True),
    "sort by another": Word(lambda x, y: lax.sort((x, y))[1], True),
    "argsort": Word(lambda x, y: y[jnp.argsort(x)], True),
    "top_k": Word(lambda x, y: spread(lax.top_k(x, 2)[0]), True),
    "argmax": Word(lambda x, y: jnp.where(jnp.argmax(jnp.stack([jnp.ones_like(x), x]), 0) == 1, y, x), True),
    "argmin": Word(lambda x, y: jnp.where(jnp.argmin(jnp.stack([-jnp.ones_like(x), -x]), 0) == 1, y, x), True),
    "triangular_solve": Word(
        lambda x, y: spread(
            lax.linalg.triangular_solve(single(matrix(x, y)), single(y[:2, None]), left_side=True)
        ).astype(x.dtype)
    ),
    "cholesky": Word(lambda x, y: spread(jnp.linalg.cholesky(single(matrix(x, y)))).astype(x.dtype)),
    "lu": Word(lambda x, y: spread(jnp.linalg.inv(single(matrix(x, y)))).astype(x.dtype)),
    "gt": Word(lambda x, y: jnp.where(x > 1, y, x), True),
    "ge": Word(lambda x, y: jnp.where(-x >= -1, y, x), True),
    "lt": Word(lambda x, y: jnp.where(-x < -1, y, x), True),
    "le": Word(lambda x, y: jnp.where(x <= 1, y, x), True),
    "eq": Word(lambda x, y: jnp.where(x == 1, y, x), True),
    "ne": Word(lambda x, y: jnp.where(x != 1, y, x), True),
    "guarded log": Word(lambda x, y: jnp.where(x > 0, jnp.log(x), x - 1), opens=True),
    "guarded root": Word(lambda x, y: jnp.where(x > 0, -jnp.sqrt(x), jnp.square(x)), opens=True),
    "guarded quotient": Word(lambda x, y: jnp.where(x != 0, y / x, 1), opens=True),
    "nan_to_num": Word(lambda x, y: jnp.nan_to_num(jnp.log(x), neginf=-9.0), True, opens=True),
    "scan": Word(scan_with_counters),
    "fori": Word(stepped),
    "while": Word(halved, said=True),
    "cond": Word(chosen),
    "switch": Word(switched, True),
    "truncated": Word(truncated, True),
    "fallback": Word(scatter("multiply"), said=True),
    "fallback of complex numbers": Word(
        lambda x, y: wide(x, y).at[INDEX[:3]].multiply(wide(y, x)[:3]).imag.astype(x.dtype), said=True
    ),
    "fallback in a scan": Word(written_in_jax, opens=True, said=True),
}


def single(x: Any) -> Any:
    """In float32 where the dtype is shorter, for what exists in no shorter one."""
    return x.astype(jnp.float32) if x.dtype.itemsize < 4 else x


def wide(x: Any, y: Any) -> Any:
    """x + iy/2: its products do not cancel where the two are one."""
    return lax.complex(single(x), single(y) / 2)
