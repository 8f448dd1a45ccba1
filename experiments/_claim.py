"""One process, or one group of processes, at a time in a result folder."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import jax

from corr._lock import locked
from corr._storage import claim_folder, read_manifest


@contextmanager
def claimed(folder: Path, configuration: dict[str, Any], *, fresh: bool) -> Iterator[bool]:
    """Hold ``folder`` for a run of this configuration; gives whether the run is finished already.

    Of several processes the first one claims the folder and the others wait for it.

    Raises:
        ResultError: if another run holds the folder, or it holds another configuration.
    """
    with locked(folder) if jax.process_index() == 0 else nullcontext():
        finished = jax.process_index() == 0 and claim_folder(folder, configuration, fresh=fresh)
        if jax.process_count() > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices(f"claimed {folder.name}")
            finished = read_manifest(folder) is not None
        yield finished
