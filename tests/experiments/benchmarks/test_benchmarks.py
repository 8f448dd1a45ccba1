"""The contestants of ``corr bench`` do the same job: each lowers the same loss by mutation."""

import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import data, losses, networks
from corr.experiments.benchmarks import bench, c_loop, contest, engines, peers, sections
from corr.figures.bench import PANELS, draw_bench

POINTS = data.sine(64)
NETWORK = networks.functional(networks.Shallow(5))
LOSS = losses.mean_squared_error(NETWORK.apply, *POINTS)
START = NETWORK.init(corr.root_key(0))


@pytest.mark.slow
def test_peers_minimize_the_same_losses() -> None:
    usual = peers.points_first(*POINTS, ())
    np.testing.assert_allclose(float(usual(START)), float(LOSS(START)), rtol=1e-6)
    deep = networks.functional(networks.FullyConnected((4, 3)))
    params = deep.init(corr.root_key(0))
    other = peers.points_first(*POINTS, sorted(params))
    expected = losses.mean_squared_error(deep.apply, *POINTS)(params)
    np.testing.assert_allclose(float(other(params)), float(expected), rtol=1e-6)


def test_c_loop_walks_downhill_and_accepts_about_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shallow, and deep on more points than a tile holds; the losses it ends at are evaluated here."""
    shallow = (LOSS, START, POINTS)
    network = networks.functional(networks.FullyConnected((8, 8, 8)), variance="fan_in")
    fitted = data.symmetric_sine(101)
    deep = (losses.mean_squared_error(network.apply, *fitted), network.init(corr.root_key(0)), fitted)
    seen: list[Any] = []
    true_at = c_loop._at
    monkeypatch.setattr(c_loop, "_at", lambda array: seen.append(array) or true_at(array))
    for loss, start, points in (shallow, deep):
        seen.clear()
        loop = c_loop.c_loop("C", start, *points, mutation_std=1e-3, trajectories=4, steps=2000)
        if loop is None:
            pytest.skip("no C compiler here")
        loop.go()
        walked = np.concatenate([array for array in seen if array.dtype == np.float32 and array.ndim == 2])
        counts = np.concatenate([array for array in seen if array.dtype == np.int64])
        for flat in walked:
            assert float(loss(as_parameters(flat, start))) < 0.99 * float(loss(start))
        assert np.all((counts > 500) & (counts < 1300))


def as_parameters(flat: np.ndarray, like: Any) -> Any:
    """The loop's order: a, b, c; or layer by layer the kernel, then the bias."""
    if "a" in like:
        return dict(zip("abc", np.split(jnp.asarray(flat), 3), strict=True))
    made, at = {}, 0
    for name in sorted(like):
        made[name] = {}
        for part in ("kernel", "bias"):
            leaf = like[name][part]
            made[name][part] = jnp.asarray(flat[at : at + leaf.size]).reshape(leaf.shape)
            at += leaf.size
    return made


def test_contest_times_everyone_in_turns(capsys: pytest.CaptureFixture[str]) -> None:
    walk = corr.mutation(LOSS, mutation_std=1e-3)
    many: dict[str, Any] = {"trajectories": 4, "steps": 10}
    field = [
        engines.engine(sections.EXACT, walk, START, **many),
        engines.drawing(sections.DRAWING, START, mutation_std=1e-3, **many),
        peers.plain_vmap(sections.VMAP, LOSS, START, mutation_std=1e-3, **many),
        peers.blackjax_walk("blackjax", LOSS, START, mutation_std=1e-3, **many),
        peers.numpy_loop("NumPy", START, *POINTS, mutation_std=1e-3, steps=10),
    ]
    timings = contest.contest(field, 3, "test")
    assert [one.name for one in timings] == [one.name for one in field]
    assert all(len(one.microseconds) == 3 and one.median == sorted(one.microseconds)[1] for one in timings)
    bench.show("a section", timings)
    assert "blackjax" in capsys.readouterr().out


def test_each_size_is_compared_with_the_loop_of_its_own() -> None:
    def timing(name: str, *microseconds: float) -> contest.Timing:
        return contest.Timing(name, 1, 0.0, microseconds)

    timings = [
        timing("N = 90", 4.0, 8.0, 9.0), timing("C loop, N = 90", 2.0, 4.0, 3.0), timing("N = 300", 20.0, 20.0, 30.0),
        timing("C loop, N = 300", 10.0, 20.0, 10.0), timing("drawing, N = 300", 5.0, 5.0, 3.0),
    ]  # fmt: skip
    small, _, large, *_ = (bench.compared(one, timings) for one in timings)
    assert small == {"to the C loop": (2.0, 2.0, 3.0)}
    assert large == {"to the C loop": (2.0, 1.0, 3.0), "of drawing": (0.25, 0.1, 0.25)}


def test_figure_is_drawn_from_the_json(tmp_path: Path) -> None:
    rows = [
        {"name": name, "median": 1.0, "microseconds": [0.9, 1.0, 1.2]}
        for name in ("1 devices", "N = 20: shallow", "C loop, K = 20", "drawing, N = 20: shallow", "K = 100")
    ]
    (tmp_path / "bench.json").write_text(json.dumps({section: rows for section, _, _ in PANELS.values()}))
    draw_bench(tmp_path / "bench.json")
    assert (tmp_path / "bench.pdf").stat().st_size > 1000
    assert {section for section, _, _ in PANELS.values()} <= {*sections.SECTIONS}


def test_absent_device_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no gpu here: JAX sees cpu"):
        bench.bench(tmp_path, repeats=1, device="gpu")
