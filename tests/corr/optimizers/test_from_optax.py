"""optax's transformations that ask for more than a gradient: sharpness-aware descent, line searches."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr

CURVATURES = jnp.array([0.3, 1.0, 2.0, 0.5])
START = jnp.array([2.0, -1.0, 1.0, 0.5])
RATE, RADIUS = 0.1, 0.3


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(CURVATURES * x**2) / 2


def test_sharpness_aware_descent_takes_the_gradient_uphill() -> None:
    """In a bowl g + ρ H g/|g|, exactly: descent of U + ρ|g|."""
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(RADIUS))
    side = corr.from_optax(bowl, optax.contrib.sam(optax.sgd(RATE), uphill, opaque_mode=True))
    _, info = side.step(jax.random.key(0), side.init(START))
    sharp = jax.grad(lambda x: bowl(x) + RADIUS * jnp.linalg.norm(jax.grad(bowl)(x)))(START)
    np.testing.assert_allclose(info.displacement, -RATE * sharp, rtol=1e-5)
    assert float(jnp.abs(info.displacement + RATE * jax.grad(bowl)(START)).max()) > 0.01


def test_without_opaque_mode_the_perturbed_positions_are_refused() -> None:
    side = corr.from_optax(bowl, optax.contrib.sam(optax.sgd(RATE), optax.sgd(RADIUS)))
    with pytest.raises(ValueError, match=r"perturbed parameters as position .* give opaque_mode=True"):
        corr.run(side, START, steps=2, trajectories=1, key=corr.root_key(0), progress=False)


@pytest.mark.parametrize("reset", [False, True])
def test_the_fast_parameters_of_lookahead_meet_the_slow_ones_at_every_synchronization(reset: bool) -> None:
    """Every third step takes half of the way from the slow parameters, here of a tree, to where descent alone goes."""
    start = {"a": START[:2], "b": START[2:]}
    loss = lambda x: bowl(jnp.concatenate([x["a"], x["b"]]))  # noqa: E731
    side = corr.from_optax(loss, optax.lookahead(optax.sgd(RATE), 3, 0.5, reset_state=reset))
    state, slow = side.init(start), np.asarray(START, float)
    for _ in range(2):
        for number in range(3):
            state, _ = side.step(jax.random.key(0), state)
            if number < 2:
                np.testing.assert_allclose(state.aux.slow["a"], slow[:2], rtol=1e-6)
                assert not np.allclose(state.position["a"], slow[:2])
        slow = slow + 0.5 * ((1 - RATE * np.asarray(CURVATURES)) ** 3 - 1) * slow
        for part, expected in (("a", slow[:2]), ("b", slow[2:])):
            np.testing.assert_allclose(state.position[part], expected, rtol=1e-5)
            np.testing.assert_allclose(state.aux.slow[part], expected, rtol=1e-5)


def test_lookahead_goes_on_from_batch_to_batch() -> None:
    def make(scale: jax.Array) -> corr.Dynamics:
        return corr.from_optax(lambda x: scale * bowl(x), optax.lookahead(optax.sgd(RATE), 2, 0.5))

    plain, batched = make(jnp.float32(1)), corr.minibatch(make, batch=lambda key: jnp.float32(1), loss=bowl)
    one, other = plain.init(START), batched.init(START)
    for number in range(3):
        key = jax.random.key(number)
        one, other = plain.step(key, one)[0], batched.step(key, other)[0]
        np.testing.assert_array_equal(one.position, other.position)
        np.testing.assert_array_equal(one.aux.slow, other.aux.slow)


def test_a_plateau_is_told_from_the_loss() -> None:
    """On a loss without slope the rate halves after every second step; its scale is what optax remembers."""
    rule = optax.chain(optax.sgd(RATE), optax.contrib.reduce_on_plateau(factor=0.5, patience=2))
    side = corr.from_optax(lambda x: 1 + 0 * jnp.sum(x), rule)
    state, scales = side.init(START), []
    for _ in range(7):
        state, _ = side.step(jax.random.key(0), state)
        scales.append(float(state.aux[1].scale))
    assert scales == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]


def needing(*names: str) -> optax.GradientTransformationExtraArgs:
    """A transformation whose update must be given arguments of its own."""

    def update(updates: jax.Array, state: object, params: object = None, *, labels: object) -> object:
        del params, labels
        return updates, state

    return optax.GradientTransformationExtraArgs(lambda params: optax.EmptyState(), update)


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (optax.adam, TypeError, r"got function adam: call it, adam\(learning_rate, ...\)"),
        (0.1, TypeError, r"expected an optax.GradientTransformation such as optax.adam\(1e-3\), got float"),
        (optax.cosine_decay_schedule(0.1, 5), TypeError, "got function schedule"),
        (needing("labels"), TypeError, r"takes no step: .*'labels'. from_optax gives it gradients, state and params"),
        (
            optax.chain(optax.clip(1.0), optax.contrib.sam(optax.sgd(RATE), optax.sgd(RADIUS), opaque_mode=True)),
            ValueError, r"make it the outermost one, sam\(optax.chain\(clip, optimizer\), ...\)",
        ),
        (optax.masked(optax.sgd(RATE), {"a": True}), ValueError, "different types at key path"),
    ],
    ids=["a function of optax", "a number", "a schedule", "asks for labels", "SAM in a chain", "mask of another tree"],
)  # fmt: skip
def test_what_is_no_optimizer_or_needs_more_is_refused_by_a_run(
    rule: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        corr.run(corr.from_optax(bowl, rule), START, steps=2, trajectories=1, key=corr.root_key(0), progress=False)  # pyright: ignore[reportArgumentType]


def test_swapped_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="stand in each other's place: from_optax"):
        corr.from_optax(optax.sgd(RATE), bowl)  # pyright: ignore[reportArgumentType]


def test_gradients_elsewhere_that_cannot_be_counted_are_told() -> None:
    masked = optax.masked(optax.sgd(RATE), {"a": True})
    with pytest.warns(UserWarning, match=r"elsewhere cannot be counted .*: one is assumed"):
        side = corr.from_optax(lambda x: bowl(x["a"]), optax.contrib.sam(masked, optax.sgd(RADIUS), opaque_mode=True))
    assert side.evaluations == 6


def test_the_atlas_says_that_it_counts_no_searches() -> None:
    rule = optax.chain(optax.sgd(1.0), optax.scale_by_backtracking_linesearch(5))
    with pytest.warns(UserWarning, match="count 3 evaluations a step, without those of this dynamics' searches"):
        found = corr.characterize(
            corr.from_optax(bowl, rule), {"here": START}, key=corr.root_key(0), draws=1000, progress=False
        )
    assert found.laws["g"].points["here"].across < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_line_search_is_given_the_loss(wrapped: bool) -> None:
    """L-BFGS's step length is searched for on U: no step raises it, and 8 come to where those of descent do not."""
    search = optax.chain(optax.lbfgs(), optax.scale(1.0)) if wrapped else optax.lbfgs()
    data = corr.run(
        corr.from_optax(bowl, search), START, steps=8, record_at=range(1, 9), trajectories=2, key=corr.root_key(0),
        progress=False,
    )  # fmt: skip
    losses = data.loss.values[0]
    assert (np.diff(losses) < 0).all()
    plain = corr.run(
        corr.descent(bowl, learning_rate=0.5), START, steps=8, record_at=[8], trajectories=2, key=corr.root_key(0),
        progress=False,
    )  # fmt: skip
    assert losses[-1] < 1e-3 * plain.loss.values[0, -1]
