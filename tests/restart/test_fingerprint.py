"""Programs, losses and dynamics that give other numbers have other fingerprints, equal ones the same in any process."""

import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr._digest import digest, program_digest
from corr._fingerprint import LOSS, MADE_BY, STEP, differences, loss_fingerprint, processor, run_fingerprint
from corr.theory import corrected

X = jnp.array([0.5, -1.0, 2.0])
KEY = corr.root_key(0)
Make = Callable[[float], Callable[[jax.Array], jax.Array]]


def in_scan(c: float) -> Callable[[jax.Array], jax.Array]:
    return lambda x: jax.lax.scan(lambda s, _: (c * s, None), jnp.sum(x), None, length=3)[0]


def in_branch(c: float) -> Callable[[jax.Array], jax.Array]:
    return lambda x: jax.lax.cond(x[0] > 10, lambda y: c * y[0], lambda y: y[0], x)


def in_captured_array(c: float) -> Callable[[jax.Array], jax.Array]:
    table = np.array([1.0, 1.0, c], np.float32)
    return lambda x: jnp.sum(table * x)


def in_long_array(c: float) -> Callable[[jax.Array], jax.Array]:
    table = np.ones(5000, np.float32)
    table[2500] = c
    return lambda x: jnp.sum(jnp.asarray(table)) * x[0]


def in_parameter(c: float) -> Callable[[jax.Array], jax.Array]:
    return lambda x: jnp.sum(jnp.clip(x, max=None if c == 2 else 50.0) ** (2 if c == 2 else 3))


def in_callback(c: float) -> Callable[[jax.Array], jax.Array]:
    return lambda x: jax.pure_callback(lambda y: np.sum(y) * np.float32(c), jax.ShapeDtypeStruct((), x.dtype), x)


def in_array_of_callback(c: float) -> Callable[[jax.Array], jax.Array]:
    table = {"b": [np.array([1.0, c], np.float32)], "a": {1, 2, 3}}
    return lambda x: jax.pure_callback(lambda y: y[0] * table["b"][0][1], jax.ShapeDtypeStruct((), x.dtype), x)


def in_function_of_callback(c: float) -> Callable[[jax.Array], jax.Array]:
    def inner(y: Any) -> Any:
        return np.sum(y) * np.float32(c)

    called = functools.partial(lambda f, y: f(y), inner)
    return lambda x: jax.pure_callback(called, jax.ShapeDtypeStruct((), x.dtype), x)


PLACES = [in_scan, in_branch, in_captured_array, in_long_array, in_parameter, in_callback, in_array_of_callback,
          in_function_of_callback]  # fmt: skip


@pytest.mark.parametrize("make", PLACES)
def test_one_constant_anywhere_changes_the_program_and_nothing_else_does(make: Make) -> None:
    one, again, other = (program_digest(make(c), X) for c in (2.0, 2.0, 2.5))
    assert one == again != other


def test_names_of_functions_and_variables_change_nothing() -> None:
    @jax.jit
    def first(x: jax.Array) -> jax.Array:
        return jnp.sum(x) * 2

    @jax.jit
    def second(y: jax.Array) -> jax.Array:
        return jnp.sum(y) * 2

    assert program_digest(first, X) == program_digest(second, X)


def test_a_global_constant_of_a_function_called_back_counts() -> None:
    """Code read from two files that differ in a global number, as two versions of one experiment file do."""
    source = "import numpy as np\nSCALE = {}\ndef inner(y): return SCALE * np.sum(y)\ndef outer(y): return inner(y)\n"

    def version(scale: float) -> Any:
        module: dict[str, Any] = {"__name__": "user_file"}
        exec(source.format(scale), module)
        return module["outer"]

    assert digest(version(1.0)) == digest(version(1.0)) != digest(version(2.0))


