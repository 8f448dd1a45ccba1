"""``corr bench``: how fast the engine is beside its peers, all measured in one run."""

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

import corr
from corr import data, losses, networks
from corr.ensemble import fastest_block
from corr.results import make_writable, write_json
from paper_figs.bench import draw_bench

from ..problems.sines import shallow_sine
from ..running.machine import cores
from .c_loop import c_loop
from .contest import Timing, contest
from .engines import engine
from .peers import blackjax_walk, numpy_loop, plain_vmap, points_first

PACKAGES = ("jax", "jaxlib", "numpy", "blackjax")
SHALLOW_STD, DEEP_STD = 2.5e-5, 1e-5
C_LOOP, EXACT, VMAP = "C loop (plain losses, own normals)", "engine, exact change (default)", "plain vmap"
TUNED = "plain vmap, points last"


def bench(output: Path, *, repeats: int, device: str, say: Callable[[str], None] = print) -> Path:
    """Measure everything, print tables, write ``bench.json`` and a figure.

    Args:
        output: folder for the files, made if missing.
        repeats: measurements of each contestant, in turns.
        device: ``cpu`` or ``gpu``.
        say: called with one line of text at a time.

    Returns:
        The JSON file.

    Raises:
        ValueError: if this machine has no such device, or the folder cannot be written.
    """
    present = sorted({one.platform for one in jax.devices()})
    if device not in present:
        raise ValueError(f"there is no {device} here: JAX sees {', '.join(present)}")
    make_writable(output)
    jax.config.update("jax_enable_compilation_cache", False)
    results: dict[str, Any] = {"machine": machine()}
    say(f"{results['machine']['device']}, {results['machine']['cores']} cores, XLA_FLAGS {os.environ.get('XLA_FLAGS')}")
    for title, measure in SECTIONS.items():
        timings = measure(repeats)
        results[title] = [{**one._asdict(), "median": one.median} for one in timings]
        show(title, timings)
    write_json(output / "bench.json", results)
    draw_bench(output / "bench.json")
    return output / "bench.json"


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "device": f"{jax.devices()[0].device_kind} x {jax.device_count()}",
        "processor": platform.processor() or platform.machine(),
        "cores": cores(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
    }


def shallow(repeats: int) -> list[Timing]:
    """Figure 1's network, 1000 trajectories, against everything."""
    problem = shallow_sine()
    params = problem.init(corr.root_key(0))
    points, targets = data.sine(1000)
    scale: dict[str, Any] = {"mutation_std": SHALLOW_STD}
    walk = corr.mutation(problem.loss, **scale)
    plain = corr.mutation(problem.loss, **scale, exact=False)
    twin = corr.langevin(problem.loss, time_step=1e-3, moments=corr.paper_moments(step_time=1e-5))
    usual = points_first(points, targets, ())
    many, few = {"trajectories": 1000, "steps": 250}, {"trajectories": 1000, "steps": 50}
    field = [
        c_loop(C_LOOP, params, points, targets, **scale, **many),
        engine(EXACT, walk, params, **many),
        engine("engine, plain values", plain, params, **many),
        engine("engine, noisy twin (gradient)", twin, params, **many),
        plain_vmap(VMAP, usual, params, **scale, **few),
        plain_vmap(TUNED, problem.loss, params, **scale, **few),
        blackjax_walk("blackjax random walk", usual, params, **scale, **few),
        blackjax_walk("blackjax random walk, points last", problem.loss, params, **scale, **few),
        numpy_loop("NumPy loop, one chain", params, points, targets, **scale, steps=2000),
    ]
    return contest([one for one in field if one is not None], repeats, "shallow")


