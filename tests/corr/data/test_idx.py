"""IDX files: every type, plain and gzip, damaged in every way; MNIST's four files; the real Fashion-MNIST."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from corr import data
from corr.data import _idx, _mnist

KINDS = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
IMAGES = np.arange(24, dtype=np.uint8).reshape(4, 2, 3) * 10
LABELS = np.array([7, 0, 9, 7], np.uint8)


def idx(values: np.ndarray) -> bytes:
    """The file of an array."""
    kind = values.dtype.str[1:]
    head = struct.pack(f">HBB{values.ndim}I", 0, KINDS[kind], values.ndim, *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


def folder(at: Path, *, plain: bool = True, mark: str = "-", **files: bytes) -> Path:
    """Four small files, or those given by name (``train_images``) instead."""
    for part in ("train", "t10k"):
        for kind, values, dimensions in (("images", IMAGES, 3), ("labels", LABELS, 1)):
            content = files.get(f"{part}_{kind}", idx(values))
            name = f"{part}-{kind}{mark}idx{dimensions}-ubyte"
            (at / (name if plain else f"{name}.gz")).write_bytes(content if plain else gzip.compress(content))
    return at


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_read(tmp_path: Path, kind: str, packed: bool) -> None:
    values = (np.arange(6).reshape(1, 2, 3) * 21 - (0 if kind == "u1" else 50)).astype(kind)
    (tmp_path / "file").write_bytes(gzip.compress(idx(values)) if packed else idx(values))
    found = data.read_idx(tmp_path / "file")
    assert found.dtype == values.dtype and found.dtype.isnative
    np.testing.assert_array_equal(found, values)


GOOD = idx(IMAGES)
DAMAGED = {
    "empty": (b"", "no IDX file: it starts with 0x,"),
    "picture": (b"\x89PNG\r\n\x1a\n", "no IDX file: it starts with 0x89504e47, expected 0x0000, .*0x00000803"),
    "unknown type": (b"\0\0\x0a\x01" + GOOD[4:], "no IDX file: it starts with 0x00000a01"),
    "no dimensions": (b"\0\0\x08\0" + GOOD[4:], "no IDX file: it starts with 0x00000800"),
    "sizes cut": (GOOD[:10], "truncated: 10 bytes do not hold its 3 sizes"),
    "values cut": (GOOD[:-1], r"truncated: 23 bytes of values, its sizes \(4, 2, 3\) of uint8 take 24"),
    "only the head": (GOOD[:16], "truncated: 0 bytes of values"),
    "of another type": (GOOD[:2] + b"\x0d" + GOOD[3:], r"24 bytes of values, its sizes \(4, 2, 3\) of float32 take 96"),
    "too long": (GOOD + b"\0", "goes on after its last value: 25 bytes .* take 24"),
    "gzip cut": (gzip.compress(GOOD)[:-9], "truncated or damaged, gzip says"),
    "gzip's head cut": (gzip.compress(GOOD)[:5], "truncated or damaged, gzip says"),
    "gzip damaged": (gzip.compress(GOOD)[:-8] + bytes(8), "truncated or damaged, gzip says"),
    "gzip of less": (gzip.compress(GOOD[:-3]), "truncated: 21 bytes of values"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_damaged_is_refused(tmp_path: Path, case: str) -> None:
    content, message = DAMAGED[case]
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        data.read_idx(tmp_path / "file")


@pytest.mark.parametrize("mark", "-.")
@pytest.mark.parametrize("plain", [True, False])
def test_four_files_in_a_folder(tmp_path: Path, plain: bool, mark: str) -> None:
    other = idx(IMAGES[::-1])
    train, test = data.mnist(folder(tmp_path, plain=plain, mark=mark, t10k_images=other))
    assert train.points.dtype == np.float32 and train.targets.dtype == np.int32
    np.testing.assert_array_equal(train.points, (IMAGES.reshape(4, 6).T / 255).astype(np.float32))
    np.testing.assert_array_equal(test.points, train.points[:, ::-1])
    assert train.targets.tolist() == test.targets.tolist() == LABELS.tolist()


FILES = {
    "labels for images": ({"train_images": idx(LABELS)}, "uint8 in 1 dimensions, expected bytes in 3 .*0x00000803"),
    "images for labels": ({"t10k_labels": idx(IMAGES)}, "uint8 in 3 dimensions, expected bytes in 1 .*0x00000801"),
    "floats": ({"train_images": idx(IMAGES.astype("f4"))}, "holds float32 in 3 dimensions"),
    "counts": ({"train_labels": idx(LABELS[:3])}, "has 4 images and .* 3 labels"),
    "label 10": ({"t10k_labels": idx(LABELS + 1)}, "t10k-labels.*holds label 10, expected 0 to 9: it is not of"),
    "pixels": ({"t10k_images": idx(IMAGES[:, :, :1])}, "have 6 pixels and those to test on [23]: they must be as many"),
    "one class": ({"t10k_labels": idx(LABELS * 0)}, "all 4 labels are 0"),
    "cut": ({"t10k_labels": idx(LABELS)[:-1]}, "truncated"),
}


@pytest.mark.parametrize("case", FILES)
def test_files_that_do_not_fit(tmp_path: Path, case: str) -> None:
    files, message = FILES[case]
    with pytest.raises(ValueError, match=message):
        data.mnist(folder(tmp_path, **files))


def test_missing_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=r"has none of train-images-idx3-ubyte, train-images\.idx3-ubyte, .*gz"):
        data.mnist(tmp_path)
    (folder(tmp_path) / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="has none of t10k-labels-idx1-ubyte"):
        data.fashion_mnist(tmp_path)
    with pytest.raises(FileNotFoundError):
        data.read_idx(tmp_path / "none")
    monkeypatch.setattr(_mnist, "FASHION", tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"apt-get install dataset-fashion-mnist, or fashion_mnist\(folder\)"):
        data.fashion_mnist()


def test_fashion_mnist_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mnist, "FASHION", folder(tmp_path, plain=False))
    assert data.fashion_mnist()[0].targets.tolist() == LABELS.tolist()


@pytest.mark.skipif(
    not _mnist.FASHION.is_dir(), reason=f"no {_mnist.FASHION}: apt-get install dataset-fashion-mnist, as .ci/run does"
)
def test_the_real_fashion_mnist() -> None:
    train, test = data.fashion_mnist()
    assert train.points.shape == (784, 60_000) and test.points.shape == (784, 10_000)
    assert np.bincount(train.targets).tolist() == [6000] * 10 and np.bincount(test.targets).tolist() == [1000] * 10
    pixels = np.asarray(train.points)
    assert pixels.min() == 0 and pixels.max() == 1
    assert round(float(pixels.mean(dtype=float)), 3) == 0.286 and round(float(pixels.std(dtype=float)), 3) == 0.353


def test_the_table_of_types_is_the_formats() -> None:
    assert {code: np.dtype(kind).str[1:] for code, kind in _idx.KINDS.items()} == {c: k for k, c in KINDS.items()}
