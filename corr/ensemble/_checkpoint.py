"""Checkpoints of a run: written by orbax, sealed with checksums, the last two kept.

A checkpoint is made in a hidden folder and renamed once it is whole, so a process killed at any moment leaves either
the old set of checkpoints or the new one. Orbax detects a missing file but not a changed byte, hence the checksums.
"""

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from .._fingerprint import differences

KEPT = 2
SEAL = "seal.json"
CURE = "give another checkpoint folder, or move this one aside to start over"

Arrays = Mapping[str, np.ndarray]


class CheckpointError(ValueError):
    """A checkpoint could not be written, or belongs to another run."""


class Checkpoints:
    """The checkpoints of one run in one folder.

    Args:
        folder: where, made if missing.
        identity: ``step -> plain numbers and texts``, what fixes the run before this step; a checkpoint with others is
            refused.

    Example:
        >>> import tempfile
        >>> saved = Checkpoints(Path(tempfile.mkdtemp()), lambda step: {"trajectories": 2})
        >>> saved.save(100, {"loss": np.ones(2)})
        >>> step, arrays = saved.newest()
        >>> step, arrays["loss"].tolist()
        (100, [1.0, 1.0])
    """

    def __init__(self, folder: Path, identity: Callable[[int], Mapping[str, Any]]):
        self.folder = folder.absolute()
        self._identity = identity

    def save(self, step: int, arrays: Arrays) -> None:
        """Write one checkpoint and drop the oldest.

        Raises:
            CheckpointError: if it cannot be written, on a full disk for example; the others stay intact.
        """
        partial = self.folder / ".partial"
        target = self.folder / f"{step:012d}"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _write(partial / "arrays", {name: array for name, array in arrays.items() if np.size(array)})
            shapes = {name: [str(array.dtype), list(np.shape(array))] for name, array in arrays.items()}
            seal = {"identity": self._identity(step), "shapes": shapes, "checksums": _checksums(partial)}
            (partial / SEAL).write_text(json.dumps(seal | {"checksum": _checksum(seal)}), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            os.replace(partial, target)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            left = self._steps()
            kept = f"the checkpoint at step {left[-1]} is intact" if left else "there was none before it"
            raise CheckpointError(
                f"could not write the checkpoint at step {step} in {self.folder} ({_cause(error)}); {kept}:"
                " make room and run the same command again to go on"
            ) from error
        for old in self._steps()[:-KEPT]:
            shutil.rmtree(self.folder / f"{old:012d}")

    def newest(self) -> tuple[int, dict[str, np.ndarray]] | None:
        """(step, arrays) of the newest undamaged checkpoint, with a warning for each damaged one; None without any.

        Raises:
            CheckpointError: if it belongs to a run with other settings, naming them.
        """
        for step in reversed(self._steps()):
            place = self.folder / f"{step:012d}"
            try:
                seal = self._seal(place)
                if _checksums(place) != seal["checksums"]:
                    raise ValueError("checksums differ")
                arrays = _read(place / "arrays")
            except CheckpointError:
                raise
            except Exception as error:
                warnings.warn(
                    f"the checkpoint {place} is damaged ({_cause(error)}): going on from the one before",
                    UserWarning,
                    stacklevel=2,
                )
                continue
            self._check(step, seal["identity"])
            return step, {
                name: arrays[name] if name in arrays else np.zeros(shape, dtype)
                for name, (dtype, shape) in seal["shapes"].items()
            }
        return None

    def check(self, unknown: Container[str] = ()) -> tuple[int, dict[str, Any]] | None:
        """(step, shapes by name) of the newest checkpoint that says what it is of, None without any; changes nothing.

        Raises:
            CheckpointError: if it belongs to a run with other settings, but for those ``unknown``.
        """
        for step in reversed(self._steps()):
            try:
                seal = self._seal(self.folder / f"{step:012d}")
                identity, shapes = seal["identity"], seal["shapes"]
            except CheckpointError:
                raise
            except (OSError, ValueError, KeyError):
                continue  # damaged: ``newest`` says so
            self._check(step, identity, unknown)
            return step, shapes
        return None

    def _steps(self) -> list[int]:
        return sorted(int(place.name) for place in self.folder.glob("[0-9]*") if place.name.isdigit())

    def _seal(self, place: Path) -> dict[str, Any]:
        seal = json.loads((place / SEAL).read_text(encoding="utf-8"))
        if "checksum" not in seal:
            raise CheckpointError(
                f"{self.folder} holds checkpoints of an earlier version, saved without the checksum of what fixes their"
                f" numbers, so they cannot be told from those of another run: {CURE}"
            )
        if seal.pop("checksum") != _checksum(seal):
            raise ValueError("the seal's own checksum differs")
        return seal

    def _check(self, step: int, saved: Mapping[str, Any], unknown: Container[str] = ()) -> None:
        asked = json.loads(json.dumps(self._identity(step)))
        before, now = ({name: one for name, one in facts.items() if name not in unknown} for facts in (saved, asked))
        differ = differences(before, now)
        if differ:
            raise CheckpointError(f"{self.folder} holds checkpoints of another run ({'; '.join(differ)}): {CURE}")


def _checkpointer() -> Any:
    """Orbax for this process alone: processes share no trajectories, so none waits for another."""
    import orbax.checkpoint as ocp

    me = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=me, active_processes={me}, barrier_sync_key_prefix=f"process_{me}"
    )
    return ocp.Checkpointer(ocp.PyTreeCheckpointHandler(multiprocessing_options=alone), multiprocessing_options=alone)


def _write(place: Path, arrays: Arrays) -> None:
    with _checkpointer() as checkpointer:
        checkpointer.save(place, dict(arrays))


def _read(place: Path) -> dict[str, np.ndarray]:
    with _checkpointer() as checkpointer:
        return {name: np.asarray(array) for name, array in checkpointer.restore(place).items()}


def _checksum(seal: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(seal, sort_keys=True).encode()).hexdigest()


def _checksums(place: Path) -> dict[str, str]:
    files = sorted(file for file in place.rglob("*") if file.is_file() and file.name != SEAL)
    return {str(file.relative_to(place)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else 'no message'}"
