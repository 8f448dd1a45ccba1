"""Acceptance probabilities on the exact values of the uniform number, at extreme β, and rules given as functions."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._accept import Rule, barker, metropolis, rule_text, uniform_number

BITS = 32
RISES = np.array([1e-6, 1e-3, 0.1, 0.7, 1.0, 5.0, 15.0, 20.0, 22.0, 23.0, 50.0, 88.0, 104.0, 1e3, 1e30], np.float32)


def number(k: np.ndarray) -> np.ndarray:
    """The uniform number of the random bits k."""
    return (k.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-BITS)


def accepted_share(rule: Rule, changes: np.ndarray) -> np.ndarray:
    """The share of all 2^32 values of the random bits that accept: they are the smallest ones, found by bisection."""
    low, high = np.zeros(len(changes), np.int64), np.full(len(changes), 2**BITS)
    while (low < high).any():
        middle = (low + high) // 2
        taken = np.asarray(rule(jnp.asarray(changes), jnp.asarray(number(np.minimum(middle, 2**BITS - 1)))))
        taken = taken & (middle < 2**BITS)
        low, high = np.where(taken, middle + 1, low), np.where(taken, high, middle)
    return low / 2.0**BITS


def test_uniform_number_is_that_of_its_bits_and_never_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = jax.random.split(jax.random.key(0), 100)
    bits = jax.vmap(lambda key: jax.random.bits(key, (), jnp.uint32))(keys)
    drawn = jax.vmap(lambda key: uniform_number(key, jnp.bfloat16))(keys)
    np.testing.assert_array_equal(drawn, number(np.asarray(bits)))
    for bits, expected in ((0, 2.0**-33), (2**32 - 1, 1.0)):
        monkeypatch.setattr(jax.random, "bits", lambda key, shape, dtype, bits=bits: jnp.asarray(bits, dtype))
        assert float(uniform_number(keys[0], jnp.float32)) == expected


def test_uniform_number_in_float64(x64: None) -> None:
    drawn = uniform_number(jax.random.key(0), jnp.float64)
    bits = int(jax.random.bits(jax.random.key(0), (), jnp.uint64))
    assert drawn.dtype == jnp.float64
    assert abs(float(drawn) - bits / 2.0**64) <= 2.0**-53


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_metropolis_accepts_its_probability_of_all_numbers(beta: float) -> None:
    """The number, its logarithm and β ΔU are rounded once or twice each, relative to 1 and to β ΔU."""
    share, expected = accepted_share(metropolis(beta), RISES), np.exp(-beta * RISES.astype(float))
    assert (np.abs(share - expected) <= expected * (1 + beta * RISES) * 2.0**-22 + 2.0**-BITS).all()
    assert (share[beta * RISES > 23] == 0).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_barker_accepts_its_probability_of_all_numbers(sign: int) -> None:
    changes = sign * RISES
    share, expected = (
        accepted_share(barker(2.0), changes),
        1 / (1 + np.exp(2.0 * np.minimum(changes.astype(float), 300))),
    )
    assert (np.abs(share - expected) <= expected * (1 + 2 * RISES) * 2.0**-22 + 2.0**-BITS).all()


@pytest.mark.parametrize("rule", [metropolis, barker])
@pytest.mark.parametrize("beta", [1e-3, 1.0, 1e6, 1e300])
def test_the_number_zero_accepts_no_rise_and_equal_losses_pass(rule, beta: float) -> None:
    changes = jnp.array([1e-30, 1.0, 50.0, 1e30, 0.0, -1.0])
    taken = rule(beta)(changes, jnp.zeros(6))
    assert taken.tolist() == [False] * 4 + [True] * 2
    level = 1.0 if rule is metropolis else 0.5
    assert bool(rule(beta)(jnp.float32(0), jnp.float32(level)))


def test_beta_beyond_half_precision_meets_a_small_change() -> None:
    change = jnp.asarray(2e-5, jnp.float16)
    expected = math.exp(-1e5 * float(change))
    for factor in (0.99, 1.01):
        assert bool(metropolis(1e5)(change, jnp.float32(factor * expected))) == (factor < 1)


def steps_of(walk: corr.Dynamics, count: int) -> list[tuple[bool, np.ndarray]]:
    state, found = walk.init(jnp.array([1.0, -0.5])), []
    for n in range(count):
        state, info = walk.step(jax.random.key(n), state)
        found.append((bool(info.accepted), np.asarray(state.position)))
    return found


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x)


@pytest.mark.parametrize("rule", [corr.metropolis, corr.barker])
def test_beta_beyond_single_precision_is_infinite(rule) -> None:
    """Without a RuntimeWarning, which is an error here."""
    at_most = rule(1e40)
    for change, accepted in ((-1e-30, True), (1e-30, False)):
        assert bool(at_most(jnp.float32(change), jnp.float32(0.5))) is accepted


def test_a_function_as_rule_is_used_as_it_is() -> None:
    named = steps_of(corr.mutation(bowl, mutation_std=0.5, rule="barker", beta=10.0), 10)
    given = steps_of(corr.mutation(bowl, mutation_std=0.5, rule=corr.barker(10.0)), 10)
    assert [taken for taken, _ in named] == [taken for taken, _ in given]
    assert {taken for taken, _ in named} == {True, False}
    np.testing.assert_array_equal(named[-1][1], given[-1][1])
    never = corr.mutation(bowl, mutation_std=0.5, rule=lambda change, uniform: change > jnp.inf)
    assert not any(taken for taken, _ in steps_of(never, 5))


def test_the_facts_of_a_rule_tell_its_numbers() -> None:
    def limit(x: jax.Array):
        return lambda change, uniform: change < x

    texts = [
        rule_text(rule) for rule in (corr.barker(10.0), corr.barker(20.0), limit(jnp.ones(())), limit(jnp.zeros(())))
    ]
    assert len(set(texts)) == 4
    assert rule_text(corr.barker(10.0)) == texts[0]


def test_a_rule_has_its_own_beta() -> None:
    with pytest.raises(ValueError, match="has its own beta: leave out beta, got 3"):
        corr.mutation(bowl, mutation_std=0.1, rule=corr.barker(10.0), beta=3.0)
    with pytest.raises(ValueError, match="unknown acceptance rule 'glauber': there are metropolis, barker, or give a"):
        corr.mutation(bowl, mutation_std=0.1, rule="glauber")


@pytest.mark.parametrize("bits", [32, 64])
def test_the_chance_to_lie_below_a_number_is_that_number(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To half a step of the grid, or a relative rounding step where that is larger; at places where both are tight."""
    dtype = {32: np.float32, 64: np.float64}[bits]
    eps, half = float(np.finfo(dtype).eps), 2.0 ** -(bits + 1)
    rng = np.random.default_rng(0)
    places = np.concatenate([2.0 ** rng.uniform(-bits - 2, 0, 3000), 2.0 ** -np.arange(bits + 2.0), [3 * half / 2]])
    places = np.unique(np.concatenate([places, places.astype(dtype).astype(float)]))
    places = np.unique(np.clip(np.concatenate([places * (1 - eps), places, places * (1 + eps)]), 0, 1))

    def numbers(drawn: list[int]) -> np.ndarray:
        bits_drawn = np.array(drawn, np.uint64).astype(f"uint{bits}")
        monkeypatch.setattr(jax.random, "bits", lambda key, shape, kind: jnp.asarray(bits_drawn, kind))
        return np.asarray(uniform_number(jax.random.key(0), dtype), float)

    with jax.enable_x64(bits == 64):
        low, high = [0] * len(places), [2**bits] * len(places)
        while low != high:
            middle = [(a + b) // 2 for a, b in zip(low, high, strict=True)]
            below = numbers([min(k, 2**bits - 1) for k in middle]) < places
            low = [m + 1 if yes and a != b else a for a, b, m, yes in zip(low, high, middle, below, strict=True)]
            high = [b if yes or a == b else m for a, b, m, yes in zip(low, high, middle, below, strict=True)]
    chance = np.array([Fraction(k, 2**bits) - Fraction(float(p)) for k, p in zip(low, places, strict=True)], float)
    allowed = np.maximum(half, eps * places)
    assert (np.abs(chance) <= allowed).all()
    assert (np.abs(chance) > np.maximum(half, eps / 2 * places)).any(), "half a rounding step would not do"
