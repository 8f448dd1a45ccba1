"""What classifier and regressor share: their parameters, and training by ``corr.fit``."""

import math
import numbers
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._checks import check_beta, check_count, real_number
from .._fit import Fit, fit
from .._keys import Stream, root_key, trajectory_key
from .._told import warn
from ..losses import l2, mean, total
from ..losses._classification import Pointwise
from ..networks import FullyConnected, functional
from ._methods import METHODS

Quality = Callable[[Callable[..., jax.Array], jax.Array, jax.Array], Callable[[Any], jax.Array]]
LARGEST_SEED = 2**31 - 1
LOST = 0.01  # rounding of a feature, as a share of its standard deviation, from which on it is spoken of


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
        if check_beta(self.beta) == 0:
            raise ValueError(
                "beta must lie in (0, inf], got 0, at which every mutation is accepted and nothing learned"
            )
        if self.checkpoint is not None and not isinstance(self.random_state, numbers.Integral):
            raise ValueError(
                f"a checkpoint needs an integer random_state, got {self.random_state!r}: with other random numbers it"
                " would be that of another fit"
            )
        return METHODS[self.method]

    def _module(self) -> FullyConnected:
        if isinstance(self.hidden, str) or not np.iterable(self.hidden):
            raise TypeError(f"hidden must be a sequence of widths, such as (32,), got {self.hidden!r}")
        widths = tuple(check_count("a width in hidden", width) for width in self.hidden)
        return FullyConnected(widths, inputs=self.n_features_in_, outputs=self._outputs, activation=self.activation)

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
        module = self._module() if begins else self.module_
        net = functional(module, variance="glorot")
        kept, tested = self._parts(targets, self._seed + self._fits)
        points, given = _points_last(rows), jnp.asarray(targets)

        def part(which: np.ndarray) -> Callable[..., jax.Array]:
            chosen = None if weights is None else jnp.asarray(weights[which], points.dtype)
            return mean(pointwise, net.apply, points[:, which], given[..., which], weights=chosen)

        def observe(params: Any) -> dict[str, jax.Array]:
            looked, name = (tested, "validation_") if len(tested) else (kept, "")
            seen = {name + "loss": part(tested)(params)} if len(tested) else {}
            if quality is not None:
                seen[f"{name}{quality.__name__}"] = quality(net.apply, points[:, looked], given[looked])(params)
            return seen

        drawn = partial(jax.jit(net.init), trajectory_key(key, Stream.START, 0))
        start = drawn() if begins else jax.tree.map(jnp.asarray, self.params_)
        found: Fit = fit(
            make(total(part(kept), l2(self.l2)), self.mutation_std, self.beta),
            start, steps=self.steps, key=key, look_every=self.look_every,
            observe=observe if len(tested) or quality is not None else None,
            monitor="validation_loss" if len(tested) else "loss", patience=self.patience, progress=self.progress,
            label=self.method, checkpoint=None if self.checkpoint is None else Path(self.checkpoint) / str(self._fits),
        )  # fmt: skip
        self.module_ = module
        self.params_ = jax.tree.map(np.asarray, found.params)
        self.curves_, self.best_step_, self.stopped_ = found.curves, found.step, found.stopped
        self._fits += 1

    def _parts(self, targets: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the points to learn from and of those to validate on."""
        every = np.arange(targets.shape[-1])
        if not self.validation_share:
            return every, every[:0]
        labels = targets if targets.ndim == 1 else None
        sizes = np.unique(targets, return_counts=True)[1] if targets.ndim == 1 else np.array([len(every)])
        least = math.ceil(len(every) * self.validation_share)
        if sizes.min() < 2 or not len(sizes) <= least <= len(every) - len(sizes):
            raise ValueError(
                f"validation_share {self.validation_share} of {len(every)} points, {sizes.min()} of the rarest kind,"
                " leaves a part without a point of each: give more points or another share"
            )
        parts: Any = train_test_split(every, test_size=self.validation_share, stratify=labels, random_state=seed)
        return parts[0], parts[1]

    def _outputs_for(self, X: Any) -> np.ndarray:
        """Outputs of the network, (points, outputs)."""
        check_is_fitted(self, "params_")
        rows: Any = validate_data(self, X, reset=False)
        points = np.asarray(_points_last(rows), np.float64)
        with jax.enable_x64(True):  # in float32 a point's outputs would depend on how many others stand beside it
            params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), self.params_)
            outputs = jax.jit(functional(self.module_, variance="glorot").apply)(params, jnp.asarray(points))
            return np.asarray(outputs.T)


def _points_last(rows: np.ndarray) -> jax.Array:
    """Points in JAX's default float; refuses values beyond it, warns where a feature loses what it differs by."""
    with np.errstate(over="ignore"):
        points = rows.T.astype(jnp.result_type(float))
    if not np.isfinite(points).all():
        raise ValueError(f"X holds values that {points.dtype} cannot, up to {np.abs(rows).max():.3g}: scale them first")
    spread = rows.std(axis=0)
    lost = np.flatnonzero((np.abs(rows).max(axis=0) * np.finfo(points.dtype).eps > LOST * spread) & (spread > 0))
    if lost.size:
        warn(
            f"feature {lost[0]} of X differs by {spread[lost[0]]:.3g} around {rows[0, lost[0]]:.6g}, of which"
            f" {points.dtype} keeps few digits: put a StandardScaler before",
            stacklevel=6,
        )
    return jnp.asarray(points)
