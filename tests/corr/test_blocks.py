"""How many trajectories are advanced together: by the working set on CPUs, by memory on accelerators."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import data, losses, networks
from corr._plan import plan_run
from corr.ensemble import _blocks, _tune
from corr.ensemble._blocks import cached_block, choose_block, tree_bytes, wide_block, working_set

MIB = 1 << 20


def sides(units: int, points: int) -> tuple[dict[str, corr.Dynamics], Any]:
    network = networks.functional(networks.Shallow(units))
    loss = losses.mean_squared_error(network.apply, *data.sine(points))
    walk = corr.mutation(loss, mutation_std=1e-5)
    twin = corr.langevin(loss, time_step=1e-3, moments=corr.paper_moments(step_time=1e-5))
    return {"mutation": walk, "twin": twin}, network.init(jax.random.key(0))


@pytest.mark.parametrize(
    ("each", "block"),
    [(0, 4), (MIB // 4, 4), (MIB // 4 + 1, 2), (6 * MIB, 2), (6 * MIB + 1, 1), (1 << 40, 1)],
)
def test_largest_block_that_stays_in_cache(each: int, block: int) -> None:
    assert cached_block(each, MIB) == block
    assert cached_block(2 * each, 2 * MIB) == block


@pytest.mark.parametrize(
    ("each", "share", "block"),
    [(1, 1000, 1000), (1, 10**6, 4096), (MIB, 1000, 256), (1 << 40, 1000, 1), (0, 8, 8)],
)
def test_accelerators_take_all_that_fits(each: int, share: int, block: int) -> None:
    assert wide_block(each, share, memory=1 << 30) == block


def test_working_set_holds_old_and_new_activations() -> None:
    """Mutation keeps 30 tanh and one output at 1000 points; the gradient's backward pass reads at least the tanh."""
    both, params = sides(30, 1000)
    found = {name: working_set(side, params) for name, side in both.items()}
    activations, weights = 4 * 31 * 1000, 4 * 90
    assert 2 * activations <= found["mutation"] <= 2 * (activations + 3 * weights)
    assert found["twin"] >= 4 * 30 * 1000
    wider, params = sides(60, 1000)
    assert 1.9 < working_set(wider["mutation"], params) / found["mutation"] < 2.1


@pytest.mark.parametrize("name", ["mutation", "twin"])
def test_wide_networks_get_small_blocks_whatever_the_number_of_trajectories(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_blocks, "cache_bytes", lambda: MIB)
    for units, block in ((10, 4), (256, 2), (5000, 1)):
        both, params = sides(units, 1000)
        assert {choose_block(both[name], params, count, 1) for count in (1, 8, 1000)} == {block}, units


def test_a_run_chooses_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    both, params = sides(10, 100)
    for cache, block in ((MIB, 4), (4000, 2), (500, 1)):
        monkeypatch.setattr(_blocks, "cache_bytes", lambda cache=cache: cache)
        plan = plan_run(both["mutation"], params, steps=1, trajectories=8, key=corr.root_key(0), devices=1)
        assert plan.layout.block == block


class Fake:
    """A backend of two accelerators."""

    def __init__(self, platform: str, memory: int):
        self.devices = [SimpleNamespace(platform=platform, memory_stats=lambda: {"bytes_limit": memory})] * 2

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(jax, "local_devices", lambda: self.devices)
        patch.setattr(jax, "device_count", lambda: 2)
        patch.setattr(jax, "default_backend", lambda: self.devices[0].platform)


@pytest.mark.parametrize("platform", ["gpu", "tpu"])
def test_layout_on_accelerators_is_wide(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both, params = sides(30, 1000)
    Fake(platform, memory=16 << 30).enter(monkeypatch)
    plan = plan_run(both["mutation"], params, steps=1, trajectories=1000, key=corr.root_key(0), check_decisions=False)
    assert plan.layout == (2, 500, 1000)
    each = working_set(both["mutation"], params)
    Fake(platform, memory=400 * each).enter(monkeypatch)
    assert choose_block(both["mutation"], params, 1000) == 100


def test_probe_tries_wide_blocks_on_accelerators(monkeypatch: pytest.MonkeyPatch) -> None:
    both, params = sides(5, 20)
    tried: list[tuple[int, int]] = []

    def probe(side: Any, start: Any, devices: Any, block: int, together: int) -> Any:
        tried.append((block, together))
        while True:
            yield 1 / block

    monkeypatch.setattr(_tune, "_probe", probe)
    assert _tune.fastest_block(both["twin"], params, devices=1) == 4
    assert tried == [(1, 16), (2, 16), (4, 16)]
    tried.clear()
    Fake("gpu", memory=16 << 30).enter(monkeypatch)
    assert _tune.fastest_block(both["twin"], params, devices=1) == 4096
    assert tried == [(256, 4096), (1024, 4096), (4096, 4096)]


def test_system_that_does_not_tell_its_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(_blocks.os, "sysconf", lambda name: 0)
    assert _blocks.cache_bytes() == MIB
    monkeypatch.setattr(_blocks.os, "sysconf", unknown)
    assert _blocks.cache_bytes() == MIB


def test_fewer_steps_are_drawn_ahead_where_each_draws_much() -> None:
    from corr.ensemble._engine import drawn_ahead

    assert [drawn_ahead(4 * size) for size in (90, 7489, 131_072, 10**7)] == [50, 17, 1, 1]


def test_tree_bytes() -> None:
    assert tree_bytes({"a": np.zeros((2, 3), "f4"), "b": jax.eval_shape(lambda: jnp.zeros(5, "f2"))}) == 34
