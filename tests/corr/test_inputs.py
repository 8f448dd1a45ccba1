"""What a user may hand in by mistake is named before anything is compiled."""

import json
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import proposals
from corr._gradient import check_gradient
from corr._objective import check_loss, check_params
from corr._plan import check_marks, plan_run
from corr.ensemble._recorder import parameter_labels
from corr.ensemble._resume import _identity
from corr.proposals._gaussian import warn_if_unresolved

BOWL = corr.mutation(lambda p: jnp.sum(p["w"] ** 2), mutation_std=0.1)
TWO = {"w": jnp.ones(2), "b": jnp.ones(3)}


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        ("relu", r"\['b'\] is a str, expected an array of numbers: leave it out of params, the loss can close over it"),
        (jnp.tanh, r"\['b'\] is a .*, expected an array of numbers: leave it out"),
        (object(), r"\['b'\] is a object, expected an array of floating-point numbers"),
        (1, r"\['b'\] has dtype int32, expected floating point: write 1.0 for 1, .*, or, if it is no weight, leave it"),
        ({0: 1.0, "c": 1.0}, "params are no pytree: .*; give the keys of each dictionary one type"),
        (True, r"\['b'\] has dtype bool"),
        (jax.random.key(0), r"\['b'\] has dtype key<fry>"),
        (jnp.ones(2, complex), r"\['b'\] has dtype complex64, expected real numbers: give real and imaginary part"),
        (jnp.array([1.0, jnp.inf]), r"\['b'\] holds a number that is not finite"),
    ],
    ids=["text", "function", "object", "integer", "keys of two types", "flag", "key", "complex", "infinite"],
)
def test_leaves_that_are_no_weights(leaf: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        corr.run(BOWL, {"w": jnp.ones(2), "b": leaf}, steps=1, trajectories=1, key=corr.root_key(0), progress=False)


def test_names_that_would_be_shared_are_written_in_full() -> None:
    shared = {"a/b": jnp.ones(1), "a": {"b": jnp.ones(1)}}
    assert parameter_labels(shared) == ["['a']['b'][0]", "['a/b'][0]"]
    assert parameter_labels({"a/b": jnp.ones(1), "c": jnp.ones(())}) == ["a/b[0]", "c"]


def test_leaves_without_numbers_are_carried_along() -> None:
    params = {"w": jnp.ones(2), "none": jnp.zeros((0, 3))}
    result = corr.run(BOWL, params, steps=4, trajectories=3, key=corr.root_key(0), block_size=2, progress=False)
    assert result.parameter.values.tolist() == ["w[0]", "w[1]"]
    assert len(np.unique(result.path.values[:, -1], axis=0)) > 1
    side = corr.descent(lambda p: jnp.sum(p["w"] ** 2), learning_rate=0.1, normalized=True)
    state, _ = side.step(jax.random.key(0), side.init(params))
    np.testing.assert_allclose(state.position["w"], 1 - 0.1 / np.sqrt(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (
            lambda p: (jnp.sum(p["w"]), p),
            "must return one scalar array, got .*: return the loss alone, without auxiliary",
        ),
        (lambda p: p["w"], r"must return a scalar, got an array of shape \(2,\): take its mean or sum"),
        (
            lambda p: jnp.sum(p["w"] > 0),
            r"got dtype int32: convert it with astype\(float\) \(a count of errors has no g",
        ),
        (lambda p: jnp.sum(jnp.log(p["w"] - 1)), "loss is -inf at the start parameters"),
        (3.0, "loss must be a function params -> scalar, got float"),
    ],
    ids=["aux", "vector", "integer", "infinite", "number"],
)
def test_losses_that_are_no_finite_scalar(loss: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check_loss(loss, TWO)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"params": {"w": jnp.ones(1)}, "batch_stats": {"mean": jnp.ones(1)}}, "params hold 'batch_stats': running"),
        (
            {"params": {"w": jnp.ones(1)}, "cache": {"k": jnp.ones(1)}},
            "params hold 'cache': running statistics or other",
        ),
        ({"net": {"batch_stats": {"mean": jnp.ones(1), "var": jnp.ones(1)}}}, "params hold 'batch_stats': running"),
    ],
)
def test_batch_statistics_among_the_weights_are_named(params: Any, names: str) -> None:
    with pytest.warns(UserWarning, match=names):
        check_params(params)


