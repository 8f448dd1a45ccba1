"""Every rule of the exact change against float64, at displacements from 1e-1 down to 1e-8."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr.difference import difference
from corr.difference._promote import in_float64

SHAPE = (4, 6)
SIZES = [10.0**-k for k in range(1, 9)]
ULPS = 16
W = jnp.linspace(-1.0, 1.0, 24).reshape(SHAPE)
KERNEL = jnp.linspace(-0.5, 0.5, 6).reshape(1, 1, 6)
INDEX = jnp.array([3, 0, 0, 1])


def conv(x: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(x[:, None, :], KERNEL * (1 + x[0, 0]), (1,), "SAME")


def scanned(x: jax.Array) -> jax.Array:
    def body(h: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
        h = jnp.tanh(h * x[0] + row)
        return h, h * row

    final, rows = jax.lax.scan(body, jnp.zeros(6), x)
    return rows + final[None]


FUNCTIONS = {
    "add": lambda x: x + W,
    "add both": lambda x: x + x[::-1],
    "add scalar": lambda x: x + x[0, 0],
    "sub": lambda x: W - x,
    "neg": lambda x: -x,
    "mul": lambda x: x * x[::-1],
    "mul constant": lambda x: x * W,
    "div": lambda x: x / (x[::-1] + 3),
    "div by": lambda x: 1 / (x + 3),
    "dot": lambda x: x @ x.T,
    "dot constant": lambda x: W.T @ x,
    "conv": conv,
    "square": jnp.square,
    "cube": lambda x: x**3,
    "seventh power": lambda x: x**7,
    "inverse square": lambda x: (x + 3) ** -2,
    "tanh": jnp.tanh,
    "exp": jnp.exp,
    "exp2": jnp.exp2,
    "expm1": jnp.expm1,
    "log": lambda x: jnp.log(x + 3),
    "log1p": lambda x: jnp.log1p(x / 2),
    "logistic": jax.nn.sigmoid,
    "sqrt": lambda x: jnp.sqrt(x + 3),
    "rsqrt": lambda x: jax.lax.rsqrt(x + 3),
    "cbrt": lambda x: jnp.cbrt(x + 3),
    "pow": lambda x: (x + 3) ** 2.5,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "tan": lambda x: jnp.tan(x / 2),
    "sinh": jnp.sinh,
    "cosh": jnp.cosh,
    "atan": jnp.arctan,
    "erf": jax.lax.erf,
    "erfc": jax.lax.erfc,
    "max": lambda x: jnp.maximum(x, W),
    "min": lambda x: jnp.minimum(x, x[::-1]),
    "relu": jax.nn.relu,
    "abs": jnp.abs,
    "clamp": lambda x: jnp.clip(x, -0.5, 0.5),
    "select by value": lambda x: jnp.where(x > 0.1, x * x, 0.01 * x),
    "select fixed": lambda x: jnp.where(W > 0, x, 2 * x),
    "reduce_sum": lambda x: jnp.sum(x * x, axis=0),
    "reduce_sum all": jnp.sum,
    "reduce_max": lambda x: jnp.max(x, axis=1),
    "reduce_min": lambda x: jnp.min(x, axis=0),
    "mean and variance": lambda x: jnp.var(x, axis=1),
    "cumsum": lambda x: jnp.cumsum(x, axis=0),
    "reshape": lambda x: x.reshape(6, 4),
    "transpose": lambda x: x.T,
    "slice and concatenate": lambda x: jnp.concatenate([x[:2], 2 * x[1:]]),
    "gather": lambda x: x[INDEX],
    "pad": lambda x: jnp.pad(x, 1),
    "split": lambda x: jnp.split(x, 2, axis=1)[1],
    "scatter-add": lambda x: x.at[INDEX].add(x),
    "dynamic_slice": lambda x: jax.lax.dynamic_slice(x, (1, 2), (2, 2)),
    "logsumexp": lambda x: jax.nn.logsumexp(x, axis=1),
    "softplus": jax.nn.softplus,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "huber": lambda x: jnp.where(jnp.abs(x) < 0.5, x * x / 2, 0.5 * (jnp.abs(x) - 0.25)),
    "jit": jax.jit(lambda x: jnp.tanh(x) * 2),
    "vmap": jax.vmap(lambda row: jnp.tanh(row) * row[0]),
    "scan": scanned,
    "custom_jvp": jax.nn.silu,
    "remat": jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))),
}


def errors_in_units(function: Any) -> np.ndarray:
    """Largest error of the change at every size against float64, in rounding units of |J| |ε|, the terms it sums."""
    rngs = [np.random.default_rng(seed) for seed in range(len(SIZES))]
    drawn = [
        (rng.uniform(-1.2, 1.2, SHAPE), size * rng.normal(size=SHAPE)) for size, rng in zip(SIZES, rngs, strict=True)
    ]
    x, wanted = (jnp.asarray(np.stack(part), jnp.float32) for part in zip(*drawn, strict=True))
    step = (x + wanted) - x
    split = difference(function)

    def change(x: jax.Array, step: jax.Array) -> tuple[jax.Array, jax.Array]:
        slopes = jax.jacfwd(lambda v: jnp.ravel(function(v.reshape(SHAPE))))(jnp.ravel(x))
        return split.change(split.start(x)[1], step)[0], jnp.abs(slopes) @ jnp.abs(jnp.ravel(step))

    found, scales = jax.jit(jax.vmap(change))(x, step)
    with jax.enable_x64(True):
        # One program for both places: fused together they would round the same number in two ways.
        wide = jax.jit(jax.vmap(lambda x: in_float64(function)(x)[0]))
        old, new = (wide(x.astype(jnp.float64) + part) for part in (0.0, step.astype(jnp.float64)))
        exact = new - old
    found, exact, scales = (np.asarray(part, float).reshape(len(SIZES), -1) for part in (found, exact, scales))
    floor = np.maximum(np.maximum(scales, np.abs(exact)).max(axis=1, keepdims=True), 1e-30)
    rounding = np.finfo(np.float32).eps
    return (np.abs(found - exact) / (rounding * np.maximum(scales, 0.05 * floor))).max(axis=1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rule_is_accurate_at_every_size(name: str) -> None:
    worst = errors_in_units(FUNCTIONS[name]).max()
    assert worst < ULPS, f"{name}: error of {worst:.1f} rounding units"


def test_plain_subtraction_would_fail() -> None:
    """The twin: the guard sees the error of f(x + ε) - f(x) in float32."""
    x = jnp.linspace(-1.0, 1.0, 24)
    step = (x + 1e-6) - x
    plain = jnp.tanh(x + step) - jnp.tanh(x)
    exact = np.tanh(np.asarray(x, float) + np.asarray(step, float)) - np.tanh(np.asarray(x, float))
    assert np.max(np.abs(np.asarray(plain) - exact) / (1.2e-7 * np.abs(exact))) > ULPS


def test_tanh_far_beyond_saturation() -> None:
    x, step = jnp.array([12.0, -3.0, 0.2]), jnp.array([-24.0, 6.5, 1e-4])
    split = difference(jnp.tanh)
    change, _ = split.change(split.start(x)[1], step)
    exact = np.tanh(np.asarray(x, float) + np.asarray(step, float)) - np.tanh(np.asarray(x, float))
    np.testing.assert_allclose(np.asarray(change), exact, rtol=1e-5)


@pytest.mark.parametrize("bound", [1e-3, 0.3])
def test_bound_chooses_a_form_that_is_as_accurate(bound: float) -> None:
    x = jnp.linspace(-2.0, 2.0, 24)
    step = bound * jnp.linspace(-1.0, 1.0, 24)
    step = (x + step) - x
    split = difference(jnp.tanh, bound=1.01 * bound)
    change, _ = split.change(split.start(x)[1], step)
    exact = np.tanh(np.asarray(x, float) + np.asarray(step, float)) - np.tanh(np.asarray(x, float))
    np.testing.assert_allclose(np.asarray(change), exact, rtol=2e-6, atol=1e-12)


def test_new_tape_is_the_tape_of_the_new_place() -> None:
    def function(x: jax.Array) -> jax.Array:
        return jnp.sum(scanned(x) ** 2)

    split = difference(function)
    x, step = W, jnp.full_like(W, 1e-3)
    _, moved = split.change(split.start(x)[1], step)
    _, fresh = split.start(x + step)
    for a, b in zip(jax.tree.leaves(moved), jax.tree.leaves(fresh), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_primitive_without_rule_warns_once_by_name_and_is_recomputed_in_float64() -> None:
    split = difference(lambda x: jnp.sum(x.at[0].multiply(x[1])))
    x, step = jnp.array([0.5, 2.0]), jnp.array([1e-7, 1e-6])
    with pytest.warns(UserWarning, match=r"no exact-change rule for \['scatter-mul'\]"):
        _, tape = split.start(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        change, _ = split.change(tape, step)
    old, moved = np.asarray(x, float), np.asarray(step, float)
    exact = moved[0] * old[1] + (old[0] + moved[0]) * moved[1] + moved[1]
    assert abs(float(change) / exact - 1) < 1e-5


def power_spectrum(x: jax.Array) -> jax.Array:
    amplitudes = jnp.fft.fft(x)
    return jnp.real(amplitudes * jnp.conj(amplitudes))


FOUND_OUTSIDE = {
    "log to a millionth": (jnp.log, [1.1], [-1.0999989]),
    "log from the smallest numbers": (jnp.log, [2e-38], [1e3]),
    "tanh in saturation": (jnp.tanh, [9.5], [0.3]),
    "negative power near zero": (lambda x: x**-12, [0.01], [1e-3]),
    "negative power far out": (lambda x: x**-12, [50.0], [1.0]),
    "erfc in the tail": (jax.lax.erfc, [9.0], [0.1]),
    "root from zero": (jnp.sqrt, [0.0], [1e-9]),
    "gather with a fill value": (lambda x: jnp.take(x, jnp.array([0, 5]), mode="fill", fill_value=1), [2.0], [0.1]),
    "Fourier spectrum": (power_spectrum, [1.0, 2.0, 3.0, 5.0], [1e-3, 1e-3, 2e-3, 1e-3]),
    "modulus of a complex number": (lambda x: jnp.abs(jnp.fft.fft(x)), [1.0, 2.0, 4.0], [1e-6, 2e-6, 1e-6]),
    "stack": (lambda x: jnp.stack([x, 2 * x]), [1.0, 3.0], [1e-6, 1e-7]),
    "tile": (lambda x: jnp.tile(x, 2), [1.0, 3.0], [1e-6, 1e-7]),
    "unstack": (lambda x: sum(jnp.unstack(x)), [1.0, 3.0], [1e-6, 1e-7]),
    "tie that a short step breaks": (lambda x: jnp.where(x > 1, 3 * x, x + 2), [1.0, 1.0], [1e-9, -1e-9]),
    "order that a short step makes": (jnp.sort, [1.0, 1.0], [1e-9, -1e-9]),
    "first of two equal maxima": (lambda x: x[jnp.argmax(x)] + x[0], [1.0, 1.0], [-1e-9, 1e-9]),
    "clamp from far": (lambda x: jax.lax.clamp(-0.5, x, 1.0), [1e18, -1e18], [-1e21, 1e21]),
    "index that moves": (lambda x: x[x[0].astype(jnp.int32)], [1.0, 2.0, 5.0], [1.0, 1e-3, 1e-3]),
    "coarse precision": (lambda x: jax.lax.reduce_precision(x, 8, 7), [1.0, 1.0], [1e-6, 0.1]),
    "large integers": (lambda x: jnp.where(x > 0, 2**25 + 1, 2**25).astype(jnp.float32), [-1.0], [2.0]),
}


@pytest.mark.parametrize("name", FOUND_OUTSIDE)
def test_inputs_from_outside(name: str) -> None:
    function, start, moved = FOUND_OUTSIDE[name]
    x, step = jnp.asarray(start, jnp.float32), jnp.asarray(moved, jnp.float32)
    split = difference(function)
    change = np.asarray(split.change(split.start(x)[1], step)[0], float)
    with jax.enable_x64(True):
        wide = in_float64(function)
        new, old = (wide(x.astype(jnp.float64) + part)[0] for part in (step.astype(jnp.float64), 0.0))
        right = np.asarray(new - old)
        assert np.all(np.abs(right) + np.abs(change) < np.inf)
    reference = 4 * np.finfo(float).eps * np.max(np.abs(old), initial=0.0)
    assert np.all(np.abs(change - right) <= ULPS * np.finfo(np.float32).eps * np.abs(right) + reference), (
        change,
        right,
    )


@pytest.mark.parametrize(
    ("start", "step", "right"),
    [(1.1, -1.0999989, -13.840471), (2e-38, 1e3, 93.712831)],
)
def test_logarithm_over_long_steps(start: float, step: float, right: float) -> None:
    split = difference(jnp.log)
    change, _ = split.change(split.start(jnp.float32(start))[1], jnp.float32(step))
    assert abs(float(change) - right) < 1e-5


@pytest.mark.parametrize(
    ("place", "step", "after"), [(1.0, -1e-9, 7), (-1.0, 1e-9, -7), (1.0, 1e-9, 8), (0.99, 0.01, 8)]
)
def test_integer_part_of_a_sum_that_rounds_to_a_whole_number(place: float, step: float, after: int) -> None:
    """8 (1 - 1e-9) is 8 in float32, and its integer part 7."""
    split = difference(lambda x: (8 * x).astype(jnp.int32))
    change, _ = split.change(split.start(jnp.float32(place))[1], jnp.float32(step))
    assert int(change) == after - int(np.float32(8 * np.float32(place)))


NOTHING = {
    "product": lambda x: jnp.prod(x[:0]) + x[0],
    "running product": lambda x: jnp.sum(jnp.cumprod(x[:0])) + x[0],
    "running maximum": lambda x: jnp.sum(jax.lax.cummax(x[:0])) + x[0],
    "maximum": lambda x: jnp.max(x[:0], initial=-1.0) + x[0],
    "softmax": lambda x: jnp.sum(jax.nn.softmax(x[:0])) + x[0],
    "sort": lambda x: jnp.sum(jnp.sort(x[:0])) + x[0],
    "scan": lambda x: jnp.sum(jax.lax.scan(lambda c, v: (c + v, c * v), x[0], x[:0])[1]) + x[0],
}


@pytest.mark.parametrize("of", NOTHING)
def test_what_is_taken_of_no_entries_stays(of: str) -> None:
    split = difference(NOTHING[of])
    change, _ = split.change(split.start(jnp.array([1.0, 2.0]))[1], jnp.array([1e-3, 1.0]))
    assert float(change) == np.float32(1e-3)


def test_scatter_of_a_function_is_said() -> None:
    with pytest.warns(UserWarning, match="scatter"):
        difference(lambda x: jnp.sum(x.at[0].apply(jnp.sin))).start(jnp.ones(2))


def test_integer_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="int32"):
        difference(jnp.sum).start(jnp.arange(3))


def test_pytrees_and_jit() -> None:
    split = difference(lambda p, q: p["w"] @ q)
    params, q = {"w": jnp.ones(3)}, jnp.arange(3.0)
    value, tape = jax.jit(split.start)(params, q)
    change, _ = jax.jit(split.change)(tape, {"w": jnp.full(3, 1e-3)}, jnp.zeros(3))
    assert float(value) == 3.0
    assert abs(float(change) - 3e-3) < 1e-8
