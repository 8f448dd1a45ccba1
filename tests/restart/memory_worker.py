"""One process that runs Figure 1's network on few points and prints its peak resident memory in bytes."""

import argparse
import os
import re
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np

import corr
from corr import data, losses, networks
from corr.experiments.problems.sines import SHALLOW_UNITS, VARIANCE

POINTS = 50  # what is kept of a step does not depend on them


def main(args: argparse.Namespace) -> None:
    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_compilation_cache_dir", args.cache)
    network = networks.functional(networks.Shallow(SHALLOW_UNITS), variance=VARIANCE)
    few = losses.mean_squared_error(network.apply, *data.sine(POINTS))
    walk = corr.mutation(few, mutation_std=2.5e-5)
    marks = np.linspace(0, args.steps, 101).astype(int)[:-1].tolist()
    result = corr.run(
        walk,
        network.init(corr.root_key(0)),
        steps=args.steps,
        trajectories=args.trajectories,
        key=corr.root_key(0),
        record_at=marks,
        progress=False,
    )
    assert result.sizes["time"] == 101
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    print("peak", 1024 * int(found[1]), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--trajectories", type=int, default=4096)
    main(parser.parse_args())
