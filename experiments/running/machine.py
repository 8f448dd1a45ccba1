"""What the command line sets before JAX starts: devices, vector width, compilation cache."""

import json
import os
import platform
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

APPLICATION = "neuroevolution-correspondence"
VECTOR_FLAG = "--xla_cpu_prefer_vector_width=512"
TESTED_JAXLIB = ("0.10.",)
HEARTBEAT = 30


def cache_folder() -> Path:
    """The user's cache folder for this application."""
    return platformdirs.user_cache_path(APPLICATION, appauthor=False)


def read_cache(name: str) -> dict[str, Any]:
    """What a file of the cache holds; nothing where it is missing or damaged."""
    try:
        found = json.loads((cache_folder() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_cache(name: str, content: dict[str, Any]) -> None:
    """Keep it for the next time, where the cache can be written."""
    from corr.results import ResultError, write_json  # brings JAX, which reading does without

    with suppress(OSError, ResultError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        write_json(cache_folder() / name, content)


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_name() -> str:
    """What fixes how long things take, as far as it is known without JAX: processor, cores, devices asked for, JAX."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    asked = (os.environ.get(name, "") for name in ("JAX_PLATFORMS", "JAX_NUM_CPU_DEVICES"))
    kind = model or platform.processor() or platform.machine()
    return ", ".join([kind, f"{cores()} cores", f"jax {version('jax')}", *filter(None, asked)])


def join(options: Any) -> bool:
    """Join the group of processes that the options name; True in the first process, or where there is no group.

    A process that dies ends the others with an error within ``HEARTBEAT`` seconds; their checkpoints stay.

    Raises:
        ValueError: if only some of the group's options are given, or there is no such group.
    """
    import jax

    named = (options.coordinator, options.processes, options.process_id)
    given = [value is not None for value in named]
    if any(given) and not all(given):
        raise ValueError("--coordinator, --processes and --process-id belong together: give all three or none")
    if any(given) or options.distributed:
        try:
            jax.distributed.initialize(*named, heartbeat_timeout_seconds=HEARTBEAT)
        except (ValueError, RuntimeError, LookupError) as error:
            raise ValueError(
                f"could not join a group of processes ({error}): --distributed alone needs SLURM, Open MPI or a TPU pod"
                " to start it; elsewhere give --coordinator HOST:PORT, --processes and --process-id"
            ) from error
    return jax.process_index() == 0


def prepare() -> None:
    """One CPU device per core, 512-bit vectors, compiled programs kept; without effect once JAX runs.

    An unknown name in XLA_FLAGS aborts the process, so the flag is set only for versions of jaxlib it was tested with.
    """
    import jax

    devices = int(os.environ.get("JAX_NUM_CPU_DEVICES") or cores())
    try:
        jax.config.update("jax_num_cpu_devices", devices)
    except RuntimeError:  # JAX has devices already, and reads XLA_FLAGS no more
        return
    flags = os.environ.get("XLA_FLAGS", "")
    if version("jaxlib").startswith(TESTED_JAXLIB) and "prefer_vector_width" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {VECTOR_FLAG}".strip()
    jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
