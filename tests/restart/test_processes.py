"""More devices and more processes: the same trajectories, to the last bit."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.ensemble._simulate import simulate

CPU = Path("/proc/cpuinfo")
ALONE = ("loss", "acceptance", "path", "nonfinite", "finite", "count", "trajectory", "seen",
         "seen_array")  # fmt: skip


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def pair(start: Callable[..., Any], **options: Any) -> list[Any]:
    address = f"127.0.0.1:{free_port()}"
    return [start(coordinator=address, processes=2, process_id=number, **options) for number in range(2)]


@pytest.mark.slow
def test_any_number_of_host_devices(whole: Callable[..., Any], same: Any) -> None:
    alone = whole("one", trajectories=33)
    for devices in (2, 8):
        several = whole(f"on{devices}", trajectories=33, devices=devices)
        same(several, alone)


@pytest.mark.slow
def test_two_processes_equal_one(
    start: Callable[..., Any], whole: Callable[..., Any], same: Any, tmp_path: Any
) -> None:
    workers = pair(start, checkpoint=tmp_path / "saved", every=1000)
    for worker in workers:
        said, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    together, alone = dict(np.load(tmp_path / "out.npz")), whole("alone")
    same({name: together[name] for name in ALONE}, {name: alone[name] for name in ALONE})
    # Pairwise combination of float64 moments: a few roundings of sums over 13 trajectories.
    np.testing.assert_allclose(together["mean"], alone["mean"], rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(together["variance"], alone["variance"], rtol=1e-11, atol=1e-20)
    assert sorted(place.name for place in (tmp_path / "saved").glob("process-*")) == ["process-0", "process-1"]


@pytest.mark.slow
def test_processes_given_different_runs_all_refuse(start: Callable[..., Any], tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    workers = [start(coordinator=address, processes=2, process_id=number, seed=number) for number in range(2)]
    for worker in workers:
        said, _ = worker.communicate(timeout=120)
        assert worker.returncode == 2
        assert "the processes were given different runs (another key): start all with the same settings" in said


@pytest.mark.slow
def test_one_process_dying_ends_the_other_and_the_run_goes_on(
    start: Callable[..., Any], whole: Callable[..., Any], same: Any, tmp_path: Any
) -> None:
    steps = 300_000
    workers = pair(start, checkpoint=tmp_path / "saved", steps=steps)
    for worker in workers:
        while not worker.stdout.readline().startswith("saved"):
            assert worker.poll() is None
    workers[1].kill()
    workers[1].communicate()
    begun = time.monotonic()
    workers[0].communicate(timeout=120)
    assert workers[0].returncode != 0
    assert time.monotonic() - begun < 120
    for worker in pair(start, checkpoint=tmp_path / "saved", steps=steps):
        said, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    together, alone = dict(np.load(tmp_path / "out.npz")), whole("alone", steps=steps)
    same({name: together[name] for name in ALONE}, {name: alone[name] for name in ALONE})


def every_loss_change(dynamics: corr.Dynamics) -> corr.Dynamics:
    """The same dynamics with a running hash of the bits of each step's loss change in ``aux``."""
    assert dynamics.halves is not None
    draw, advance = dynamics.halves

    def init(params: Any) -> corr.State:
        state = dynamics.init(params)
        return state._replace(aux=(state.aux, jnp.zeros((), jnp.uint32)))

    def hashed(drawn: Any, state: corr.State) -> tuple[corr.State, corr.Info]:
        inner, trace = state.aux
        moved, info = advance(drawn, state._replace(aux=inner))
        bits = jax.lax.bitcast_convert_type(info.loss_change, jnp.uint32)
        return moved._replace(aux=(moved.aux, trace * jnp.uint32(31) + bits)), info

    def refresh(state: corr.State) -> corr.State:
        inner, trace = state.aux
        fresh = dynamics.refresh(state._replace(aux=inner))
        return fresh._replace(aux=(fresh.aux, trace))

    def shortcut(params: Any) -> corr.Dynamics | None:
        quick = dynamics.shortcut(params)
        return None if quick is None else every_loss_change(quick)

    step = lambda key, s: hashed(draw(key, s.position), s)  # noqa: E731
    return corr.Dynamics(init, step, dynamics.stream, refresh, (draw, hashed), shortcut)


NETWORK = corr.networks.functional(corr.networks.Shallow(5))
LOSS = corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(40))
DEEP = corr.networks.functional(corr.networks.FullyConnected((6, 6)))
DEEP_LOSS = corr.losses.mean_squared_error(DEEP.apply, *corr.data.sine(40))
SIDES = {
    "deep, by shortcut": (corr.mutation(DEEP_LOSS, mutation_std=1e-3), (1, 3, 16)),
    "deep, part of it replayed": (corr.mutation(DEEP_LOSS, mutation_std=0.1), (1, 3, 16)),
    "mutation": (corr.mutation(LOSS, mutation_std=1e-3), (1, 3, 16)),
    "finite beta": (corr.mutation(LOSS, mutation_std=1e-3, beta=1e4), (2, 8)),
    "plain values": (corr.mutation(LOSS, mutation_std=1e-3, exact=False), (1, 2, 3)),
    "twin": (corr.langevin(LOSS, time_step=1e-3, moments=corr.paper_moments(step_time=1e-4)), (1, 2, 3)),
}


def traces(side: str, trajectories: int, block: int, devices: int) -> np.ndarray:
    *_, last = simulate(
        every_loss_change(SIDES[side][0]),
        (DEEP if side.startswith("deep") else NETWORK).init(jax.random.key(0)),
        trajectories=trajectories,
        key=corr.root_key(1),
        record_at=[30, 60],
        layout=corr.choose_layout(trajectories, devices, block),
        refresh_every=10,
    )
    return np.asarray(last.state.aux[1])


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.skipif(
    not CPU.exists() or "avx512f" not in CPU.read_text(),
    reason="equal bits are promised for 512-bit vectors, which this processor lacks",
)
def test_every_loss_change_is_the_same_for_the_blocks_promised(side: str) -> None:
    expected = traces(side, 17, 4, 2)
    assert len(np.unique(expected)) == 17
    for block in SIDES[side][1]:
        np.testing.assert_array_equal(traces(side, 17, block, 1), expected)
    np.testing.assert_array_equal(traces(side, 5, 4, 2), expected[:5])
