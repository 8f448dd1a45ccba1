"""The float64 referee: every loss that JAX evaluates, every rule that decides, and how it sees a wrong change."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._flips import decision_counter
from corr._referee import Decisions, RefereeError
from corr.difference._promote import promote

PLACE = jnp.array([0.7, -0.3, 1.2, 0.4, 0.9, -1.1])
KEY = jax.random.key(3)
ROOT = corr.root_key(0)
EPS = float(np.finfo(np.float32).eps)


def matrix(x: jax.Array) -> jax.Array:
    return 4 * jnp.eye(6, dtype=x.dtype) + jnp.outer(x, x)


def parabola(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x)


def while_with_float_carry(x: jax.Array) -> jax.Array:
    start = (jnp.zeros((), x.dtype), jnp.ones((), x.dtype), jnp.int32(0))
    return jax.lax.while_loop(lambda c: c[0] < jnp.sum(x), lambda c: (c[0] + 1, c[1] * x[0], c[2] + 1), start)[1]


def bits(x: jax.Array) -> jax.Array:
    """A number from the bits of another; the low ones are the rounding of float32."""
    return jnp.sum((jax.lax.bitcast_convert_type(x, jnp.int32) >> 23).astype(x.dtype) * x)


def callback(x: jax.Array) -> jax.Array:
    out = jax.ShapeDtypeStruct((), jnp.float32)
    return jax.pure_callback(lambda v: np.sum(np.square(v)), out, x, vmap_method="sequential")


LOSSES: dict[str, Callable[[jax.Array], jax.Array]] = {
    "integers beside floats": lambda x: jnp.sum(matrix(x)[jnp.triu_indices(6)]),
    "cond": lambda x: jax.lax.cond(x[0] > 0.5, lambda y: jnp.sum(y**2), lambda y: jnp.sum(jnp.sin(y)), x),
    "while": while_with_float_carry,
    "scan": lambda x: jax.lax.scan(lambda h, v: (jnp.tanh(h * v + 1), h), x[0], x)[0],
    "custom_jvp": lambda x: jnp.sum(jax.nn.relu(x) + jax.nn.silu(x)),
    "complex": lambda x: jnp.sum(jnp.abs(jnp.fft.fft(x)) ** 2),
    "bits": bits,
    "random numbers": lambda x: jnp.sum(x * jax.random.normal(jax.random.fold_in(KEY, (3 * x[0]).astype(int)), (6,))),
    "random numbers of a parameter": lambda x: jnp.sum(jax.random.gamma(KEY, x * x + 1)),
    "solve": lambda x: jnp.sum(jnp.linalg.solve(matrix(x), x)),
    "cholesky": lambda x: jnp.sum(jnp.linalg.cholesky(matrix(x))),
    "eigh": lambda x: jnp.sum(jnp.linalg.eigh(matrix(x))[0] ** 2),
    "svd": lambda x: jnp.sum(jnp.linalg.svd(matrix(x), compute_uv=False)),
    "written in JAX": lambda x: jnp.sum(
        jax.scipy.special.i0e(x) + jax.scipy.special.betainc(x * x + 1, x * x + 2, 0.25)
    ),
    "update of a scatter": lambda x: jnp.sum(x.at[jnp.array([0, 1])].multiply(x[2:4]) ** 2),
    "window": lambda x: jnp.sum(jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2,), (1,), "VALID")),
    "reduce": lambda x: jax.lax.reduce(x, jnp.float32(1), lambda a, b: a * b, (0,)),
    "callback": callback,
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_a_form_in_float64(name: str) -> None:
    """It agrees with float32 to 64 rounding units of Σ|∂U/∂x x| + |U|, which bounds what rounding does to it here."""
    loss = LOSSES[name]
    wide = promote(loss, PLACE)
    with jax.enable_x64(True):
        found = jax.jit(jax.vmap(lambda x: wide(x)[0]))(np.asarray(PLACE, np.float64)[None])[0]
    assert found.dtype == np.float64
    own = float(loss(PLACE))
    assert abs(float(found) - own) < 64 * EPS * max(abs(own), 6)


def test_float64_keeps_what_float32_rounds_away() -> None:
    """The twin: the promoted function is not the float32 one under another name."""
    wide = promote(lambda x: (1 + x) - 1, jnp.float32(1))
    with jax.enable_x64(True):
        assert float(wide(jnp.float64(1e-9))[0]) == pytest.approx(1e-9, rel=1e-6)
    assert float((1 + jnp.float32(1e-9)) - 1) == 0


def together(x: jax.Array) -> jax.Array:
    """Integers, a cond, a solve, complex numbers, a loop with a counter and a function written in JAX, at once."""
    names = ("integers beside floats", "cond", "solve", "complex", "scan")
    turns = jax.lax.fori_loop(0, 4, lambda i, s: s * x[0] + x[i], x[1])
    return sum((LOSSES[name](x) for name in names), turns) + jnp.sum(jax.scipy.special.i0e(x))


def test_decisions_of_many_operations_are_checked() -> None:
    found = corr.flip_rate(together, PLACE, mutation_std=0.01, key=ROOT, draws=128, beta=10.0)
    assert (found.flips, found.draws) == (0, 128)
    assert found.change_error < 1e-3


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_is_checked_in_float64(dtype: Any) -> None:
    """The change is a sum of six terms 2xε + ε², each rounded to half an ulp three times: 9 ulp of Σ|terms| at most.

    Relative to the median change, and with Σ|terms| up to 10 medians, the error stays below 90 ulp.
    """
    found = corr.flip_rate(parabola, PLACE.astype(dtype), mutation_std=0.01, key=ROOT, draws=128)
    assert found.draws == 128
    assert 0 < found.change_error < 90 * float(jnp.finfo(dtype).eps)


def euler(x: jax.Array) -> jax.Array:
    """A counter in the carry of a loop."""
    return jnp.square(jax.lax.fori_loop(1, 11, lambda k, s: s + 0.1 * jnp.sin(s + x[k % 3] * k), x[0]))


def flagged(x: jax.Array) -> jax.Array:
    """A counter, a flag and a key in the carry of a scan."""

    def body(carry: Any, _: None) -> tuple[Any, jax.Array]:
        count, h, first, key = carry
        key, own = jax.random.split(key)
        h = jnp.where(first, x[0] / 8, h / 2 + jnp.sin(x[1])) + jax.random.uniform(own) * x[2]
        return (count + 1, h, jnp.asarray(False), key), h * count.astype(x.dtype)

    start = (jnp.int32(0), 0 * x[0], jnp.asarray(True), KEY)
    return jnp.mean(jax.lax.scan(body, start, None, length=5)[1] ** 2)


@pytest.mark.parametrize("loss", [euler, flagged])
def test_decisions_through_loops_with_counters_flags_and_keys(loss: Callable[[jax.Array], jax.Array]) -> None:
    found = corr.flip_rate(loss, PLACE[:3], mutation_std=0.01, key=ROOT, draws=128)
    assert found.flips == 0
    assert found.change_error < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("loss", [euler, flagged])
def test_walks_through_loops_with_counters_flags_and_keys_descend(loss: Callable[[jax.Array], jax.Array]) -> None:
    walk = corr.mutation(loss, mutation_std=0.01)
    data = corr.run(walk, PLACE[:3], steps=100, trajectories=4, key=ROOT, progress=False)
    assert (data.acceptance.values[:, -1] > 0.1).all()
    assert (data.loss.values[:, -1] < data.loss.values[:, 0]).all()


DYNAMICS = {
    "barker": {"mutation_std": 0.01, "rule": "barker", "beta": 10.0},
    "proposal": {"proposal": corr.proposals.laplace(0.01)},
    "sigma of every part": {"mutation_std": {"a": 0.01, "b": 0.02}, "beta": 100.0},
}


@pytest.mark.parametrize("name", DYNAMICS)
def test_every_dynamics_that_decides_is_counted(name: str) -> None:
    walk = corr.mutation(lambda p: parabola(p["a"]) + parabola(p["b"]), **DYNAMICS[name])
    found = decision_counter(walk, draws=64, kept_steps=3)({"a": PLACE[:2], "b": PLACE[2:]}, ROOT)
    assert (found.flips, found.draws) == (0, 64)
    assert found.change_error < 1e-4


def test_subtracted_decisions_flip() -> None:
    """The twin: steps of 1e-7 of a loss near 5 are lost in float32."""
    walk = corr.mutation(parabola, mutation_std=1e-7, exact=False)
    found = decision_counter(walk, draws=256)(PLACE, ROOT)
    assert found.low > 0.05
    assert found.change_error > 0.5


@pytest.mark.parametrize("kept_steps", [0, 2])
def test_no_decision_is_counted_twice(kept_steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def judge(position: Any, made: Decisions) -> tuple[np.ndarray, ...]:
        seen.append(np.asarray(made.displacement))
        return np.zeros(64, bool), np.ones(64, bool), np.zeros(64)

    monkeypatch.setattr("corr._flips.referee", lambda loss, accept, shared: judge)
    walk = corr.mutation(parabola, mutation_std=0.01)
    assert decision_counter(walk, draws=192, kept_steps=kept_steps)(PLACE, ROOT).draws == 192
    assert len(np.unique(np.concatenate(seen), axis=0)) == 192


def test_a_wrong_change_that_flips_nothing_is_seen() -> None:
    """At β = ∞ half the change has the same sign; only its size tells."""
    right = corr.mutation(parabola, mutation_std=0.01)
    half = corr.mutation(lambda x: parabola(x) / 2, mutation_std=0.01)._replace(loss=parabola)
    found = [decision_counter(walk, draws=64)(PLACE, ROOT) for walk in (right, half)]
    assert [one.flips for one in found] == [0, 0]
    assert found[0].change_error < 1e-4
    assert found[1].change_error == pytest.approx(0.5, abs=0.01)


def test_a_missing_change_is_seen() -> None:
    walk = corr.mutation(lambda x: parabola(x) + jnp.log(x[0] - 0.69) * 0, mutation_std=0.01)
    assert decision_counter(walk._replace(loss=parabola), draws=64)(PLACE, ROOT).change_error == math.inf


def test_what_has_no_float64_form_is_one_clear_error() -> None:
    counter = decision_counter(
        corr.mutation(parabola, mutation_std=0.01)._replace(loss=lambda x: float(x[0])), draws=64
    )
    with pytest.raises(
        RefereeError, match="cannot be evaluated in float64, so its decisions are not checked: got Concr"
    ):
        counter(PLACE, ROOT)


def test_a_dynamics_without_decisions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected one with loss, accept and halves"):
        decision_counter(corr.descent(parabola, learning_rate=0.1))
