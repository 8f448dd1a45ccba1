"""Rules by which links go and come, and networks of which one matrix alone is sparse."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import losses, networks, wiring

from .bowl import EPSILON, START, loss

KEY = corr.root_key(0)


def momentum(linked: Callable[[Any], Any]) -> corr.Dynamics:
    return corr.from_optax(lambda x: loss(linked(x)), optax.sgd(0.01, momentum=0.9))


def test_links_grow_where_the_gradient_is_largest() -> None:
    """Also links that were just pruned may; the gradient is that at the weights before."""
    side = wiring.sparse(momentum, epsilon=EPSILON, every=1, share=0.5, grow="gradient")
    before = side.init(START, KEY)
    still = wiring.sparse(momentum, epsilon=EPSILON, every=None)
    moved, _ = still.step(KEY, before)
    after, _ = side.step(KEY, before)
    kept = np.asarray(wiring.pruned(moved.position["w"], before.aux.links["w"], 0.5))
    slopes = np.abs(np.asarray(jax.grad(loss)(moved.position)["w"]))
    new = np.asarray(after.aux.links["w"]) & ~kept
    assert int(after.aux.links["w"].sum()) == 21 and new.sum() == 21 - kept.sum() > 5
    assert slopes[new].min() >= slopes[~new & ~kept].max()
    drawn, _ = wiring.sparse(momentum, epsilon=EPSILON, every=1, share=0.5).step(KEY, before)
    others = np.asarray(drawn.aux.links["w"]) & ~kept
    assert slopes[others].min() < slopes[~others & ~kept].max()


def test_random_pruning_does_not_ask_for_size() -> None:
    """Survivors have the mean size of all; by size they are larger. As many of either sign go."""
    weights = jax.random.normal(jax.random.fold_in(KEY, 1), (40, 60))  # that of the links would choose by size
    links = {"w": wiring.erdos_renyi(KEY, (40, 60), 6.0)}
    params = {"w": jnp.where(links["w"], weights, 0)}
    size, place = np.abs(np.asarray(weights)), np.asarray(weights > 0)

    def sizes(by_size: bool) -> np.ndarray:
        many = jax.vmap(lambda key: wiring.rewired(key, params, links, share=0.3, fresh=0.0, by_size=by_size)[2]["w"])
        kept = np.asarray(many(jax.random.split(KEY, 200)))
        assert set((kept & place).sum(axis=(1, 2)).tolist()) == {positive}
        return np.where(kept, size, 0).sum(axis=(1, 2)) / kept.sum(axis=(1, 2))

    count = int((links["w"] & (weights > 0)).sum())
    positive = count - 3 * count // 10
    everyone = float(size[np.asarray(links["w"])].mean())
    random = sizes(False)
    assert abs(random.mean() - everyone) < 4 * random.std(ddof=1) / np.sqrt(200) + 2e-3  # ⌊0.3 n⌋ of unequal signs
    assert sizes(True).mean() > 1.2 * everyone


@pytest.mark.slow
def test_the_dense_part_of_a_convolutional_network_is_sparse_alone() -> None:
    net = networks.functional(networks.Convolutional((2, 4), shape=(8, 8, 1), outputs=3), variance="he")
    points, labels = jax.random.normal(KEY, (64, 12)), jnp.arange(12) % 3
    whole = losses.mean(losses.cross_entropy(), net.apply, points, labels)
    side = wiring.sparse(
        lambda linked: corr.from_optax(lambda x: whole(linked(x)), optax.sgd(0.01)),
        epsilon={"last/kernel": 1.0}, every=2,
    )  # fmt: skip
    state, step, seen = side.init(net.init(KEY), KEY), jax.jit(side.step), set()
    for number in range(6):
        state, _ = step(jax.random.fold_in(KEY, number), state)
        seen.add(np.asarray(state.aux.links["last"]["kernel"]).tobytes())
        counts = jax.tree.map(lambda leaf: int(jnp.sum(leaf)), state.aux.links)
        assert counts["last"]["kernel"] == 19 and counts["convolution_0"]["kernel"] == 1
    assert len(seen) == 4
    assert all(np.asarray(state.position[f"convolution_{n}"]["kernel"]).all() for n in range(2))
    ended = wiring.pruned(state.position["last"]["kernel"], state.aux.links["last"]["kernel"], 0.3)
    assert int(ended.sum()) in (14, 15)  # without growth at the end, ⌊0.3 n⌋ of either sign go
