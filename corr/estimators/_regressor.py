"""A regressor for scikit-learn, trained by mutation."""

from typing import Any, Self, cast

import jax.numpy as jnp
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from ..losses import squared
from ._base import Trained


class MutationRegressor(RegressorMixin, Trained):
    """Numbers by a fully connected network and the mean squared error, trained by mutation or a gradient beside it.

    Points and numbers are used as they come: put a ``StandardScaler`` before it, and a ``TransformedTargetRegressor``
    around it where the numbers are not of size one.

    Args:
        hidden, method, mutation_std, beta, steps, activation, l2, validation_share, patience, look_every, random_state,
            progress, checkpoint: as of ``MutationClassifier``.

    Attributes:
        n_features_in_, params_, best_step_, stopped_: as of ``MutationClassifier``.
        curves_: the Dataset of ``corr.fit``, with ``validation_loss``.

    Raises:
        ValueError: from ``fit``, where an argument is out of range or numbers are not finite.

    Example:
        >>> X = np.linspace(-1, 1, 20)[:, None]
        >>> found = MutationRegressor((4,), steps=1000, mutation_std=0.03, random_state=0).fit(X, X[:, 0])
        >>> bool(found.score(X, X[:, 0]) > 0.9)
        True

    Reference: Whitelam et al. (2021), steps 1-4; scikit-learn, "Developing scikit-learn estimators".
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train from new weights on points X, (points, features), and numbers y, (points,) or (points, outputs)."""
        return self._learn(X, y, goes_on=False)

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Train on from the weights there are, for ``steps`` more on these points."""
        return self._learn(X, y, goes_on=True)

    def predict(self, X: Any) -> np.ndarray:
        """The network's outputs, of the shape that y had."""
        outputs = self._outputs_for(X)
        return outputs[:, 0] if self._flat else outputs

    def _learn(self, X: Any, y: Any, *, goes_on: bool) -> Self:
        reset = not (goes_on and hasattr(self, "params_"))
        rows, numbers = cast(Any, validate_data(self, X, y, reset=reset, multi_output=True, y_numeric=True))
        flat = numbers.ndim == 1
        targets = np.atleast_2d(numbers.T).astype(jnp.result_type(float))
        if not reset and len(targets) != self._outputs:
            raise ValueError(f"y has {len(targets)} outputs, the weights there are have {self._outputs}: call fit")
        self._flat, self._outputs = flat, len(targets)
        self._train(rows, targets, squared, goes_on=goes_on)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
