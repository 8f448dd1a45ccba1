"""What a command is asked to do, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Precision = Literal["float32", "float64"]
NUMBERS = ("seed", "start_seed", "trajectories", "precision")
CLOCK = ("sigma", "step_ratio", "alpha", "beta")


@dataclass(frozen=True)
class Options:
    """What the command line may change."""

    preset: str = "quick"
    output: Path = Path("results")
    seed: int = 0
    start_seed: int | None = None
    data: Path | None = None
    trajectories: int | None = None
    devices: int | None = None
    block_size: int | None = None
    sigma: float | None = None
    step_ratio: float | None = None
    alpha: float | None = None
    beta: float | None = None
    precision: Precision = "float32"
    checkpoint_every: float = 60.0
    fresh: bool = False

    @property
    def start(self) -> int:
        """Seed of the start parameters."""
        return self.seed if self.start_seed is None else self.start_seed

    def changed(self, names: Iterable[str]) -> dict[str, Any]:
        """Which of these are not as they are by default."""
        return {name: value for name in names if (value := getattr(self, name)) != getattr(Options, name)}

    @property
    def place(self) -> Path:
        """``OUTPUT/PRESET``, where results lie."""
        return self.output / self.preset
