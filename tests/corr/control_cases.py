"""Losses with loops, branches and guards: with places and steps, short ones and ones that cross a border."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy import special

KEY = jax.random.key(3)
Function = Callable[[jax.Array], jax.Array]


class Case(NamedTuple):
    """A function of a vector, written for any dtype, a place and a step."""

    function: Function
    place: list[float]
    step: list[float]


def first_flag(x: jax.Array) -> jax.Array:
    def body(carry: Any, _: None) -> tuple[Any, jax.Array]:
        count, hidden, first = carry
        hidden = jnp.where(first, x[0] / 8, hidden * 0.5 + jnp.sin(x[1]))
        return (count + 1, hidden, jnp.zeros((), bool)), hidden * count.astype(x.dtype)

    start = (jnp.int32(0), jnp.zeros((), x.dtype), jnp.ones((), bool))
    (_, hidden, _), seen = jax.lax.scan(body, start, None, length=5)
    return hidden + jnp.sum(seen)


def noisy_walk(x: jax.Array) -> jax.Array:
    def body(carry: Any, _: None) -> tuple[Any, None]:
        key, place = carry
        key, own = jax.random.split(key)
        noise = jax.random.bits(own, (), jnp.uint32) % 8
        return (key, place * x[0] + noise.astype(x.dtype)), None

    return jax.lax.scan(body, (KEY, x[1]), None, length=4)[0][1]


def branch_every_step(x: jax.Array) -> jax.Array:
    def body(h: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        return jax.lax.cond(h > 0.5, lambda h: h * row, lambda h: h + row * row, h), None

    return jax.lax.scan(body, x[0], x)[0]


def logarithms(x: jax.Array) -> jax.Array:
    """A carry that may be NaN from one iteration to the next, and a guard that drops it."""

    def body(h: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = jnp.log(h - row)
        return jnp.where(found > -100, found, h + 0.5), jnp.where(jnp.isfinite(found), found, 0 * h)

    last, seen = jax.lax.scan(body, x[0], x)
    return last + jnp.sum(seen)


def nested(x: jax.Array) -> jax.Array:
    def outer(h: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        return jax.lax.fori_loop(0, 3, lambda i, s: s + row * x[i] * jnp.sin(s), h), None

    return jax.lax.scan(outer, x[0], x)[0]


def fixed_turns(x: jax.Array) -> jax.Array:
    """A while loop whose number of turns is known at run time only, and does not depend on x."""
    return jax.lax.while_loop(lambda c: c[0] < 4, lambda c: (c[0] + 1, c[1] * x[0] + x[1]), (jnp.int32(0), x[2]))[1]


def square_root(x: jax.Array) -> jax.Array:
    def body(y: jax.Array) -> jax.Array:
        return (y + x[0] / y) / 2

    return jax.lax.while_loop(lambda y: jnp.abs(y * y - x[0]) > 1e-3, body, x[1])


def turns(x: jax.Array) -> jax.Array:
    """The number of turns is a staircase in x."""
    return jax.lax.fori_loop(0, (x[0] * 5).astype(jnp.int32), lambda i, s: s * 1.25 + x[1], x[2])


def guarded_branch(x: jax.Array) -> jax.Array:
    return jax.lax.cond(x[0] > 0, lambda y: jnp.log(y[0]) * y[1], lambda y: jnp.sum(y * y), x)


def switched(x: jax.Array) -> jax.Array:
    which = (x[0] > 0).astype(jnp.int32) + (x[1] > 0).astype(jnp.int32)
    return jax.lax.switch(which, [jnp.sum, lambda y: jnp.sum(y * y), lambda y: y[0] * y[1]], x)


def products_behind_a_guard(x: jax.Array) -> jax.Array:
    """Products and spectra of what may be NaN."""

    def body(h: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        q = jnp.log(h)
        found = q @ q + jnp.sum(jnp.fft.fft(q).real) + jnp.sum(jnp.convolve(q, x, mode="same"))
        return jnp.where(jnp.isfinite(found), h + jnp.tanh(found) / 8, h / 2 + row), None

    return jnp.sum(jax.lax.scan(body, x, x)[0])


SMOOTH = {
    "fori_loop over indices": Case(
        lambda x: jax.lax.fori_loop(1, 3, lambda i, s: s + x[i], 0 * x[0]), [1, 2, 4], [0, 0.1, 0.2]
    ),
    "first step flag": Case(first_flag, [1, 2], [1e-5, -1e-6]),
    "key in the carry": Case(noisy_walk, [1, 2], [1e-5, -1e-6]),
    "cond in a scan": Case(branch_every_step, [0.3, 0.4, 0.5, 0.6], [1e-6, 2e-6, -1e-6, 3e-6]),
    "cond": Case(guarded_branch, [0.1, 0.3], [1e-6, 1e-6]),
    "switch": Case(switched, [0.5, -0.25], [1e-6, 1e-5]),
    "nested loops": Case(nested, [0.3, 0.4, 0.5], [1e-6, 2e-6, -1e-6]),
    "while, turns fixed": Case(fixed_turns, [0.5, 0.25, 1], [1e-6, 1e-5, 1e-6]),
    "logarithms in a scan": Case(logarithms, [1.5, 0.25, 0.125, -3], [1e-6, 1e-5, 1e-6, 1e-5]),
    "spectrum": Case(
        lambda x: jnp.sum(jnp.real(jnp.fft.fft(x) * jnp.conj(jnp.fft.fft(x)))), [1, 2, 4], [1e-5, 0, 1e-6]
    ),
    "products behind a guard": Case(products_behind_a_guard, [0.5, 0.75, 1.5], [1e-5, 1e-6, -1e-6]),
    "lgamma at its zeros": Case(lambda x: jnp.sum(special.gammaln(1 + x)), [0.7121042], [-7.416e-5]),
    "sum of softplus": Case(lambda x: jnp.sum(jax.nn.softplus(x)), [-3, 0.5, 20], [1e-6, 1e-5, 1e-6]),
}
CROSSING = {
    "products behind a guard": Case(products_behind_a_guard, [-0.5, 0.75, 1.5], [1, 0.25, -0.5]),
    "where log": Case(lambda x: jnp.sum(jnp.where(x > 0, jnp.log(x), x - 1)), [-0.1], [0.6]),
    "where log, back": Case(lambda x: jnp.sum(jnp.where(x > 0, jnp.log(x), x - 1)), [0.5, 0.3], [-0.6, 1e-4]),
    "sin r / r at zero": Case(lambda x: jnp.sum(jnp.where(x != 0, jnp.sin(x) / x, 1)), [0], [0.1]),
    "nan_to_num": Case(lambda x: jnp.sum(jnp.nan_to_num(jnp.log(x))), [-0.1], [0.6]),
    "where sqrt": Case(lambda x: jnp.sum(jnp.where(x > 0, -jnp.sqrt(x), x * x) + x * x / 4), [-1, 0.25], [1.5, -0.5]),
    "largest log": Case(lambda x: jnp.sum(jnp.maximum(jnp.log(x), -3)), [0, 0.5], [0.3, -0.2]),
    "exp of a pole": Case(lambda x: jnp.sum(jnp.exp(-1 / (x * x))), [0, 0.5], [0.25, 0.125]),
    "logsumexp of log 0": Case(lambda x: jax.nn.logsumexp(jnp.log(x)), [0, 0.4, 2], [0.1, 2e-6, 0]),
    "maximum from -inf": Case(
        lambda x: jax.lax.scan(lambda m, v: (jnp.maximum(m, v), None), -jnp.inf * jnp.ones_like(x[0]), x)[0],
        [1.25, 2],
        [1, 0.25],
    ),
    "into a scan": Case(
        lambda x: jax.lax.scan(lambda m, v: (m + jnp.where(v > -9, v, 1), None), 0 * x[0], jnp.log(x))[0],
        [-1, 2],
        [2, 0.25],
    ),
    "logarithms in a scan": Case(logarithms, [1.25, 0.5, 0.125, -3], [0.25, 0.25, 0.125, 0.125]),
    "cond, other branch": Case(guarded_branch, [-0.1, 0.3], [0.6, 0.1]),
    "cond in a scan": Case(branch_every_step, [0.3, 0.4, 0.5, 0.6], [0.4, 0.2, -0.1, 0.3]),
    "switch": Case(switched, [-0.5, -0.25], [1, 0.5]),
    "while, more turns": Case(square_root, [2, 1], [1, -0.25]),
    "while, same turns": Case(square_root, [2, 1], [0.001, 0.001]),
    "staircase of turns": Case(turns, [0.7, 1, 2], [0.4, 0.001, 0.001]),
    "hidden in an integer": Case(
        lambda x: jnp.sum((jnp.tanh(x) * 8).astype(jnp.int32)).astype(x.dtype) / 8, [0, 0.5], [0.25, 0.5]
    ),
    "log of a small sum": Case(lambda x: jnp.log(jnp.sum(jnp.exp(x))), [5, 5.5], [-20, -19]),
    "entropy of small shares": Case(lambda x: jnp.sum(special.entr(jax.nn.softmax(x))), [0.25, 0.5, -1], [25, 0, 3]),
    "eight-bit integers": Case(
        lambda x: jnp.sum(jnp.clip(jnp.round(x * 64), -128, 127).astype(jnp.int8).astype(x.dtype) / 64),
        [1.25, -1],
        [-4, 5],
    ),
}
