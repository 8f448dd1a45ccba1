"""MNIST and what is stored like it: four IDX files in a folder."""

from pathlib import Path

import numpy as np

from ._check import check_labels
from ._data import Data, made
from ._idx import read_idx

CLASSES, BRIGHTEST = 10, np.float32(255)
FASHION = Path("/usr/share/datasets/fashion-mnist")


def mnist(folder: str | Path) -> tuple[Data, Data]:
    """MNIST, or what has its files, from a folder: ``train-images-idx3-ubyte`` and the other three, plain or ``.gz``.

    Args:
        folder: where the four files are; ``train-images.idx3-ubyte``, as some mirrors name them, serves as well.

    Returns:
        (train, test): pixels in [0, 1], (784, 60000) and (784, 10000), and labels 0 to 9.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: if one is no IDX file of bytes, is truncated, images and labels are not as many, or a label is not
            in [0, 9].

    Example:
        >>> from pathlib import Path; from tempfile import TemporaryDirectory
        >>> images, labels = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]), bytes([0, 0, 8, 1, 0, 0, 0, 2])
        >>> with TemporaryDirectory() as folder:
        ...     for part in ("train", "t10k"):
        ...         _ = Path(folder, f"{part}-images-idx3-ubyte").write_bytes(images + bytes([0, 255, 255, 0]))
        ...         _ = Path(folder, f"{part}-labels-idx1-ubyte").write_bytes(labels + bytes([7, 2]))
        ...     train, test = mnist(folder)
        >>> train.points.T.tolist(), train.targets.tolist()
        ([[0.0, 1.0], [1.0, 0.0]], [7, 2])

    Reference: LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86, 2278 (1998).
    """
    train, test = _part(Path(folder), "train"), _part(Path(folder), "t10k")
    if len(train.points) != len(test.points):
        raise ValueError(
            f"{folder}: images to learn from have {len(train.points)} pixels and those to test on {len(test.points)}:"
            " they must be as many, one file is not of this data set"
        )
    return train, test


def fashion_mnist(folder: str | Path | None = None) -> tuple[Data, Data]:
    """Fashion-MNIST: clothes of ten kinds in the format of MNIST, 6000 of each to learn from and 1000 to test on.

    Args:
        folder: as in ``mnist``; None: where Debian's package dataset-fashion-mnist puts it.

    Returns:
        (train, test): pixels in [0, 1], (784, 60000) and (784, 10000), and labels 0 to 9.

    Raises:
        FileNotFoundError, ValueError: as ``mnist`` does; without the package the message names it.

    Example:
        >>> train, test = fashion_mnist()                                             # doctest: +SKIP
        >>> train.points.shape, test.points.shape                                     # doctest: +SKIP
        ((784, 60000), (784, 10000))

    Reference: Xiao, Rasul, Vollgraf, arXiv:1708.07747 (2017).
    """
    if folder is None and not FASHION.is_dir():
        raise FileNotFoundError(
            f"Fashion-MNIST is not in {FASHION}: apt-get install dataset-fashion-mnist, or "
            "fashion_mnist(folder) with a folder that has its four IDX files"
        )
    return mnist(FASHION if folder is None else folder)


def _part(folder: Path, part: str) -> Data:
    images_file, labels_file = _found(folder, f"{part}-images", 3), _found(folder, f"{part}-labels", 1)
    images, labels = _bytes(images_file, 3), _bytes(labels_file, 1)
    if len(images) != len(labels):
        raise ValueError(
            f"{images_file} has {len(images)} images and {labels_file} {len(labels)} labels: they must be as many, "
            "one file is not of this data set"
        )
    if int(labels.max(initial=0)) >= CLASSES:
        raise ValueError(
            f"{labels_file} holds label {labels.max()}, expected 0 to {CLASSES - 1}: it is not of MNIST's kind"
        )
    pixels = images.reshape(len(images), -1).T / BRIGHTEST
    return made(pixels, check_labels(labels, classes=CLASSES))


def _found(folder: Path, stem: str, dimensions: int) -> Path:
    names = [f"{stem}{mark}idx{dimensions}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder} has none of {', '.join(names)}: give the folder of the four IDX files")


def _bytes(file: Path, dimensions: int) -> np.ndarray:
    found = read_idx(file)
    if found.dtype != np.uint8 or found.ndim != dimensions:
        raise ValueError(
            f"{file} holds {found.dtype} in {found.ndim} dimensions, expected bytes in {dimensions} (magic "
            f"0x0000080{dimensions}): {'images' if dimensions == 3 else 'labels'} are in another file"
        )
    return found
