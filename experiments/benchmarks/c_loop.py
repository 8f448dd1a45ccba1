"""The C loop, compiled on the spot."""

import ctypes
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ..running.machine import cores
from .contest import Contestant

SOURCE = Path(__file__).with_name("loop.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", "-shared", "-fPIC")


def c_loop(
    name: str, params: Any, points: Any, targets: Any, *, mutation_std: float, trajectories: int, steps: int
) -> Contestant | None:
    """The loop on every core, one thread each, for a shallow or a deep network; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "loop.so"
        subprocess.run([compiler, *FLAGS, str(SOURCE), "-o", str(library), "-lm"], check=True, capture_output=True)
        walk = ctypes.CDLL(str(library)).walk
    flat, units, layers = _flat(params)
    x, y = (np.ascontiguousarray(np.asarray(array)[0], np.float32) for array in (points, targets))
    parts = [np.tile(flat, (len(part), 1)) for part in np.array_split(np.arange(trajectories), cores())]
    accepted = [np.zeros(len(part), np.int64) for part in parts]
    pool = ThreadPoolExecutor(cores())
    sizes = [ctypes.c_int(number) for number in (steps, len(flat), units, layers, len(x))]

    def one(number: int) -> None:
        part, count = parts[number], accepted[number]
        scale, seed = ctypes.c_float(mutation_std), ctypes.c_uint64(number + 1 + int(count.sum()))
        walk(_at(part), _at(count), ctypes.c_int(len(part)), *sizes, _at(x), _at(y), scale, seed)

    def go() -> None:
        list(pool.map(one, range(cores())))

    return Contestant(name, trajectories, steps, go)


def _flat(params: Any) -> tuple[np.ndarray, int, int]:
    """Parameters as the loop wants them, units of a layer, and number of hidden layers, 0 for the shallow network."""
    if "a" in params:
        return np.concatenate([np.asarray(params[key], np.float32) for key in "abc"]), len(params["a"]), 0
    layers = [params[name] for name in sorted(params)]
    parts = [np.ravel(np.asarray(layer[key], np.float32)) for layer in layers for key in ("kernel", "bias")]
    return np.concatenate(parts), len(layers[0]["bias"]), len(layers) - 1


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)
