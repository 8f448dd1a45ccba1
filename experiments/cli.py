"""The entry point of ``corr``: what every command does on a signal, an error, or a stream that takes no more."""

import os
import signal
import sys
import warnings
from importlib.metadata import version
from typing import Any

DISTRIBUTION = "neuroevolution-correspondence"
FAILED, SIGNALLED, PIPE_CLOSED = 2, 128, 13  # SIGPIPE is 13, on Windows as well, where it has no name


def main(args: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _prepare_streams()
    usual, warnings.formatwarning = warnings.formatwarning, _one_line
    try:
        try:
            return _guarded(args)
        finally:
            warnings.formatwarning = usual
            sys.stdout.flush()
    except OSError as error:
        # Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return SIGNALLED + PIPE_CLOSED
        return _failed(f"cannot write to standard output ({error.strerror})")


def _guarded(args: list[str] | None) -> int:
    try:
        if (sys.argv[1:] if args is None else args) == ["--version"]:
            print(f"corr {version(DISTRIBUTION)}")
            return 0
        # Imports take seconds, in which a signal is answered like any other.
        from .commands.line import invoke

        return invoke(args)
    except BrokenPipeError:
        raise
    except (ValueError, TypeError) as error:
        return _failed(str(error))
    except OSError as error:
        place = "" if error.filename is None else f" {error.filename}"
        return _failed(f"cannot read or write{place}: {error.strerror or error}")
    except KeyboardInterrupt as stop:
        # CPython dies of a signal that fell into an exec, as imports have many, unless a later exec ends well.
        exec("")
        reason = str(stop) or "finished runs are saved, and the one under way to its last checkpoint"
        print(f"interrupted: {reason}; run the same command again to go on", file=sys.stderr)
        return SIGNALLED + getattr(stop, "signal", signal.SIGINT)


def _failed(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return FAILED


def _one_line(message: Warning | str, *place: Any) -> str:
    return f"warning: {message}\n"


def _prepare_streams() -> None:
    """A stream that cannot show a symbol shows a question mark; one that is closed takes everything."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
