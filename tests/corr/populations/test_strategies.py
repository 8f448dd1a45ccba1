"""One generation against its law: linear losses, the smoothed loss, ranks in float32, and what makes no sense."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import populations as schemes
from corr._objective import objective, subtracted
from corr._precision import between, moved_by
from corr.difference._promote import promote
from corr.experiments.problems.sines import shallow_sine
from corr.populations._evolution_strategy import shaped
from corr.theory import populations as laws

K = 4.0
STD, SIZE, SLOPE, DRAWS = 1e-3, 3, 2.0, 20_000


class Law(NamedTuple):
    """In σ: mean against ĝ, variance across and, where there is a formula, along."""

    drift: float
    across: float
    along: float | None = None


def of(said: laws.Generation, along: float | None = None) -> Law:
    return Law(said.drift, said.noise, along)


def strategy(**options: Any) -> Callable[..., corr.Dynamics]:
    return functools.partial(schemes.evolution_strategy, mutation_std=STD, learning_rate=STD, **options)


def raw(count: int, *, antithetic: bool = False) -> tuple[Callable[..., corr.Dynamics], Law]:
    """Of learning rate σ: σ g, not ĝ; along it Σ z², of variance twice as large."""
    said = laws.raw_fitness(count, antithetic=antithetic)
    noise = SLOPE**2 * said.noise
    return strategy(children=count, antithetic=antithetic), Law(SLOPE * said.drift, noise, 2 * noise)


def z_score(count: int, *, antithetic: bool = False) -> tuple[Callable[..., corr.Dynamics], Law]:
    """Along the slope a step is s_n, whose square has the mean 1 of pairs, else 1 - 1/n."""
    said = laws.z_scores(count, antithetic=antithetic)
    square = 1 if antithetic else 1 - 1 / count
    return strategy(fitness="z-score", children=count, antithetic=antithetic), of(said, square - said.drift**2)


def ranked(count: int, *, antithetic: bool = False) -> tuple[Callable[..., corr.Dynamics], Law]:
    said = laws.centred_ranks(count, antithetic=antithetic)
    return strategy(fitness="centred ranks", children=count, antithetic=antithetic), of(said)


def best(**options: Any) -> Callable[..., corr.Dynamics]:
    return functools.partial(schemes.best_of, mutation_std=STD, **options)


ROWS: dict[str, tuple[Callable[..., corr.Dynamics], Law]] = {
    "(1, 5)": (best(children=5), of(laws.best_of(5))),
    "(1 + 1)": (best(children=1, keep_parent=True), of(laws.mutation(), 1 / 2 - 1 / (2 * math.pi))),
    "(1 + 5)": (best(children=5, keep_parent=True), of(laws.best_of_or_parent(5))),
    "(3/3, 11)": (
        functools.partial(schemes.recombination, mutation_std=STD, parents=3, children=11),
        of(laws.recombination(3, 11)),
    ),
    "raw": raw(8),
    "raw, antithetic": raw(8, antithetic=True),
    "z-score": z_score(5),
    "z-score, antithetic": z_score(8, antithetic=True),
    "centred ranks": ranked(5),
    "centred ranks, antithetic": ranked(6, antithetic=True),
    "CMA-ES": (
        functools.partial(schemes.cma_es, mutation_std=STD, children=7),
        of(laws.weighted(schemes.cma_weights(7), 7)),
    ),
}


@functools.cache
def moves(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Displacements of many first generations in σ, (draws, SIZE), the first axis along g, and what was accepted."""
    slope = jnp.zeros(SIZE).at[0].set(SLOPE)
    dynamics = ROWS[name][0](lambda x: jnp.sum(slope * x))
    state = jax.jit(dynamics.init)(jnp.zeros(SIZE))

    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        new, info = dynamics.step(key, state)
        return new.position, info.accepted

    found, accepted = jax.jit(jax.vmap(one))(jax.random.split(corr.root_key(5), DRAWS))
    return np.asarray(found, float) / STD, np.asarray(accepted)


def scores(name: str, law: Law) -> dict[str, float]:
    """Standard errors between what was measured and a law."""
    found = moves(name)[0]
    along, across = found[:, 0], found[:, 1:].ravel()
    values = {"drift": -along, "across": across**2}
    if law.along is not None:
        values["along"] = (along - along.mean()) ** 2
    expected = law._asdict()
    return {
        which: float(abs(value.mean() - expected[which]) / (value.std(ddof=1) / math.sqrt(value.size)))
        for which, value in values.items()
    }


