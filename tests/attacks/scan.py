"""Search files for numbers of faces, in every way in which they could have been written down.

`forms` says what one vector looks like on a disk, `scan` reads folders for any number of such needles at once: eight
bytes of each are looked up in a table for every position of every file, and the whole needle is compared where they
match. What is compressed or encrypted is not seen through; `tests/attacks/test_canaries.py` switches compression off.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

KEY = 8  # bytes of a needle that are looked up
LEAST = 12  # bytes that count as a hit
CHUNK = 1 << 22
TABLE_BITS = 26
TYPES = {"float32": "f4", "float16": "f2", "float64": "f8"}
ORDERS = {"": "<", " big endian": ">"}
URL_SAFE = bytes.maketrans(b"+/", b"-_")
SEPARATORS = (", ", ",", " ", "  ", "\n")


def forms(vector: NDArray[np.float32]) -> dict[str, bytes]:
    """The ways in which a template could have been written down; each is a part that is not found by chance."""
    found: dict[str, bytes] = {}
    for name, kind in TYPES.items():
        for order, mark in ORDERS.items():
            data = vector.astype(mark + kind).tobytes()
            middle = len(data) // 2
            found[name + order] = data[middle : middle + 24]
            found[f"{name}{order}, its end"] = data[-24:]
            found |= {f"{name}{order} {how}": part for how, part in _spelled(data).items()}
    for how, text in _numbers(vector).items():
        for separator in SEPARATORS:
            found[f"text {how} {separator!r}"] = separator.join(text).encode()
    return found


def _spelled(data: bytes) -> dict[str, bytes]:
    """Hexadecimal, and base64 of a part: that depends on where the part starts modulo three."""
    found = {"hex": data[48:72].hex().encode(), "HEX": data[48:72].hex().upper().encode()}
    for shift in range(3):
        part = data[48 + shift : 48 + shift + 30]
        found[f"base64 +{shift}"] = text = base64.b64encode(part)
        if (safe := text.translate(URL_SAFE)) != text:
            found[f"base64url +{shift}"] = safe
    return found


def _numbers(vector: NDArray[np.float32]) -> dict[str, list[str]]:
    """Three neighbours as programs print them."""
    three = vector[1:4]
    return {
        "shortest": [str(number) for number in three],
        "double": [repr(float(number)) for number in three],
        "6 places": [f"{number:.6f}" for number in three],
        "8 places": [f"{number:.8f}" for number in three],
    }


def scan(folders: Iterable[Path], needles: Mapping[str, bytes]) -> list[str]:
    """What was found where: "needle in path". Asserts that there was something to read."""
    files = sorted({p for folder in folders for p in folder.rglob("*") if p.is_file() and not p.is_socket()})
    assert files
    haystack = Haystack(needles)
    return [f"{name} in {path.name}" for path in files for name in haystack.hits(path)]


class Haystack:
    """Many needles, looked for at once."""

    def __init__(self, needles: Mapping[str, bytes]) -> None:
        assert needles
        assert min(map(len, needles.values())) >= LEAST
        names = np.array(list(needles), dtype=object)
        keys = np.frombuffer(b"".join(needle[:KEY] for needle in needles.values()), "<u8")
        order = np.argsort(keys, kind="stable")
        self._names, self._keys = names[order], keys[order]
        self._needles = needles
        self._table = np.zeros(1 << TABLE_BITS, np.bool_)
        self._table[_slots(keys)] = True

    def hits(self, path: Path) -> list[str]:
        """Needles in a file."""
        if path.stat().st_size < LEAST:
            return []
        return self.within(np.memmap(path, np.uint8, "r"))

    def within(self, content: NDArray[np.uint8] | bytes) -> list[str]:
        """Needles in bytes, by name."""
        data = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
        found: dict[str, None] = {}
        for begin in range(0, len(data), CHUNK):
            part = data[begin : begin + CHUNK + KEY - 1]
            for position in self._candidates(np.ascontiguousarray(part)):
                found |= dict.fromkeys(self._matching(data, begin + int(position)))
        return list(found)

    def _candidates(self, part: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Positions whose eight bytes begin a needle."""
        found = []
        for shift in range(min(KEY, len(part) - KEY + 1)):
            words = part[shift : shift + (len(part) - shift) // KEY * KEY].view("<u8")
            at = np.flatnonzero(self._table[_slots(words)])
            near = words[at]
            where = np.minimum(np.searchsorted(self._keys, near), len(self._keys) - 1)
            found.append(at[self._keys[where] == near] * KEY + shift)
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _matching(self, data: NDArray[np.uint8], position: int) -> Iterator[str]:
        key = np.frombuffer(data[position : position + KEY].tobytes(), "<u8")[0]
        begin, end = np.searchsorted(self._keys, key), np.searchsorted(self._keys, key, side="right")
        for name in self._names[begin:end]:
            needle = self._needles[name]
            if data[position : position + len(needle)].tobytes() == needle:
                yield name


def _slots(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - TABLE_BITS)