def test_the_same_program_in_a_fresh_process_with_another_order_of_sets() -> None:
    file = Path(__file__).parent / "programs.py"
    spec = importlib.util.spec_from_file_location("programs", file)
    assert spec is not None and spec.loader is not None
    programs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(programs)
    loss = functools.partial(programs.everything, 0.25)
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    command = [sys.executable, str(file), "0.25"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split()[-1] == program_digest(loss, X)
    assert program_digest(functools.partial(programs.everything, 0.5), X) != program_digest(loss, X)


def bowl(x: jax.Array) -> jax.Array:
    return 0.5 * jnp.sum(x**2)


def batches(count: int) -> corr.Dynamics:
    return corr.minibatch(
        lambda rows: corr.mutation(lambda x: jnp.sum((x - X[rows]) ** 2), mutation_std=0.1),
        batch=lambda key: jax.random.choice(key, 3, (count,)), loss=bowl,
    )  # fmt: skip


def twin(slope: float, loss: Any = bowl) -> corr.Dynamics:
    schedule = lambda n: 1e-3 / (1 + slope * n.astype(X.dtype))  # noqa: E731
    return corr.langevin(loss, time_step=schedule, moments=corr.paper_moments(beta=10.0))


def level(make: Any) -> corr.Dynamics:
    measure, moments = make(mutation_std=0.1, beta=10.0, step_time=1e-3)
    return corr.langevin(bowl, time_step=1e-3, moments=moments, measure=measure)


def ruled(beta: float) -> corr.Dynamics:
    return corr.mutation(bowl, mutation_std=0.1, beta=beta)._replace(facts={})


WALK = functools.partial(corr.mutation, bowl)
CHANGED = {
    "σ": (WALK(mutation_std=0.1), WALK(mutation_std=0.2), "mutation_std: saved 0.1, asked 0.2"),
    "σ of each leaf": (
        WALK(mutation_std=jnp.full(3, 0.1)), WALK(mutation_std=jnp.array([0.1, 0.1, 0.2])),
        "mutation_std[2]: saved 0.1",
    ),
    "β": (WALK(mutation_std=0.1, beta=3.0), WALK(mutation_std=0.1), "beta: saved 3.0, asked 'inf'"),
    "rule": (
        WALK(mutation_std=0.1, beta=3.0), WALK(mutation_std=0.1, beta=3.0, rule="barker"),
        "rule: saved 'metropolis', asked 'barker'",
    ),
    "exact": (WALK(mutation_std=0.1), WALK(mutation_std=0.1, exact=False), "exact: saved True, asked False"),
    "proposal": (
        WALK(proposal=corr.proposals.uniform(0.1)), WALK(proposal=corr.proposals.laplace(0.1)), "program of the step",
    ),
    "width of a proposal": (
        WALK(proposal=corr.proposals.uniform(0.1)), WALK(proposal=corr.proposals.uniform(0.2)), "program of the step",
    ),
    "numbers of a dynamics without facts": (ruled(3.0), ruled(4.0), "program of the step"),
    "loss": (
        WALK(mutation_std=0.1), corr.mutation(lambda x: bowl(x) + 1, mutation_std=0.1),
        "loss at the start: saved 2.625, asked 3.625",
    ),
    "loss far from the start": (
        WALK(mutation_std=0.1), corr.mutation(lambda x: bowl(x) + jnp.where(x[0] > 9, 1.0, 0.0), mutation_std=0.1),
        "another program of the loss",
    ),
    "batch": (batches(1), batches(3), "program of the step"),
    "schedule": (twin(0.1), twin(0.2), "program of the step"),
    "moments": (level(corrected.level2_side), level(corrected.level3_side), "program of the step"),
    "transformation": (
        corr.from_optax(bowl, optax.sgd(0.1, 0.9)), corr.from_optax(bowl, optax.sgd(0.1, 0.8)), "program of the step",
    ),
    "decay of a schedule": (
        corr.from_optax(bowl, optax.sgd(optax.exponential_decay(0.1, 10, 0.9))),
        corr.from_optax(bowl, optax.sgd(optax.exponential_decay(0.1, 10, 0.8))), "program of the step",
    ),
    "learning rate": (
        corr.descent(bowl, learning_rate=0.1), corr.descent(bowl, learning_rate=0.2),
        "learning_rate: saved 0.1, asked 0.2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED)
def test_everything_that_fixes_a_dynamics_is_named_where_it_differs(change: str) -> None:
    before, after, message = CHANGED[change]
    first, again, second = (run_fingerprint(side, X, KEY)(5) for side in (before, before, after))
    assert differences(first, again) == []
    assert any(message in said for said in differences(first, second)), differences(first, second)


def test_start_and_key_are_named() -> None:
    walk = WALK(mutation_std=0.1)
    first = run_fingerprint(walk, X, KEY)(0)
    assert "another start" in differences(first, run_fingerprint(walk, X + 1, KEY)(0))
    assert differences(first, run_fingerprint(walk, X, corr.root_key(1))(0)) == ["another key"]
    assert differences(first, run_fingerprint(walk, -X, KEY)(0))[0] == "another start"


def test_a_loss_whose_number_lies_outside_python_is_told_by_its_value() -> None:
    scale = iter([1.0] * 4 + [2.0] * 4)

    def loss(x: jax.Array) -> jax.Array:
        return jax.pure_callback(lambda y: np.float32(next(scale)) * np.sum(y), jax.ShapeDtypeStruct((), x.dtype), x)

    first, second = loss_fingerprint(loss, X), loss_fingerprint(loss, X)
    assert first[LOSS] == second[LOSS]
    assert differences(first, second)[0] == "loss at the start: saved 1.5, asked 3.0"


def test_rounding_of_another_processor_and_programs_of_another_jax_are_let_pass() -> None:
    here = loss_fingerprint(bowl, X)
    there = {**here, "loss at the start": here["loss at the start"] * (1 + 1e-6)}
    assert differences(here, there) == []
    assert differences(here, {**here, LOSS: "other"}) == [f"another {LOSS}"]
    assert differences(here, {**here, LOSS: "other", MADE_BY: "jax 9, 32 bit"}) == []
    assert differences(here, {**here, "loss at the start": here["loss at the start"] * 1.001}) != []


def test_a_start_and_constants_of_another_processor_are_let_pass_and_another_start_is_not() -> None:
    walk = WALK(mutation_std=0.1)
    here = run_fingerprint(walk, X, KEY)(0)
    assert jax.local_devices()[0].device_kind != processor() in here[MADE_BY]
    elsewhere = {MADE_BY: here[MADE_BY] + " of another kind"}
    near, far, mirrored = (run_fingerprint(walk, start, KEY)(0) for start in (X * (1 + 3e-7), X * 1.01, -X))
    assert differences(here, near) == ["another start"]
    assert differences(here, near | elsewhere) == []
    assert "another start" in differences(here, far | elsewhere)
    assert "another start" in differences(here, mirrored | elsewhere)


def test_precision_of_numbers_and_of_products_counts(x64: None) -> None:
    walk, wide = WALK(mutation_std=0.1), run_fingerprint(WALK(mutation_std=0.1), X, KEY)(0)
    with jax.enable_x64(False):
        assert "precision: saved 64, asked 32" in differences(wide, run_fingerprint(walk, X, KEY)(0))
    with jax.default_matmul_precision("bfloat16"):
        said = differences(wide, run_fingerprint(walk, X, KEY)(0))
    assert said == ["matmul precision: saved 'None', asked 'bfloat16'"]


def test_a_step_that_differs_because_something_named_does_is_not_named_too() -> None:
    first, second = (run_fingerprint(WALK(mutation_std=std), X, KEY)(0) for std in (0.1, 0.2))
    assert first[STEP] != second[STEP]
    assert differences(first, second) == ["mutation_std: saved 0.1, asked 0.2"]