@pytest.mark.parametrize("name", ROWS)
def test_generation_on_a_linear_loss(name: str) -> None:
    """28 comparisons at 4 standard errors, a false alarm in about 1 of 600 runs; a tenth more of anything must fail."""
    law = ROWS[name][1]
    measured = scores(name, law)
    assert max(measured.values()) < K, measured
    for which in measured:
        wrong = scores(name, law._replace(**{which: 1.1 * getattr(law, which)}))
        assert wrong[which] > K, (which, wrong)
    other_vector = law.drift / SLOPE if name.startswith("raw") else law.drift * SLOPE
    assert scores(name, law._replace(drift=other_vector))["drift"] > K, "the unit vector for g, or g for it"


def test_one_child_that_may_not_be_worse_is_mutation() -> None:
    accepted = moves("(1 + 1)")[1]
    assert abs(accepted.mean() - 0.5) < K * 0.5 / math.sqrt(DRAWS)
    assert abs(moves("(1 + 5)")[1].mean() - 0.5) > K * 0.5 / math.sqrt(DRAWS)


def test_raw_fitness_descends_the_smoothed_loss() -> None:
    """U = Σ h x²/2 + x⁴/4 has ∇U_σ = h x + x³ + 3σ² x exactly; without the last term it must fail."""
    place, std, rate, draws = jnp.array([1.0, -0.5]), 0.5, 0.01, 10_000
    curvature = jnp.array([1.0, 3.0])
    dynamics = schemes.evolution_strategy(
        lambda x: jnp.sum(curvature * x**2 / 2 + x**4 / 4), mutation_std=std, children=8, learning_rate=rate
    )
    state = jax.jit(dynamics.init)(place)
    keys = jax.random.split(corr.root_key(6), draws)
    found = -np.asarray(jax.jit(jax.vmap(lambda key: dynamics.step(key, state)[1].displacement))(keys), float)
    error = found.std(axis=0, ddof=1) / math.sqrt(draws)
    plain = np.asarray(curvature * place + place**3, float)
    smoothed = plain + 3 * std**2 * np.asarray(place, float)
    assert np.all(np.abs(found.mean(axis=0) - rate * smoothed) < K * error)
    assert np.all(np.abs(found.mean(axis=0) - rate * plain) > K * error)


@pytest.mark.parametrize(("std", "least", "most"), [(15 * 2.5e-4, 0.0, 0.02), (2.5e-5, 0.25, 0.5)])
def test_ranks_of_subtracted_losses_are_shuffled_on_figure_1s_network(std: float, least: float, most: float) -> None:
    """Neighbours by float64 among 40 children, 30 times, whose order float32 loses: by exact changes none of 1170,
    by subtracted losses 5 at σ of (10/10, 40) on Figure 1's clock and 437 at a tenth of mutation's.
    """
    problem, count, rounds = shallow_sine(), 40, 30
    start = problem.start()
    law = corr.proposals.normal(std)

    def lost(right: np.ndarray, found: Any) -> int:
        ordered = np.take_along_axis(np.asarray(found, float), np.argsort(right, axis=1), axis=1)
        return int(np.sum(np.diff(ordered, axis=1) <= 0))

    steps = jax.vmap(lambda key: law.draw(key, start))(jax.random.split(corr.root_key(8), rounds * count))
    rounded = jax.vmap(lambda step: between(start, moved_by(start, step)))(steps)
    found = {}
    for name, split in {"exact": objective(problem.loss), "subtracted": subtracted(problem.loss)}.items():
        changes = jax.jit(lambda moved, split=split: jax.lax.map(
            lambda step: split.change(split.start(start)[1], step)[0], moved, batch_size=count))(rounded)  # fmt: skip
        found[name] = changes.reshape(rounds, count)
    wide = promote(problem.loss, start)
    with jax.enable_x64(True):
        place, far = (jax.tree.map(lambda leaf: leaf.astype(jnp.float64), tree) for tree in (start, rounded))
        losses = jax.jit(lambda at, moved: jax.lax.map(
            lambda step: wide(jax.tree.map(jnp.add, at, step))[0], moved, batch_size=count))(place, far)  # fmt: skip
        right = np.asarray(losses).reshape(rounds, count)
    pairs = rounds * (count - 1)
    shuffled = {name: lost(right, changes) / pairs for name, changes in found.items()}
    assert shuffled["exact"] <= 1 / pairs
    assert least < shuffled["subtracted"] < most, shuffled


