"""Exact changes through loops, branches and guards, and what is said where a change is not exact; against float64."""

import importlib
import re
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy import special

import corr
from corr.difference import difference
from corr.difference._rules import DECISIONS, RULES

from .control_cases import CROSSING, KEY, SMOOTH, Case, Function, square_root

ULPS, EPS = 16, float(np.finfo(np.float32).eps)


def changes(case: Case, dtype: Any = jnp.float32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, step, and the change there and (with its sign turned) back again on the tape it left."""
    place = jnp.asarray(case.place, dtype)
    step = (place + jnp.asarray(case.step, dtype)) - place
    split = difference(case.function)

    def both(place: jax.Array, step: jax.Array) -> jax.Array:
        there, tape = split.change(split.start(place)[1], step)
        return jnp.stack([there, -split.change(tape, -step)[0]])

    found = jax.jit(jax.vmap(both))(jnp.stack([place, place + 1]), jnp.stack([step, step]))[0]
    return (*(np.asarray(part, np.float64) for part in (place, step)), np.asarray(found, np.float64))


def quiet(case: Case, dtype: Any = jnp.float32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no exact-change rule for .'while")
        return changes(case, dtype)


def values(function: Function, *places: np.ndarray) -> list[float]:
    with jax.enable_x64(True):
        return [float(function(jnp.asarray(place, jnp.float64))) for place in places]


@pytest.mark.parametrize("name", SMOOTH)
def test_small_steps_keep_all_digits(name: str) -> None:
    """The error is held against Σ |∂f/∂x_i ε_i|, the terms of the change."""
    place, step, found = quiet(SMOOTH[name])
    before, after = values(SMOOTH[name].function, place, place + step)
    with jax.enable_x64(True):
        slopes = np.asarray(jax.jacfwd(SMOOTH[name].function)(jnp.asarray(place)))
    scale = np.sum(np.abs(slopes * step)) + np.finfo(float).eps * abs(before) / EPS
    assert np.max(np.abs(found - (after - before))) < ULPS * EPS * scale


@pytest.mark.parametrize("name", CROSSING)
def test_borders_and_guards_are_crossed_both_ways(name: str) -> None:
    """The error is held against the sizes of the two values."""
    place, step, found = quiet(CROSSING[name])
    before, after = values(CROSSING[name].function, place, place + step)
    scale = max(abs(before) + abs(after), 1)
    assert np.max(np.abs(found - (after - before))) < ULPS * EPS * scale


def test_numbers_of_the_reports() -> None:
    """Closed forms: log 0.5 + 1.1, sin(0.1)/0.1 - 1, log 0.5, x₁ + x₂ of the step."""
    right = {"where log": np.log(0.5) + 1.1, "sin r / r at zero": np.sin(0.1) / 0.1 - 1, "nan_to_num": np.log(0.5)}
    for name, value in right.items():
        assert changes(CROSSING[name])[2][0] == pytest.approx(value, abs=4 * EPS)
    assert changes(SMOOTH["fori_loop over indices"])[2][0] == pytest.approx(0.3, rel=ULPS * EPS)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
@pytest.mark.parametrize("name", ["where log", "cond, other branch", "cond in a scan"])
def test_half_precision_is_as_exact_as_its_numbers(name: str, dtype: Any) -> None:
    place, step, found = changes(CROSSING[name], dtype)
    before, after = values(CROSSING[name].function, place, place + step)
    assert np.max(np.abs(found - (after - before))) < ULPS * float(jnp.finfo(dtype).eps) * max(
        abs(before) + abs(after), 1
    )


def test_double_precision(x64: None) -> None:
    place, step, found = changes(CROSSING["where log"], jnp.float64)
    before, after = values(CROSSING["where log"].function, place, place + step)
    assert np.max(np.abs(found - (after - before))) < ULPS * np.finfo(float).eps


def test_a_walk_enters_the_good_branch_behind_the_guard() -> None:
    """Minimum -3/4 of -√x + x²/4 in each of three coordinates; the barred branch ends at 0."""
    walk = corr.mutation(CROSSING["where sqrt"].function, mutation_std=0.3)
    options: dict[str, Any] = {"trajectories": 1, "key": corr.root_key(0), "block_size": 1, "progress": False}
    last = corr.run(walk, -jnp.ones(3), steps=1000, record_at=[1000], **options).loss.values[0, -1]
    assert -2.25 - 1e-5 < last < -2


def test_conversion_to_integers_takes_no_shortcut() -> None:
    """The shortcut's NaN would be an ordinary integer after the conversion."""
    place = jnp.ones(2)
    assert not difference(CROSSING["hidden in an integer"].function).shortcut(place)
    assert difference(lambda x: jnp.sum(jnp.tanh(x))).shortcut(place)


def test_change_of_an_integer_loss_is_a_difference() -> None:
    split = difference(lambda x: jnp.sum(x > 0))
    tape = split.start(jnp.ones(2))[1]
    assert int(split.change(tape, jnp.zeros(2))[0]) == 0
    assert int(split.change(tape, jnp.array([-2.0, 0.0]))[0]) == -1


WRAPPERS: dict[str, Callable[[Function], Function]] = {
    "bare": lambda f: f,
    "jit": jax.jit,
    "vmap": lambda f: lambda x: jnp.sum(jax.vmap(f)(x[None])),
    "scan": lambda f: lambda x: jax.lax.scan(lambda h, _: (h + f(x), None), x[0], None, length=2)[0],
    "cond": lambda f: lambda x: jax.lax.cond(x[0] > 0, f, jnp.sum, x),
    "while": lambda f: (
        lambda x: jax.lax.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, f(x)), (jnp.int32(0), x[0]))[1]
    ),
    "cond in a scan": lambda f: WRAPPERS["scan"](WRAPPERS["cond"](f)),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_primitive_without_rule_is_named_once_wherever_it_stands(name: str) -> None:
    split = difference(WRAPPERS[name](lambda x: jnp.sum(jax.random.gamma(KEY, x))))
    with pytest.warns(UserWarning, match=r"no exact-change rule for \['random_gamma'\].*float64") as caught:
        jax.eval_shape(lambda x: split.change(split.start(x)[1], x), jnp.ones(2))
    assert len(caught) == 1


