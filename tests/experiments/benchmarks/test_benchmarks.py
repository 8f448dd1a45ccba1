"""The contestants of ``corr bench`` do the same job: each lowers the same loss by mutation."""

import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import data, losses, networks
from corr.experiments.benchmarks import bench, c_loop, contest, engines, peers
from corr.figures.bench import PANELS, draw_bench

POINTS = data.sine(64)
NETWORK = networks.functional(networks.Shallow(5))
LOSS = losses.mean_squared_error(NETWORK.apply, *POINTS)
START = NETWORK.init(corr.root_key(0))


def test_peers_minimize_the_same_losses() -> None:
    usual = peers.points_first(*POINTS, ())
    np.testing.assert_allclose(float(usual(START)), float(LOSS(START)), rtol=1e-6)
    deep = networks.functional(networks.FullyConnected((4, 3)))
    params = deep.init(corr.root_key(0))
    other = peers.points_first(*POINTS, sorted(params))
    expected = losses.mean_squared_error(deep.apply, *POINTS)(params)
    np.testing.assert_allclose(float(other(params)), float(expected), rtol=1e-6)


def test_c_loop_walks_downhill_and_accepts_about_half(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    true_at = c_loop._at
    monkeypatch.setattr(c_loop, "_at", lambda array: seen.append(array) or true_at(array))
    loop = c_loop.c_loop("C", START, *POINTS, mutation_std=1e-3, trajectories=4, steps=2000)
    if loop is None:
        pytest.skip("no C compiler here")
    loop.go()
    walked = [array for array in seen if array.dtype == np.float32 and array.ndim == 2]
    counts = np.concatenate([array for array in seen if array.dtype == np.int64])
    for flat in np.concatenate(walked):
        a, b, c = (jnp.asarray(part) for part in np.split(flat, 3))
        assert float(LOSS({"a": a, "b": b, "c": c})) < float(LOSS(START))
    assert np.all((counts > 500) & (counts < 1300))


def test_contest_times_everyone_in_turns(capsys: pytest.CaptureFixture[str]) -> None:
    walk = corr.mutation(LOSS, mutation_std=1e-3)
    many: dict[str, Any] = {"trajectories": 4, "steps": 10}
    field = [
        engines.engine(bench.EXACT, walk, START, **many),
        peers.plain_vmap(bench.VMAP, LOSS, START, mutation_std=1e-3, **many),
        peers.blackjax_walk("blackjax", LOSS, START, mutation_std=1e-3, **many),
        peers.numpy_loop("NumPy", START, *POINTS, mutation_std=1e-3, steps=10),
    ]
    timings = contest.contest(field, 3, "test")
    assert [one.name for one in timings] == [one.name for one in field]
    assert all(len(one.microseconds) == 3 and one.median == sorted(one.microseconds)[1] for one in timings)
    bench.show("a section", timings)
    assert "blackjax" in capsys.readouterr().out


def test_figure_is_drawn_from_the_json(tmp_path: Path) -> None:
    rows = [{"name": f"{n} x", "median": 1.0, "microseconds": [0.9, 1.0, 1.2]} for n in (1, 2)]
    (tmp_path / "bench.json").write_text(json.dumps(dict.fromkeys(PANELS, rows)))
    draw_bench(tmp_path / "bench.json")
    assert (tmp_path / "bench.pdf").stat().st_size > 1000


def test_absent_device_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no gpu here: JAX sees cpu"):
        bench.bench(tmp_path, repeats=1, device="gpu")