def test_fitness_of_children_whose_loss_is_not_finite() -> None:
    changes = jnp.array([3.0, jnp.inf, -1.0, 1.0])
    with jax.numpy_dtype_promotion("strict"):
        assert shaped(changes, "raw", 2.0).tolist() == [1.5, 0, -0.5, 0.5]
        np.testing.assert_allclose(shaped(changes, "z-score", 2.0), [math.sqrt(1.5), 0, -math.sqrt(1.5), 0], atol=1e-6)
        np.testing.assert_allclose(shaped(changes, "centred ranks", 2.0), [1 / 6, 1 / 2, -1 / 2, -1 / 6], rtol=1e-6)
        for tiny in (1e-30, 1e30):
            np.testing.assert_allclose(
                shaped(jnp.array([tiny, -tiny]), "z-score", 1.0), [1.0, -1.0], rtol=1e-6, err_msg=str(tiny)
            )
        assert shaped(jnp.zeros(3), "z-score", 1.0).tolist() == [0, 0, 0]


LOST: dict[str, Callable[..., corr.Dynamics]] = {
    "(1, 5)": ROWS["(1, 5)"][0],
    "(3/3, 11)": ROWS["(3/3, 11)"][0],
    "CMA-ES": ROWS["CMA-ES"][0],
}


@pytest.mark.parametrize("name", LOST)
def test_where_half_of_the_children_or_all_have_no_finite_loss(name: str) -> None:
    """Without any the parent stays; beyond a wall at its place the parent never goes, though the slope leads there."""

    def wall(x: jax.Array) -> jax.Array:
        return jnp.where(x[0] < 0, jnp.inf, x[0] + x[1])

    def point(x: jax.Array) -> jax.Array:
        return jnp.where(jnp.all(x == 0), 0.0, jnp.inf)

    keys = jax.random.split(corr.root_key(9), 30)
    for loss, moving in ((wall, True), (point, False)):
        dynamics = LOST[name](loss)
        state = jax.jit(dynamics.init)(jnp.zeros(2))
        new, info = jax.jit(jax.vmap(lambda key, d=dynamics, s=state: d.step(key, s)))(keys)
        assert np.all(np.isfinite(new.loss)) and np.all(new.position[:, 0] >= 0)
        assert bool(np.any(new.position)) == moving
        assert np.all(info.accepted <= info.finite)


def make(scheme: Callable[..., corr.Dynamics], **options: Any) -> Callable[[], corr.Dynamics]:
    return lambda: scheme(lambda x: jnp.sum(x), **{"mutation_std": 0.1, **options})


ES = functools.partial(schemes.evolution_strategy, learning_rate=0.1)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (make(schemes.best_of, children=1), "children must be at least 2, got 1"),
        (make(schemes.best_of, children=0, keep_parent=True), "children must be at least 1, got 0"),
        (make(schemes.best_of, children=5, mutation_std=0.0), "must be a positive finite number, got 0"),
        (make(schemes.recombination, parents=0, children=5), "parents must be at least 1, got 0"),
        (make(schemes.recombination, parents=5, children=5), "fewer than the 5 children .* got 5: give about 1"),
        (make(schemes.recombination, parents=1, children=1), "children must be at least 2, got 1"),
        (make(ES, children=1), "children must be at least 2, got 1"),
        (make(ES, children=5, antithetic=True), "children must be even, .* got 5: give 6"),
        (make(ES, children=4, fitness="ranks"), "must be one of .*'centred ranks', got 'ranks'"),
        (make(ES, children=4, mutation_std=-1.0), "mutation_std must be positive and finite, got -1"),
        (make(ES, children=4, learning_rate=0.0), "learning_rate must be positive and finite, got 0"),
        (make(ES, children=4.0), "children must be an integer, got float 4.0"),
        (make(ES, children=4, mutation_std={"u": 0.1}), "mutation_std must be a number, got dict"),
        (make(schemes.recombination, parents=2.5, children=5), "parents must be an integer, got float 2.5"),
        (make(schemes.cma_es, children=1), "children must be at least 2, got 1"),
        (make(schemes.cma_es, children=4, mutation_std=jnp.ones(2)), "mutation_std must be a number"),
        (lambda: schemes.cma_es(lambda x: jnp.sum(x), mutation_std=0.1, children=4).init(jnp.zeros(5001)),
         "covariance of 5001 parameters is too large, expected at most 5000: use recombination"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ask()