def deep(repeats: int) -> list[Timing]:
    """The paper's deep network (8 x 32, 1001 points), 100 trajectories."""
    network = networks.functional(networks.FullyConnected((32,) * 8), variance="fan_in")
    points, targets = data.symmetric_sine(1001)
    loss = losses.mean_squared_error(network.apply, points, targets)
    params = network.init(jax.random.key(0))
    usual = points_first(points, targets, sorted(params))
    exact = corr.mutation(loss, mutation_std=DEEP_STD)
    plain = corr.mutation(loss, mutation_std=DEEP_STD, exact=False)
    many, few = {"trajectories": 100, "steps": 100}, {"trajectories": 100, "steps": 20}
    field = [
        engine(EXACT, exact, params, **many, block_size=fastest_block(exact, params)),
        engine("engine, plain values", plain, params, **many, block_size=fastest_block(plain, params)),
        plain_vmap(VMAP, usual, params, mutation_std=DEEP_STD, **few),
        plain_vmap(TUNED, loss, params, mutation_std=DEEP_STD, **few),
    ]
    return contest(field, repeats, "deep")


def against_trajectories(repeats: int) -> list[Timing]:
    """Figure 1's network, exact change, from 8 to 4096 trajectories."""
    problem = shallow_sine()
    walk, params = corr.mutation(problem.loss, mutation_std=SHALLOW_STD), problem.init(corr.root_key(0))
    sizes = (8, 64, 512, 4096)
    field = [engine(str(n), walk, params, trajectories=n, steps=max(50, 131072 // n)) for n in sizes]
    return contest(field, repeats, "trajectories")


def against_units(repeats: int) -> list[Timing]:
    """Hidden units M (N = 3M parameters), 1000 points."""
    return _shallow_family([(units, 1000) for units in (10, 30, 100, 256)], "N = {0}", 3, repeats)


def against_points(repeats: int) -> list[Timing]:
    """Data points K, 30 hidden units."""
    return _shallow_family([(30, points) for points in (100, 300, 1000, 3000)], "K = {1}", 1, repeats)


def against_devices(repeats: int) -> list[Timing]:
    """Strong scaling: 256 trajectories on 1, 2, ... devices."""
    problem = shallow_sine()
    walk, params = corr.mutation(problem.loss, mutation_std=SHALLOW_STD), problem.init(corr.root_key(0))
    counts = sorted({1, *(2**k for k in range(1, 10) if 2**k <= jax.device_count()), jax.device_count()})
    field = [engine(f"{d} devices", walk, params, trajectories=256, steps=500, devices=d) for d in counts]
    return contest(field, repeats, "devices")


def _shallow_family(sizes: list[tuple[int, int]], name: str, factor: int, repeats: int) -> list[Timing]:
    field = []
    for units, points in sizes:
        network = networks.functional(networks.Shallow(units))
        loss = losses.mean_squared_error(network.apply, *data.sine(points))
        walk = corr.mutation(loss, mutation_std=SHALLOW_STD)
        steps = max(50, 15_000_000 // (units * points))
        label = name.format(factor * units, points)
        field.append(engine(label, walk, network.init(jax.random.key(0)), trajectories=64, steps=steps))
    return contest(field, repeats, name.split(" ", maxsplit=1)[0])


SECTIONS: dict[str, Callable[[int], list[Timing]]] = {
    "shallow network, 1000 trajectories": shallow,
    "deep network, 100 trajectories": deep,
    "number of trajectories": against_trajectories,
    "number of parameters": against_units,
    "number of data points": against_points,
    "devices": against_devices,
}


def show(title: str, timings: list[Timing]) -> None:
    """Print one section as a table: medians, spread, and ratios to the C loop and to plain vmap where they ran."""
    from rich.console import Console
    from rich.table import Table

    medians = {one.name: one.median for one in timings}
    table = Table(title=title, title_justify="left")
    for head in ("", "µs per step and trajectory", "range", "first call, s", "/ C loop", "vmap /"):
        table.add_column(head, justify="left" if not head else "right", no_wrap=not head)
    for one in timings:
        spread = f"{min(one.microseconds):.3g}-{max(one.microseconds):.3g}"
        to_c = f"{one.median / medians[C_LOOP]:.2f}" if C_LOOP in medians else ""
        to_vmap = f"{medians[VMAP] / one.median:.2f}" if VMAP in medians else ""
        table.add_row(one.name, f"{one.median:.3g}", spread, f"{one.first_call:.1f}", to_c, to_vmap)
    Console(width=110).print(table)
    if title.startswith("shallow") and C_LOOP not in medians:
        print("no C compiler here (cc or gcc): the C loop was left out")
