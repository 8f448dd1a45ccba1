"""Links of one matrix: drawn evenly and exactly as many, the weakest of either sign pruned, none grown twice."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import wiring

K = 4.0
KEY = corr.root_key(0)


def test_every_place_is_drawn_as_often_as_any_other() -> None:
    """25 of 150 places, 4000 times: a binomial law for each, 150 comparisons; rows alone would be told."""
    drawn = jax.vmap(lambda key: wiring.erdos_renyi(key, (10, 15), 1.0))(jax.random.split(KEY, 4000))
    counts = np.asarray(drawn.sum(axis=(1, 2)))
    assert set(counts.tolist()) == {25}
    share = np.asarray(drawn, float).mean(axis=0)
    error = math.sqrt(25 / 150 * 125 / 150 / 4000)
    assert np.abs(share - 25 / 150).max() < (K + 0.5) * error
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.inf, 0.01, 6.1])
def test_links_that_cannot_be_are_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        wiring.erdos_renyi(KEY, (10, 15), epsilon)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
def test_the_weakest_of_either_sign_go_and_no_others(share: float) -> None:
    weights = jax.random.normal(KEY, (30, 40))
    links = wiring.erdos_renyi(jax.random.key(1), weights.shape, 5.0)
    kept = wiring.pruned(weights, links, share)
    assert not bool((kept & ~links).any())
    for sign in (1, -1):
        mine = np.asarray(links & (sign * weights > 0))
        lost = np.abs(np.asarray(weights))[mine & ~np.asarray(kept)]
        left = np.abs(np.asarray(weights))[mine & np.asarray(kept)]
        assert len(lost) == math.floor(share * mine.sum() + 1e-9)
        assert lost.max() < left.min()


@pytest.mark.parametrize(
    ("count", "share", "lost"), [(900, 0.13, 117), (10, 0.3, 3), (3, 1 / 3, 1), (20_000, 0.51, 10_200)]
)
def test_a_whole_share_is_not_rounded_down(count: int, share: float, lost: int) -> None:
    """Of 0.13 times 900 float32 makes 116.99999."""
    weights = jnp.arange(1.0, count + 1)[None]
    assert int(wiring.pruned(weights, weights > 0, share).sum()) == count - lost


def test_weights_of_zero_are_the_first_to_go() -> None:
    weights = jnp.array([[0.0, 0.0, 1.0, 2.0]])
    assert wiring.pruned(weights, jnp.ones((1, 4), bool), 0.5).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        wiring.pruned(jnp.ones((2, 2)), jnp.ones((2, 2), bool), share)


def test_new_links_are_where_none_was_and_evenly() -> None:
    links = jnp.zeros((6, 10), bool).at[:3].set(True)
    found = jax.vmap(lambda key: wiring.grown(key, links, 5))(jax.random.split(KEY, 4000))
    assert bool(found[:, :3].all())
    assert set(np.asarray(found.sum(axis=(1, 2))).tolist()) == {35}
    share = np.asarray(found, float).mean(axis=0)[3:]
    assert np.abs(share - 5 / 30).max() < (K + 0.5) * math.sqrt(5 / 30 * 25 / 30 / 4000)
