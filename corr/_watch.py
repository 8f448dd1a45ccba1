"""What a run says of itself while there is still time: nothing accepted, nothing finite, a kept loss that drifts."""

import jax.numpy as jnp
import numpy as np

from ._told import warn
from ._types import Dynamics
from .ensemble import Snapshot

ENOUGH = 1000
EVALUATION = 16  # roundings of a sum over 2^16 data points by halving


class Watch:
    """Looks at snapshots as they come and warns once of each cause.

    Args:
        dynamics: what runs.
        steps: the last step.
        refresh_every: steps between two rebuilds of the kept loss.
    """

    def __init__(self, dynamics: Dynamics, steps: int, refresh_every: int):
        self._decides, self._steps, self._refresh = dynamics.accept is not None, steps, refresh_every
        self._last = self._proposals = self._accepted = self._nonfinite = 0
        self._judged = self._drifted = False
        self._largest = 0.0

    @property
    def waiting(self) -> bool:
        """Whether too few proposals were seen to judge."""
        return not self._judged

    def resume(self, step: int, losses: np.ndarray, acceptance: np.ndarray) -> None:
        """Count from this recorded step on; losses and acceptance are those recorded so far, time last."""
        self._last, self._largest = step, _size(losses)
        # The few steps that may be left of a run say less than those before.
        self._judged = bool(np.any(acceptance > 0) and np.any(np.isfinite(losses[..., 1:])))

    def add(self, snapshot: Snapshot) -> None:
        """Take in a recorded snapshot."""
        self.look(snapshot)
        self._proposals, self._accepted, self._nonfinite = self._totals(snapshot)
        self._last = snapshot.step

    def look(self, snapshot: Snapshot) -> None:
        """Judge what a snapshot shows, recorded or not."""
        proposals, accepted, nonfinite = self._totals(snapshot)
        if not self._judged and (proposals >= ENOUGH or snapshot.step == self._steps) and proposals:
            self._judged = True
            self._warn_if_stuck(proposals, accepted, nonfinite)
        if not self._drifted and len(snapshot.state.loss):
            self._drifted = self._warn_if_drifting(snapshot)

    def _totals(self, snapshot: Snapshot) -> tuple[int, int, int]:
        counts, steps = snapshot.counts, snapshot.step - self._last
        return (
            self._proposals + steps * len(counts.accepted),
            self._accepted + int(np.sum(counts.accepted)),
            self._nonfinite + int(np.sum(counts.nonfinite)),
        )

    def _warn_if_stuck(self, proposals: int, accepted: int, nonfinite: int) -> None:
        if nonfinite == proposals:
            what = "had a finite loss"
            cause = "the loss is not defined around the start (log of a negative number, overflow): use smaller steps"
        elif self._decides and not accepted:
            what = "was accepted"
            cause = f"{nonfinite} were not finite; mutation_std is far too large here, or the start is a minimum"
        else:
            return
        noun = "proposals" if self._decides else "steps"
        warn(f"none of the first {proposals} {noun} {what}: {cause}", stacklevel=4)

    def _warn_if_drifting(self, snapshot: Snapshot) -> bool:
        """Kept losses may be off by one rounding per step since they were rebuilt, evaluations by a few themselves."""
        self._largest = max(self._largest, _size(np.asarray(snapshot.state.loss, float)))
        drift = float(np.max(snapshot.counts.drift))
        eps = float(jnp.finfo(snapshot.state.loss.dtype).eps)
        allowed = (self._refresh + EVALUATION) * eps * self._largest
        if drift <= allowed:
            return False
        warn(
            f"the kept loss drifted by {drift:.2g} from a fresh evaluation in {self._refresh} steps, expected at most"
            f" {allowed:.2g} from rounding: the change of the loss is not exact; use a smaller refresh_every, float64,"
            " or exact=False",
            stacklevel=5,
        )
        return True


def _size(losses: np.ndarray) -> float:
    return float(np.max(np.abs(losses), where=np.isfinite(losses), initial=0))
