"""One run at a time in a folder, in this process and in others."""

import errno
import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from ._error import ResultError
from ._files import reason, writing

# Errors of a lock on file systems that have none, such as some network file systems.
WITHOUT_LOCKS = {getattr(errno, name) for name in ("ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOLCK") if hasattr(errno, name)}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold ``folder``, which need not exist, for one run; where the file system has no locks, warn and go on.

    Two files beside the folder carry the lock, ``.NAME.lock``, and who holds it, ``.NAME.holder``: a locked file cannot
    be read on Windows.

    Args:
        folder: what is held.

    Raises:
        ResultError: if another run holds it, in this process or another, or its parent cannot be written.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp()) / "run"
        >>> with locked(place), locked(place):  # doctest: +ELLIPSIS
        ...     pass
        Traceback (most recent call last):
            ...
        corr.results._error.ResultError: another run (pid ...) is going on in ...run: wait for it, or choose
        another folder
    """
    lock, holder = (folder.with_name(f".{folder.name}.{ending}") for ending in ("lock", "holder"))
    one = filelock.FileLock(lock)
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            one.acquire(blocking=False)
        except filelock.Timeout as error:
            gone = f"; if it is gone, delete {lock}" if isinstance(one, filelock.SoftFileLock) else ""
            raise ResultError(
                f"another run ({_name(holder)}) is going on in {folder}: wait for it, or choose another folder{gone}"
            ) from error
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            warnings.warn(
                f"the file system of {folder} has no locks ({reason(error)}): make sure that no other run uses it",
                UserWarning,
                stacklevel=4,
            )
    try:
        with suppress(OSError):
            holder.write_text(f"pid {os.getpid()} on {platform.node()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        one.release()


def _name(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:
        return "unknown"