def test_weights_alone_are_not_taken_for_statistics() -> None:
    """A warning here is an error."""
    check_params({"params": {"mean": jnp.ones(1), "w": jnp.ones(2)}})
    check_params({"norm": {"mean": jnp.ones(1), "var": jnp.ones(1)}})


STEPS = {
    "0-1 error": lambda p: jnp.mean((p["w"] > 0).astype(jnp.float32)) + jnp.mean((p["b"] > 0).astype(jnp.float32)),
    "argmax": lambda p: jnp.float32(jnp.argmax(p["w"])) + jnp.float32(jnp.argmax(p["b"])),
    "sign": lambda p: jnp.sum(jnp.sign(p["w"])) + jnp.sum(jnp.round(p["b"])),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_loss_without_gradient_is_said(name: str) -> None:
    with pytest.warns(
        UserWarning, match="gradient of the loss is exactly zero at the start and around it.*smooth loss"
    ):
        check_gradient(STEPS[name], TWO)


def test_a_leaf_without_gradient_is_named() -> None:
    with pytest.warns(UserWarning, match=r"^\['b'\]: the loss has no gradient there.*running statistics"):
        check_gradient(lambda p: jnp.sum(p["w"] ** 2) + jax.lax.stop_gradient(jnp.sum(p["b"])), TWO)


def test_a_gradient_that_is_zero_at_one_place_only_is_not_said() -> None:
    """At a minimum, or behind weights that start at zero; a warning here is an error."""
    check_gradient(lambda x: jnp.sum(x**2), jnp.zeros(3))
    check_gradient(lambda p: jnp.sum(jnp.tanh(p["w"] * 2)) * jnp.sum(p["b"]) + p["b"][0], {**TWO, "b": jnp.zeros(3)})
    check_gradient(lambda x: jnp.sum(jnp.sqrt(x - 0.99)), jnp.ones(2))
    check_gradient(lambda p: jnp.sum(p["w"]), {"w": jnp.ones(2), "none": jnp.zeros((0, 3))})


def growth(x: jax.Array) -> jax.Array:
    return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x[0] + x[1]), (0, jnp.float32(1)))[1]


def test_a_while_loop_has_no_gradient_side_but_a_mutation_side() -> None:
    with pytest.raises(
        ValueError, match=r"\(descent, twin\) cannot differentiate this loss: Reverse-mode .*while_loop"
    ):
        check_gradient(growth, jnp.ones(2))
    with pytest.raises(
        ValueError, match=r"Use a loop with a fixed number of rounds .* Mutation needs no gradient: run\("
    ):
        check_gradient(growth, jnp.ones(2))


