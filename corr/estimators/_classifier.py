"""A classifier for scikit-learn, trained by mutation."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ..losses import accuracy, cross_entropy
from ._base import Trained


class MutationClassifier(ClassifierMixin, Trained):
    """Classes by a fully connected network and the cross-entropy, trained by mutation or a gradient beside it.

    Data are used as they come, in float32 unless JAX runs in double precision: put a ``StandardScaler`` before it. With
    a share of the points held out, the weights of least validation loss are kept, else those of least training loss.

    Args:
        hidden: numbers of units of the hidden layers.
        method: "mutation"; "adaptive" (adaptive Monte Carlo); "twin", noisy gradient descent with the drift and the
            noise of the same mutation; "descent", noise-free on the same clock.
        mutation_std: σ, in the units of the weights (of mutation also a schedule ``step number -> σ``); of twin and
            descent it sets the time per step, σ/√(2π) at β = ∞ and βσ²/2 at finite β.
        beta: β in (0, ∞], in 1/loss.
        steps: at most so many, on all training points.
        activation: "tanh", "relu", "gelu" or "sigmoid".
        l2: strength of the penalty on the sum of squared weights.
        validation_share: share of the points to validate on, in [0, 1), every class as often.
        patience: looks at the validation loss without improvement before it stops; None never.
        look_every: steps between looks; None for a hundred looks.
        random_state: an integer for equal bits, None, or a ``numpy.random.RandomState``.
        progress: show a progress bar.
        class_weight: factors of the points' losses in the mean over all points, training and validation: None,
            "balanced" (every class weighs the same) or a dictionary class -> weight.
        checkpoint: folder for the checkpoints of one fit (not of the many of a grid), with an integer random_state; a
            killed ``fit`` that is called again goes on with equal bits.

    Attributes:
        classes_, n_features_in_: of the data.
        params_: the weights, a pytree of NumPy arrays.
        curves_: the Dataset of ``corr.fit``, with ``accuracy`` or ``validation_loss`` and ``validation_accuracy``.
        best_step_, stopped_: the step whose weights were kept, and whether patience ended the fit.

    Raises:
        ValueError: from ``fit``, where an argument is out of range, labels are no classes, or there is only one class.

    Example:
        >>> import numpy as np
        >>> X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
        >>> found = MutationClassifier((4,), steps=300, mutation_std=0.1, random_state=0).fit(X, ["a", "a", "b", "b"])
        >>> found.predict([[-3.0], [3.0]]).tolist()
        ['a', 'b']

    Reference: Whitelam et al. (2021), steps 1-4; scikit-learn, "Developing scikit-learn estimators".
    """

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
        class_weight: Mapping[Any, float] | str | None = None,
        validation_share: float = 0.0,
        patience: int | None = None,
        look_every: int | None = None,
        random_state: Any = None,
        progress: bool = False,
        checkpoint: Path | str | None = None,
    ):
        super().__init__(
            hidden, method=method, mutation_std=mutation_std, beta=beta, steps=steps, activation=activation, l2=l2,
            validation_share=validation_share, patience=patience, look_every=look_every, random_state=random_state,
            progress=progress, checkpoint=checkpoint,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any) -> Self:
        """Train from new weights on points X, (points, features), and their classes y, (points,)."""
        rows, named = self._checked(X, y, reset=True)
        self.classes_, labels = np.unique(named, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, {self.classes_[0]}, where two at least are to be told apart")
        return self._learn(rows, labels, goes_on=False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train on from the weights there are, for ``steps`` more on these points; ``classes`` at the first call."""
        first = not hasattr(self, "params_")
        rows, named = self._checked(X, y, reset=first)
        if first:
            if classes is None:
                raise ValueError("classes must be given at the first call of partial_fit: later points may have others")
            self.classes_ = np.unique(classes)
        strange = np.setdiff1d(named, self.classes_)
        if strange.size:
            raise ValueError(f"y holds {strange[:5].tolist()}, which are not among classes {self.classes_.tolist()}")
        return self._learn(rows, np.searchsorted(self.classes_, named), goes_on=True)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes, (points, classes), the softmax of the outputs."""
        return softmax(self._outputs_for(X), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable classes, (points,)."""
        outputs = self._outputs_for(X)
        return self.classes_[np.argmax(outputs, axis=1)]

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        rows, named = cast(Any, validate_data(self, X, y, reset=reset))
        check_classification_targets(named)
        return rows, named

    def _learn(self, rows: np.ndarray, labels: np.ndarray, *, goes_on: bool) -> Self:
        self._outputs = len(self.classes_)
        weights = compute_sample_weight(self.class_weight, self.classes_[labels])
        self._train(
            rows, labels.astype(np.int32), cross_entropy(), goes_on=goes_on, weights=weights, quality=accuracy
        )  # fmt: skip
        return self
