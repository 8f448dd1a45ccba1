"""Other mutations and acceptance rules: what ``corr`` simulates against what ``theory`` predicts, on a linear loss."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import proposals
from corr.theory import level0, level1
from corr.theory import proposals as theory

LIMIT = 4.0
STD, DRAWS = 0.01, 400_000
GRADIENT = np.array([1.0, -0.5, 0.25, 2.0], np.float32)
FACTOR = STD * np.array([[1, 0, 0, 0], [0.5, 1, 0, 0], [0, -0.3, 0.7, 0], [0.2, 0, 0, 0.4]])
BLOCKS = STD * np.array([0.5, 0.5, 2.0, 1.0], np.float32)
COLD = math.inf


def one_step(walk: corr.Dynamics) -> tuple[np.ndarray, np.ndarray]:
    """Mean displacement of a step and its standard error, from ε (a - mean a)."""
    state = walk.init(jnp.zeros(4))

    @jax.jit
    @jax.vmap
    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        info = walk.step(key, state)[1]
        return info.displacement, info.accepted

    moved, accepted = (np.asarray(part, float) for part in one(jax.random.split(corr.root_key(3), DRAWS)))
    values = moved * (accepted - accepted.mean())[:, None]
    return values.mean(axis=0), values.std(axis=0) / math.sqrt(DRAWS)


def mean_displacement(side: corr.Dynamics) -> tuple[np.ndarray, np.ndarray]:
    """Mean displacement of a step of a gradient side and its standard error."""
    state = side.init(jnp.zeros(4))
    keys = jax.random.split(corr.root_key(4), DRAWS)
    moved = np.asarray(jax.jit(jax.vmap(lambda key: side.step(key, state)[1].displacement))(keys), float)
    return moved.mean(axis=0), moved.std(axis=0) / math.sqrt(DRAWS)


def linear(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray(GRADIENT) * x)


def simulated(law: proposals.Proposal, beta: float, rule: str = "metropolis") -> tuple[np.ndarray, np.ndarray]:
    return one_step(corr.mutation(linear, proposal=law, beta=beta, rule=rule))


def independent(name: str, **options: Any) -> Callable[[float], jax.Array]:
    law = theory.component_law(name, **options)
    return lambda beta: theory.independent_drift(jnp.asarray(GRADIENT), law, mutation_std=STD, beta=beta)


def signs(beta: float) -> np.ndarray:
    """Rademacher exactly: the mean over all 16 proposals, equal losses accepted."""
    moves = STD * np.array(list(itertools.product((-1, 1), repeat=4)))
    rises = np.round(moves @ GRADIENT.astype(float), 12)
    accepted = (rises <= 0) if math.isinf(beta) else np.exp(-beta * np.maximum(rises, 0))
    return (moves * accepted[:, None]).mean(axis=0)


def along(factor: float) -> np.ndarray:
    return -STD * factor * GRADIENT / np.linalg.norm(GRADIENT)


NORMAL_FACTOR = 1 / math.sqrt(2 * math.pi)
EXACT: dict[str, tuple[proposals.Proposal, float, Callable[[float], Any]]] = {
    "normal": (proposals.normal(STD), 30.0, lambda b: level1.drift(jnp.asarray(GRADIENT), mutation_std=STD, beta=b)),
    "blocks": (
        proposals.normal(jnp.asarray(BLOCKS)), COLD,
        lambda b: level0.drift(jnp.asarray(GRADIENT), mutation_std=jnp.asarray(BLOCKS), beta=b),
    ),
    "covariance": (
        proposals.covariance(FACTOR), COLD,
        lambda b: theory.covariance_drift(jnp.asarray(GRADIENT), jnp.asarray(FACTOR @ FACTOR.T, jnp.float32), beta=b),
    ),
    "sparse, cold": (proposals.sparse(STD, 0.3), COLD, independent("sparse", probability=0.3)),
    "sparse": (proposals.sparse(STD, 0.3), 30.0, independent("sparse", probability=0.3)),
    "one coordinate": (
        proposals.one_coordinate(STD), 80.0,
        lambda b: theory.one_coordinate_drift(jnp.asarray(GRADIENT), mutation_std=STD, beta=b),
    ),
    "uniform": (proposals.uniform(STD), COLD, independent("uniform")),
    "laplace": (proposals.laplace(STD), 30.0, independent("laplace")),
    "laplace, cold": (proposals.laplace(STD), COLD, independent("laplace")),
    "rademacher": (proposals.rademacher(STD), COLD, signs),
    "rademacher, warm": (proposals.rademacher(STD), 30.0, signs),
    "sphere": (proposals.sphere(STD), COLD, lambda b: along(theory.rotation_invariant_factor(size=4, law="sphere"))),
    "multivariate t": (
        proposals.student_t(STD, 4.0, joint=True), COLD,
        lambda b: along(theory.rotation_invariant_factor(size=4, law="t", degrees=4.0)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_exact_drifts(name: str) -> None:
    """52 comparisons at 4 standard errors. The twin, 20 % off, must fail for each law."""
    law, beta, predict = EXACT[name]
    (mean, error), predicted = simulated(law, beta), np.asarray(predict(beta), float)
    assert (np.abs(mean - predicted) / error).max() < LIMIT, (mean, predicted)
    assert (np.abs(mean - 1.2 * predicted) / error).max() > LIMIT


@pytest.mark.parametrize("name", ["uniform", "sphere", "rademacher", "multivariate t"])
def test_the_gaussian_drift_is_wrong_for_other_laws_in_few_dimensions(name: str) -> None:
    law, beta, _ = EXACT[name]
    mean, error = simulated(law, beta)
    assert (np.abs(mean - along(NORMAL_FACTOR)) / error).max() > LIMIT


LAWS = {
    "normal": proposals.normal(STD), "uniform": proposals.uniform(STD), "laplace": proposals.laplace(STD),
    "rademacher": proposals.rademacher(STD), "sphere": proposals.sphere(STD), "t": proposals.student_t(STD, 9.0),
    "joint t": proposals.student_t(STD, 9.0, joint=True),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["metropolis", "barker"])
@pytest.mark.parametrize("name", LAWS)
def test_weak_selection_knows_only_the_covariance(name: str, rule: str) -> None:
    """At s = 0.1; model error a share s of the largest component, s² for Barker (first correction of order 2)."""
    norm = float(np.linalg.norm(GRADIENT))
    beta = 0.1 / (STD * norm)
    mean, error = simulated(LAWS[name], beta, rule)
    halved = theory.barker_drift if rule == "barker" else level0.drift
    predicted = np.asarray(halved(jnp.asarray(GRADIENT), mutation_std=STD, beta=beta), float)
    model = (0.1 if rule == "metropolis" else 0.01) * np.abs(predicted).max()
    assert np.all(np.abs(mean - predicted) < model + LIMIT * error)
    assert np.any(np.abs(mean - 2 * predicted) > model + LIMIT * error)


@pytest.mark.slow
def test_second_moments_are_what_they_are_said_to_be() -> None:
    """E ε² = σ² for every law with standard deviation σ (p σ² for sparse, σ²/N for one coordinate)."""
    keys = jax.random.split(corr.root_key(5), 100_000)
    shares = {**dict.fromkeys(LAWS, 1.0), "sparse": 0.3, "one": 0.25}
    laws = {**LAWS, "sparse": proposals.sparse(STD, 0.3), "one": proposals.one_coordinate(STD)}
    for name, law in laws.items():
        drawn = np.asarray(jax.jit(jax.vmap(lambda key, law=law: law.draw(key, jnp.zeros(4))))(keys), float) ** 2
        error = drawn.std(axis=0) / math.sqrt(len(drawn))
        off = np.abs(drawn.mean(axis=0) - shares[name] * STD**2)
        assert np.all(off <= LIMIT * error + 1e-6 * STD**2), name


@pytest.mark.slow
def test_bounds_hold() -> None:
    keys = jax.random.split(corr.root_key(6), 100_000)
    laws = [*LAWS.values(), proposals.covariance(FACTOR), proposals.sparse(STD, 0.3), proposals.one_coordinate(STD)]
    for law in laws:
        largest = float(jnp.max(jnp.abs(jax.jit(jax.vmap(lambda key, law=law: law.draw(key, jnp.zeros(4))))(keys))))
        assert largest <= law.bound(jnp.float32) * (1 + 1e-6)


def test_one_coordinate_exponent_goes_from_one_to_zero() -> None:
    s = jnp.asarray([1e-3, 1.0, 1e3])
    exponent = theory.local_exponent(s)
    np.testing.assert_allclose(np.asarray(exponent)[[0, 2]], [1.0, 0.0], atol=2e-3)
    slope = jax.vmap(jax.grad(lambda u: jnp.log(level1.drift_factor(jnp.exp(u)))))(jnp.log(s[:2]))
    np.testing.assert_allclose(exponent[:2], slope, rtol=1e-3)


BATCHES = jnp.asarray([[3.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])


def on_batches(make: Callable[[Callable[[jax.Array], jax.Array]], corr.Dynamics]) -> corr.Dynamics:
    """A dynamics whose loss has one of two gradients in each step."""
    return corr.minibatch(
        lambda batch: make(lambda x: jnp.sum(BATCHES[batch] * x)),
        batch=lambda key: jax.random.randint(key, (), 0, 2),
        loss=lambda x: jnp.sum(jnp.mean(BATCHES, axis=0) * x),
    )


def test_both_sides_on_minibatches_follow_the_mean_of_normalized_gradients() -> None:
    """β = ∞: four components at 4 standard errors for each side; the normalized mean gradient must fail."""
    step_time = corr.matched_step_ratio(learning_rate=1.0, mutation_std=STD)
    moments = corr.paper_moments(step_time=step_time)
    predicted = np.asarray(theory.minibatch_drift(BATCHES, mutation_std=STD, beta=COLD))
    mean_gradient = np.asarray(level0.drift(jnp.mean(BATCHES, axis=0), mutation_std=STD, beta=COLD))
    walk = on_batches(lambda loss: corr.mutation(loss, mutation_std=STD))
    twin = on_batches(lambda loss: corr.langevin(loss, time_step=step_time, moments=moments))
    for side, (mean, error) in {"mutation": one_step(walk), "twin": mean_displacement(twin)}.items():
        assert (np.abs(mean - predicted) / error).max() < LIMIT, side
        assert (np.abs(mean - mean_gradient) / error).max() > LIMIT, side


def test_minibatches_at_weak_selection_follow_the_mean_gradient() -> None:
    """At s <= 0.03 on either batch; model error a share s of the largest component. The normalized mean must fail."""
    beta = 0.03 / (STD * 3.0)
    mean, error = one_step(on_batches(lambda loss: corr.mutation(loss, mutation_std=STD, beta=beta)))
    predicted = np.asarray(theory.minibatch_drift(BATCHES, mutation_std=STD, beta=beta))
    limit = np.asarray(level0.drift(jnp.mean(BATCHES, axis=0), mutation_std=STD, beta=beta))
    model = 0.03 * np.abs(limit).max()
    assert (np.abs(mean - predicted) < LIMIT * error).all()
    assert (np.abs(mean - limit) < model + LIMIT * error).all()
    assert (np.abs(mean - 2 * limit) > model + LIMIT * error).any()


def test_losses_of_a_minibatch_run_are_those_of_all_data() -> None:
    data = corr.run(
        on_batches(lambda loss: corr.mutation(loss, mutation_std=STD)), jnp.ones(4), steps=20, trajectories=8,
        key=corr.root_key(0), record_at=[10], progress=False,
    )  # fmt: skip
    np.testing.assert_allclose(data.loss, data.path.values @ np.mean(BATCHES, axis=0), rtol=1e-5)
    assert data.finite.all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: proposals.uniform(0.0), "std must be positive"),
        (lambda: proposals.sparse(0.1, 0.0), r"probability must lie in \(0, 1\], got 0"),
        (lambda: proposals.covariance(np.ones((2, 3))), r"square matrix, got shape \(2, 3\)"),
        (lambda: proposals.covariance(np.eye(3)).draw(jax.random.key(0), jnp.zeros(2)), "parameters are 2 numbers"),
        (lambda: proposals.student_t(0.1, 0.0), "degrees must be positive"),
        (lambda: corr.mutation(linear, beta=1.0), "exactly one of mutation_std"),
        (lambda: corr.mutation(linear, mutation_std=0.1, proposal=proposals.uniform(0.1)), "exactly one of"),
        (lambda: corr.mutation(linear, mutation_std=0.1, rule="glauber"), "unknown acceptance rule 'glauber'"),
        (lambda: theory.rotation_invariant_factor(size=3, law="t", degrees=2.0), "more than 2 degrees"),
        (lambda: theory.component_law("cauchy"), "unknown law 'cauchy'"),
        (lambda: theory.component_law("rademacher"), "unknown law 'rademacher'"),
        (lambda: theory.component_law("student_t"), "unknown law 'student_t'"),
        (lambda: theory.barker_drift(jnp.ones(1), mutation_std=1.0, beta=COLD), "is Metropolis"),
    ],
)
def test_bad_input(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_heavy_tails_say_which_law_is_theirs() -> None:
    with pytest.warns(UserWarning, match="has no variance: its drift is a power"):
        proposals.student_t(0.1, 1.5)