@pytest.mark.parametrize(
    ("thin", "message"),
    [
        ((3, 1), r"thin starts at step 3, expected a recorded step after 0: one of \[2, 4\]"),
        ((0, 1), "thin starts at step 0, expected a recorded step after 0"),
        ((2, -1), r"the count of thin = \(step, count\) must be at least 1, got -1"),
        ((2, 0), r"the count of thin = \(step, count\) must be at least 1, got 0"),
        ((2, 1.5), r"the count of thin = \(step, count\) must be an integer"),
    ],
)
def test_thinning_at_no_recorded_step_or_to_nobody(thin: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        corr.run(BOWL, TWO, steps=4, record_at=[2], thin=thin, trajectories=3, key=corr.root_key(0), progress=False)


def law(draw: Any) -> corr.Dynamics:
    return corr.mutation(lambda p: jnp.sum(p["w"] ** 2), proposal=proposals.Proposal(draw))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda key, p: jax.random.normal(key, (5,)), "the proposal draws PyTreeDef(*), expected a tree like the"),
        (lambda key, p: {"w": jnp.ones(2), "b": jnp.ones(2)},
         "the proposal draws shape (2,) and dtype float32 for ['b'], expected (3,) and float32"),
        (lambda key, p: {"w": jnp.ones(2, jnp.int32), "b": jnp.ones(3)},
         "the proposal draws shape (2,) and dtype int32 for ['w'], expected (2,) and float32"),
    ],
)  # fmt: skip
def test_proposals_unlike_the_parameters(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        law(draw).init(TWO)


def test_a_scale_of_zero_freezes() -> None:
    scales = {"w": jnp.array([0.1, 0.0]), "b": 0.0}
    walk = corr.mutation(lambda p: jnp.sum(p["w"] ** 2) + jnp.sum(p["b"] ** 2), mutation_std=scales, beta=1.0)
    state, moved = walk.init(TWO), False
    for n in range(5):
        state, info = walk.step(jax.random.key(n), state)
        moved |= bool(info.accepted)
    assert moved and float(state.position["w"][0]) != 1.0
    assert state.position["w"][1] == 1.0 and state.position["b"].tolist() == [1.0] * 3
    bounds = [proposals.normal(std).bound(jnp.float32) for std in (scales, float(jnp.float32(0.1)))]
    assert bounds[0] == bounds[1]


def test_a_scale_lost_in_rounding_is_said_of_the_parameter_it_belongs_to() -> None:
    """A warning that is not asked for is an error: frozen parameters are left out, small ones have finer spacings."""
    large = {"w": jnp.array([1e4, 1e-6]), "b": jnp.ones(3)}
    warn_if_unresolved({"w": jnp.array([0.0, 1e-4]), "b": 1e-4}, large)
    for std in (1e-4, {"w": jnp.array([1e-4, 0.0]), "b": 0.0}):
        with pytest.warns(UserWarning, match=r"0.0001 is below two rounding steps \(0.002\) .* in \['w'\]"):
            warn_if_unresolved(std, large)
    with pytest.warns(UserWarning, match=r"0.01 is below two rounding steps \(0.016\)"):
        warn_if_unresolved(0.01, jnp.ones(2, jnp.bfloat16))


def test_integers_of_numpy_fix_a_run_as_plain_ones_do() -> None:
    """What fixes a run is written as JSON beside its checkpoints."""

    def fixed(integer: Any) -> dict[str, Any]:
        numbers = {"steps": 4, "trajectories": 3, "keep": 2, "block_size": 2, "devices": 1, "refresh_every": 2}
        plan = plan_run(
            BOWL, TWO, key=corr.root_key(0), record_at=[integer(2)], thin=(integer(2), integer(1)),
            **{name: integer(number) for name, number in numbers.items()},
        )  # fmt: skip
        return json.loads(json.dumps(_identity(plan)(4)))

    assert fixed(np.int64) == fixed(np.uint8) == fixed(jnp.int32) == fixed(int)


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (np.nan, r"record_at holds nan, expected whole step numbers in \[0, 4\]"),
        (np.inf, "record_at holds inf, expected whole step numbers"),
        (-1, "record_at holds -1, expected whole step numbers"),
        (2.5, "record_at holds 2.5, expected whole step numbers"),
        ("2", "a step of record_at must be a number, got str '2'"),
        (None, "a step of record_at must be a number, got NoneType"),
    ],
)
def test_recorded_steps_that_are_none(mark: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check_marks([mark], 4)


def test_a_users_own_dynamics_needs_no_gradient() -> None:
    """A walk that takes every step on a loss with a loop: nothing is said, warnings being errors."""

    def init(params: jax.Array) -> corr.State:
        return corr.State(params, growth(params))

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved = state.position + 0.01 * jax.random.normal(key, state.position.shape)
        change = growth(moved) - state.loss
        return init(moved), corr.Info(moved - state.position, jnp.bool_(True), change, jnp.isfinite(change))

    settings = {"steps": 2, "trajectories": 1, "key": corr.root_key(0)}
    plan_run(corr.Dynamics(init, step, loss=growth), jnp.ones(2), **settings)
    sides = [corr.descent(growth, learning_rate=0.1), corr.from_optax(growth, optax.sgd(0.1))]
    sides.append(corr.langevin(growth, time_step=0.1, moments=corr.paper_moments(beta=1.0)))
    for side in sides:
        with pytest.raises(ValueError, match="cannot differentiate this loss"):
            plan_run(side, jnp.ones(2), **settings)
