"""What is wrong with a folder of results, and what mends it."""

from pathlib import Path

MISSING, UNFINISHED, DAMAGED = "missing", "unfinished", "damaged"
CURES = {
    MISSING: "run it first, or save a comparison there with corr.save_run",
    UNFINISHED: "run it again, it goes on",
    DAMAGED: "move the folder aside and run it again",
}


class ResultError(ValueError):
    """A results folder is missing, incomplete, damaged, in use, not writable, or holds another configuration.

    Attributes:
        said: what is wrong.
        folder: where, None where no folder of results is meant.
        kind: ``MISSING``, ``UNFINISHED`` or ``DAMAGED`` where running again mends it, else empty; a command that knows
            how it was run then says how, in place of the general cure.
    """

    def __init__(self, said: str, folder: Path | None = None, kind: str = ""):
        super().__init__(f"{said}: {CURES[kind]}" if kind else said)
        self.said, self.folder, self.kind = said, folder, kind
