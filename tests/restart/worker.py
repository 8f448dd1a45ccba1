"""One process that runs a small ensemble with checkpoints; tests start, signal and kill it."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np

import corr

STEPS, TRAJECTORIES = 6000, 13


def problem() -> tuple[corr.Dynamics, object]:
    network = corr.networks.functional(corr.networks.Shallow(5))
    loss = corr.losses.mean_squared_error(network.apply, *corr.data.sine(40))
    return corr.mutation(loss, mutation_std=1e-3), network.init(jax.random.key(0))


def look(params: Any) -> dict[str, Any]:
    """A number and an array of every trajectory, which processes bring together too."""
    return {"seen": jax.numpy.sum(params["a"] ** 2), "seen_array": params["b"]}


def main(args: argparse.Namespace) -> int:
    jax.config.update("jax_num_cpu_devices", args.devices)
    jax.config.update("jax_compilation_cache_dir", args.cache)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    if args.coordinator:
        jax.distributed.initialize(args.coordinator, args.processes, args.process_id, heartbeat_timeout_seconds=10)
    walk, start = problem()
    try:
        result = corr.run(
            walk,
            start,
            steps=args.steps,
            trajectories=args.trajectories,
            key=corr.root_key(args.seed),
            record_at=range(0, args.steps, args.steps // 6),
            refresh_every=100,
            checkpoint=args.checkpoint,
            checkpoint_every=args.every,
            check=lambda step, params: print(f"saved {step}", flush=True),
            progress=False,
            observe=look,
        )
    except corr.Interrupted as stop:
        print(stop, flush=True)
        return 128 + stop.signal
    except ValueError as error:
        print(f"error: {error}", flush=True)
        return 2
    if jax.process_index() == 0:
        np.savez(args.out, **{name: result[name].values for name in result.variables})
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--every", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--trajectories", type=int, default=TRAJECTORIES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--coordinator")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--process-id", type=int)
    sys.exit(main(parser.parse_args()))
