"""What classifier and regressor share: their parameters, and training by ``corr.fit``."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._checks import check_count, real_number
from .._fit import Fit, fit
from .._keys import Stream, root_key, trajectory_key
from ..losses import l2, mean, total
from ..losses._classification import Pointwise
from ..networks import FullyConnected, Network, functional
from ._methods import METHODS

Quality = Callable[[jax.Array, jax.Array], jax.Array]
LARGEST_SEED = 2**31 - 1


class Trained(BaseEstimator):
    """A fully connected network that is trained by one of ``METHODS``."""

    n_features_in_: int
    _outputs: int

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        *,
        method: str = "mutation",
        mutation_std: float = 0.01,
        beta: float = math.inf,
        steps: int = 5000,
        activation: str = "tanh",
        l2: float = 0.0,
        validation_share: float = 0.0,
        patience: int | None = None,
        look_every: int | None = None,
        random_state: Any = None,
        progress: bool = False,
        checkpoint: Path | str | None = None,
    ):
        self.hidden = hidden
        self.method = method
        self.mutation_std = mutation_std
        self.beta = beta
        self.steps = steps
        self.activation = activation
        self.l2 = l2
        self.validation_share = validation_share
        self.patience = patience
        self.look_every = look_every
        self.random_state = random_state
        self.progress = progress
        self.checkpoint = checkpoint

    def _checked_method(self) -> Callable[..., Any]:
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {self.method!r}")
        share = real_number("validation_share", self.validation_share)
        if not 0 <= share < 1:
            raise ValueError(f"validation_share must lie in [0, 1), got {self.validation_share}")
        if share == 0 and self.patience is not None:
            raise ValueError("patience waits for the validation loss: give a validation_share above 0 beside it")
        return METHODS[self.method]

    def _network(self) -> Network:
        widths = tuple(check_count("a width in hidden", width) for width in self.hidden)
        module = FullyConnected(widths, inputs=self.n_features_in_, outputs=self._outputs, activation=self.activation)
        return functional(module, variance="glorot")

    def _train(
        self, rows: np.ndarray, targets: np.ndarray, pointwise: Pointwise, *, goes_on: bool,
        weights: np.ndarray | None = None, quality: Quality | None = None,
    ) -> None:  # fmt: skip
        """Train on points in rows and targets with the points last; keep the best weights and the curves."""
        make = self._checked_method()
        begins = not (goes_on and hasattr(self, "params_"))
        if begins:
            self._seed, self._fits = int(check_random_state(self.random_state).randint(LARGEST_SEED)), 0
        key = trajectory_key(root_key(self._seed), Stream.CUSTOM, self._fits)
        net = self._network()
        kept, tested = self._parts(targets, self._seed + self._fits)
        points, given = jnp.asarray(rows.T, jnp.result_type(float)), jnp.asarray(targets)

        def part(which: np.ndarray) -> Callable[..., jax.Array]:
            chosen = None if weights is None else jnp.asarray(weights[which], points.dtype)
            return mean(pointwise, net.apply, points[:, which], given[..., which], weights=chosen)

        def observe(params: Any) -> dict[str, jax.Array]:
            looked, name = (tested, "validation_") if len(tested) else (kept, "")
            seen = {name + "loss": part(tested)(params)} if len(tested) else {}
            if quality is not None:
                seen[f"{name}{quality.__name__}"] = quality(net.apply(params, points[:, looked]), given[looked])
            return seen

        first = jax.jit(net.init)(trajectory_key(key, Stream.START, 0))
        start = first if begins else jax.tree.map(jnp.asarray, self.params_)
        found: Fit = fit(
            make(total(part(kept), l2(self.l2)), self.mutation_std, self.beta),
            start, steps=self.steps, key=key, look_every=self.look_every,
            observe=observe if len(tested) or quality is not None else None,
            monitor="validation_loss" if len(tested) else "loss", patience=self.patience, progress=self.progress,
            label=self.method, checkpoint=None if self.checkpoint is None else Path(self.checkpoint) / str(self._fits),
        )  # fmt: skip
        self.params_ = jax.tree.map(np.asarray, found.params)
        self.curves_, self.best_step_, self.stopped_ = found.curves, found.step, found.stopped
        self._fits += 1

    def _parts(self, targets: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the points to learn from and of those to validate on."""
        every = np.arange(targets.shape[-1])
        if not self.validation_share:
            return every, every[:0]
        labels = targets if targets.ndim == 1 else None
        parts: Any = train_test_split(every, test_size=self.validation_share, stratify=labels, random_state=seed)
        return parts[0], parts[1]

    def _outputs_for(self, X: Any) -> np.ndarray:
        """Outputs of the network, (points, outputs)."""
        check_is_fitted(self, "params_")
        rows: Any = validate_data(self, X, reset=False)
        outputs = jax.jit(self._network().apply)(self.params_, jnp.asarray(rows.T, jnp.result_type(float)))
        return np.asarray(outputs.T)
