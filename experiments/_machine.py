"""What the command line sets before JAX starts: devices, vector width, compilation cache."""

import os
import sys
from pathlib import Path

APPLICATION = "neuroevolution-correspondence"
VECTOR_FLAG = "--xla_cpu_prefer_vector_width=512"
TESTED_JAXLIB = ("0.10.",)


def cache_folder() -> Path:
    """The user's cache folder for this application."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / APPLICATION


def prepare() -> None:
    """One CPU device per core, 512-bit vectors, compiled programs kept; without effect once JAX has started.

    An unknown name in XLA_FLAGS aborts the process, so the flag is set only for versions of jaxlib it was tested with.
    """
    from importlib.metadata import version

    if "jax" in sys.modules:
        return
    flags = os.environ.get("XLA_FLAGS", "")
    if version("jaxlib").startswith(TESTED_JAXLIB) and "prefer_vector_width" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {VECTOR_FLAG}".strip()
    import jax

    jax.config.update("jax_num_cpu_devices", len(os.sched_getaffinity(0)))
    jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