def test_a_number_of_turns_that_moves_is_named() -> None:
    split = difference(square_root)
    with pytest.warns(UserWarning, match="the number of turns depends on the parameters"):
        split.start(jnp.ones(2))


@pytest.mark.parametrize("name", ["betainc", "zeta"])
def test_what_cannot_be_float64_inside_a_program_is_subtracted_and_said(name: str) -> None:
    """These are written in JAX themselves and follow the precision of the whole program when it is compiled."""
    function = {
        "betainc": lambda x: jnp.sum(special.betainc(x, x + 1, 0.25)),
        "zeta": lambda x: jnp.sum(special.zeta(x, 2.0)),
    }[name]
    with pytest.warns(UserWarning, match="no exact-change rule"):
        place, step, found = changes(Case(function, [2.5, 3], [0.25, -0.5]))
    before, after = values(function, place, place + step)
    assert np.max(np.abs(found - (after - before))) < 64 * EPS * (abs(before) + abs(after))


def test_the_package_names_every_primitive_with_a_rule() -> None:
    named = set(re.findall(r"[a-z][a-z0-9_-]*", importlib.import_module("corr.difference").__doc__ or ""))
    assert {name.removesuffix("_p") for name in (*RULES, *DECISIONS)} <= named


def test_plain_subtraction_would_fail() -> None:
    """The twin of the small steps."""
    case = SMOOTH["cond in a scan"]
    place = jnp.asarray(case.place, jnp.float32)
    step = (place + jnp.asarray(case.step, jnp.float32)) - place
    plain = float(case.function(place + step)) - float(case.function(place))
    before, after = values(case.function, np.asarray(place, float), np.asarray(place, float) + np.asarray(step, float))
    assert abs(plain - (after - before)) > ULPS * EPS * np.sum(np.abs(np.asarray(step)))
