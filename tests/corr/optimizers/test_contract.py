"""What every optimizer keeps, from the registry: optax's own steps, restart, evaluations, its clock."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr

from .registry import OPTIMIZERS, RATE, SCHEDULES, SLOPES, SLOW, START, peer, slope, valley

STEPS = 7
KEY = jax.random.key(0)
EVERY = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in OPTIMIZERS]
)


def walked(side: corr.Dynamics, state: corr.State, steps: int) -> list[tuple[corr.State, corr.Info]]:
    found = []
    for _ in range(steps):
        state, info = side.step(KEY, state)
        found.append((state, info))
    return found


@EVERY
def test_it_takes_the_steps_of_optax_to_the_bit_also_after_a_restart(name: str) -> None:
    """A checkpoint holds position, loss and aux; the tape is rebuilt."""
    row = OPTIMIZERS[name]
    side = corr.from_optax(valley, row.rule)
    begun = side.init(START)
    whole = walked(side, begun, STEPS)
    for (state, _), expected in zip(whole, peer(row, valley, START, STEPS), strict=True):
        np.testing.assert_array_equal(state.position, expected)
    kinds = lambda state: jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), state)  # noqa: E731
    assert kinds(begun) == kinds(whole[-1][0]), "a scan bears no other shapes and dtypes"
    middle = side.refresh(whole[2][0]._replace(tape=()))
    resumed = walked(side, middle, STEPS - 3)
    jax.tree.map(np.testing.assert_array_equal, resumed, whole[3:])


def test_twin_without_its_memory_goes_elsewhere() -> None:
    """What the restart test would find, were aux not saved: of the rows that remember anything at all."""
    for name in ("momentum", "Adam", "AMSGrad", "lookahead", "schedule, step", "schedule, triangular"):
        side = corr.from_optax(valley, OPTIMIZERS[name].rule)
        state = walked(side, side.init(START), 5)[-1][0]
        kept, lost = (side.step(KEY, one)[0].position for one in (state, side.init(state.position)))
        assert not np.array_equal(kept, lost), name


@pytest.mark.parametrize("name", [name for name, row in OPTIMIZERS.items() if row.steady is not None])
def test_on_a_constant_gradient_the_clock_is_that_of_the_table(name: str) -> None:
    """Memories of 1/2 are full after 30 steps; 1 - 0.999^t, by which Adam divides, has roundings of 4e-6 there."""
    row = OPTIMIZERS[name]
    assert row.steady is not None
    side = corr.from_optax(slope, row.rule)
    (before, _), (_, info) = walked(side, side.init(START), 30)[-2:]
    g, x = np.asarray(SLOPES, float), np.asarray(before.position, float)
    position = np.spacing(np.abs(x).max().astype(np.float32))  # what is added to it is rounded by half of this
    np.testing.assert_allclose(info.displacement, row.steady(g, x), rtol=2e-5, atol=position)


def test_twin_momentum_is_faster_than_its_learning_rate() -> None:
    row = OPTIMIZERS["momentum"]
    side = corr.from_optax(slope, row.rule)
    info = walked(side, side.init(START), 30)[-1][1]
    assert np.abs(info.displacement / (-RATE * SLOPES) - 1).min() > 0.9


def rate(name: str, n: int) -> float:
    """The schedules of the registry from their formulas."""
    return {
        "step": RATE * (0.5 if n >= 2 else 1) * (0.1 if n >= 5 else 1),
        "exponential": RATE * 0.7 ** (n / 2),
        "polynomial": 0.01 + (RATE - 0.01) * (1 - min(n, 6) / 6) ** 2,
        "cosine": RATE * (0.1 + 0.9 * (1 + np.cos(np.pi * min(n, 8) / 8)) / 2),
        "warm-up": 0.01 + (RATE - 0.01) * n / 3 if n < 3 else RATE * (1 + np.cos(np.pi * min(n - 3, 5) / 5)) / 2,
        "triangular": 0.02 + (RATE - 0.02) * [0, 0.5, 1, 0.5][n % 4],
    }[name]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_batch_to_batch(name: str) -> None:
    def batch(key: jax.Array) -> jax.Array:
        return jax.random.uniform(key, (), jnp.float32, 1.0, 2.0)

    rule = OPTIMIZERS[f"schedule, {name}"].rule
    side = corr.minibatch(
        lambda factor: corr.from_optax(lambda x: factor * slope(x), rule), batch=batch, loss=slope
    )  # fmt: skip
    state = side.init(jnp.zeros_like(START))
    for n in range(9):
        key = jax.random.key(n)
        state, info = side.step(key, state)
        factor = float(batch(jax.random.split(key)[0]))
        # Displacements are differences of positions of size 1.
        np.testing.assert_allclose(info.displacement, -rate(name, n) * factor * SLOPES, rtol=1e-5, atol=2e-7)
    assert len({round(rate(name, n), 6) for n in range(9)}) > 2


def counted(rule: Any) -> tuple[list[int], list[int], list[int], Any]:
    """Values and gradients of the loss that each of four steps took, and those of ``Spent``, by calls to the host."""
    calls = {"value": 0, "gradient": 0}

    def told(which: str) -> None:
        calls[which] += 1

    @jax.custom_vjp
    def loss(x: jax.Array) -> jax.Array:
        jax.debug.callback(lambda: told("value"))
        return valley(x)

    def forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        jax.debug.callback(lambda: told("gradient"))
        return jax.value_and_grad(valley)(x)

    loss.defvjp(forward, lambda gradient, one: (one * gradient,))
    side = corr.from_optax(loss, rule)
    state = side.init(START)
    jax.effects_barrier()
    values, gradients, spent = [], [], []
    for _ in range(4):
        calls.update(value=0, gradient=0)
        state, _ = side.step(KEY, state)
        jax.effects_barrier()
        values.append(calls["value"])
        gradients.append(calls["gradient"])
        spent.append(int(state.aux.evaluations) if isinstance(state.aux, corr._types.Spent) else 0)
    return values, gradients, np.diff(spent, prepend=0).tolist(), side.evaluations


@pytest.mark.parametrize(
    "name", ["Adam", "SAM", "backtracking", *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(SLOW))]
)
def test_evaluations_are_those_that_are_made(name: str) -> None:
    values, gradients, spent, each = counted(OPTIMIZERS[name].rule)
    made = [one + 3 * other for one, other in zip(values, gradients, strict=True)]
    assert made == [each + one for one in spent]
    assert each == OPTIMIZERS[name].evaluations
    assert any(spent) == (name in ("L-BFGS", "backtracking"))


def run(rule: Any, **changes: Any) -> Any:
    settings: dict[str, Any] = {"steps": 6, "record_at": [3], "trajectories": 2, "devices": 1} | changes
    return corr.run(corr.from_optax(valley, rule), settings.pop("start", START), key=corr.root_key(0),
                    progress=False, **settings)  # fmt: skip


def test_a_run_shows_what_each_line_search_took() -> None:
    """Of two starts of one run."""
    rule = OPTIMIZERS["backtracking"].rule
    starts = jnp.stack([START, 0.01 * START])
    whole = run(rule, start=starts, start_per_trajectory=True)
    for row, start in zip(whole.evaluations.values, starts, strict=True):
        side = corr.from_optax(valley, rule)
        spent = [0, *(int(state.aux.evaluations) for state, _ in walked(side, side.init(start), 6))]
        np.testing.assert_array_equal(row, [spent[n] + 3 * n for n in (0, 3, 6)])
    assert whole.evaluations.dims == ("trajectory", "time")
    assert whole.evaluations.values[0, -1] != whole.evaluations.values[1, -1]


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.slow] * (name not in ("lookahead",)))
    for name in OPTIMIZERS if not name.startswith("schedule")
])  # fmt: skip
def test_a_run_is_its_steps_and_goes_on_from_a_checkpoint(name: str, tmp_path: Any) -> None:
    """XLA fuses otherwise in the loop of a run than alone: 1e-5 after 6 steps of a valley; a restart has equal bits."""
    rule = OPTIMIZERS[name].rule
    whole = run(rule)
    side = corr.from_optax(valley, rule)
    for row, steps in ((1, 3), (2, 6)):
        expected = walked(side, side.init(START), steps)[-1][0].position
        np.testing.assert_allclose(whole.path.values[0, row], np.ravel(expected), rtol=1e-5, atol=1e-5)
    run(rule, steps=3, checkpoint=tmp_path)
    again = run(rule, checkpoint=tmp_path)
    np.testing.assert_array_equal(again.path, whole.path)
    np.testing.assert_array_equal(again.evaluations, whole.evaluations)


POINTS = {"far": jnp.array([2.0, -1.0, 0.5]), "near": jnp.array([0.3, 0.2, -0.1])}
CLIPPED = optax.chain(optax.clip_by_global_norm(1e-3), optax.sgd(RATE))


@pytest.mark.parametrize(
    ("rule", "law", "coefficient"),
    [
        pytest.param(optax.sgd(RATE), "g", RATE, marks=pytest.mark.slow),
        pytest.param(optax.adam(RATE), "sign g", RATE, id="Adam's first step"),
        pytest.param(optax.lion(RATE), "sign g", RATE, marks=pytest.mark.slow),
        pytest.param(CLIPPED, "g/|g|", RATE * 1e-3, marks=pytest.mark.slow),
    ],
)
def test_which_descent_it_is(rule: Any, law: str, coefficient: float) -> None:
    side = corr.from_optax(lambda x: jnp.sum(jnp.array([1.0, 2.0, 0.5]) * x**2) / 2, rule)
    found = corr.characterize(side, POINTS, key=corr.root_key(0), draws=1000, progress=False)
    assert found.laws[law].verdict.startswith("yes")
    assert found.laws[law].coefficient.value == pytest.approx(coefficient, rel=1e-3)
    others = {"g", "g/|g|", "sign g"} - {law}
    assert not any(found.laws[other].verdict.startswith("yes") for other in others)
