"""What a dynamics says of its steps, beside what they do: lies are refused, rounding and heavy tails are not."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.atlas import displacements
from corr.atlas._honest import check_symmetric, check_told

from ..populations.registry import SCHEMES
from .asked import POINTS, WALK, bowl

KEY = corr.root_key(0)
RELATIVE = np.full(4, float(np.finfo(np.float32).eps))
LIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the other way": lambda moves: -moves,
    "nothing": lambda moves: 0 * moves,
    "half of it": lambda moves: moves / 2,
    "that one draw was refused": lambda moves: moves * (np.arange(len(moves)) != 7)[:, None],
    "another parameter": lambda moves: np.roll(moves, 1, axis=1),
}


def moved(size: float, at: float, generations: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Displacements in float32, positions' changes by them and the first position."""
    rng = np.random.default_rng(0)
    moves = rng.normal(scale=size, size=(generations, 20, 4)).astype(np.float32)
    begun = np.broadcast_to(np.float32(at) * np.array([1.0, -2.0, 0.3, 0.0], np.float32), moves.shape[1:])
    ended = begun
    for one in moves:
        ended = ended + one
    return moves.astype(float).sum(axis=0), (ended - begun).astype(float), begun[0].astype(float)


@pytest.mark.parametrize("name", LIES)
def test_positions_that_change_by_other_than_told_are_refused(name: str) -> None:
    moves, changes, begun = moved(1e-3, 1.0)
    with pytest.raises(
        ValueError, match=r"at 'far' a step moved parameter \d by .*Info tells .* let Info.displacement be"
    ):
        check_told("far", LIES[name](moves), changes, begun, RELATIVE, 1)


@pytest.mark.parametrize(("size", "at"), [(1e-3, 1.0), (1e-9, 1.0), (1e-3, 1e4), (1.0, 1e-3)])
@pytest.mark.parametrize("generations", [1, 50])
def test_rounding_is_no_lie(size: float, at: float, generations: int) -> None:
    moves, changes, begun = moved(size, at, generations)
    check_told("far", moves, changes, begun, RELATIVE, generations)


def test_a_dynamics_whose_info_lies_is_refused() -> None:
    honest = corr.descent(bowl, learning_rate=1e-3)

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        state, info = honest.step(key, state)
        return state, info._replace(accepted=jnp.asarray(False))

    with pytest.raises(
        ValueError, match=r"at 'far' 3 steps moved parameter 0 by -0.00599.*\(4 of 4 draws are such\), but Info"
    ):
        displacements(honest._replace(step=step), POINTS, draws=4, key=KEY, generations=3, progress=False)


START = {"u": jnp.array([0.5, -0.3]), "v": jnp.array([1.0, 0.2, -0.4])}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_every_population_tells_what_it_does(name: str) -> None:
    loss = lambda x: jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2)  # noqa: E731
    found = displacements(
        SCHEMES[name](loss, START), {"here": START}, draws=200, key=KEY, generations=3, burn_in=2, progress=False
    )
    assert found["here"].steps.any()


def test_proposals_called_symmetric_whose_mean_is_not_zero_are_refused() -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        state, info = WALK.step(key, state)
        shift = 5e-4 * jnp.ones(4)
        moved = jnp.where(info.accepted, state.position + shift, state.position)
        return state._replace(position=moved), info._replace(displacement=info.displacement + shift)

    with pytest.raises(
        ValueError, match=r"symmetric=True, but at 'far' the mean of 500 proposals .* leave symmetric out"
    ):
        displacements(WALK._replace(step=step), POINTS, draws=500, key=KEY, progress=False)


@pytest.mark.parametrize("law", ["normal", "cauchy", "rare"])
def test_symmetric_numbers_of_any_tail_pass_and_shifted_ones_do_not(law: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        raw = {
            "normal": rng.normal(size=(400, 50)),
            "cauchy": rng.standard_cauchy(size=(400, 50)),
            "rare": rng.normal(size=(400, 50)) * (rng.random((400, 50)) < 0.01),
        }[law]
        check_symmetric("here", raw)
    if law != "rare":  # of which no shift is told from few numbers
        with pytest.raises(ValueError, match="standard errors off zero"):
            check_symmetric("here", raw + np.where(np.arange(50) == 3, 1e3, 0.0))
