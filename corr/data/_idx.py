"""Arrays in IDX files, the format of MNIST: big-endian, plain or gzip."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

KINDS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an IDX file: two zero bytes, one for the type, one for the number of dimensions, sizes, values.

    Args:
        path: the file; whether it is compressed by gzip is told from its first bytes, not from its name.

    Returns:
        The array, in the file's type and this machine's byte order.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no IDX file (wrong magic), ends too early, or goes on after its last value.

    Example:
        >>> from tempfile import NamedTemporaryFile
        >>> with NamedTemporaryFile() as file:
        ...     file.write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])) and file.flush()
        ...     read_idx(file.name)
        array([7, 2, 1], dtype=uint8)

    Reference: LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats".
    """
    content = _unpacked(Path(path))
    kind, dimensions = KINDS.get(content[2]) if len(content) >= 4 else None, content[3] if len(content) >= 4 else 0
    if kind is None or content[:2] != b"\0\0" or not dimensions:
        raise ValueError(
            f"{path} is no IDX file: it starts with 0x{content[:4].hex()}, expected 0x0000, a type and the number of "
            "dimensions, as 0x00000803 for images and 0x00000801 for labels"
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"{path} is truncated: {len(content)} bytes do not hold its {dimensions} sizes")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", dimensions, 4))
    expected, found = math.prod(shape) * np.dtype(kind).itemsize, len(content) - start
    if found != expected:
        raise ValueError(
            f"{path} {'is truncated' if found < expected else 'goes on after its last value'}: {found} bytes of "
            f"values, its sizes {shape} of {np.dtype(kind).name} take {expected}. Get the file again"
        )
    values = np.frombuffer(content, kind, offset=start).reshape(shape)
    return values.astype(values.dtype.newbyteorder("="))


def _unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{file} is truncated or damaged, gzip says: {error}. Get the file again") from error
