"""The scanner that other attacks rely on can fail: whatever is written down is found."""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scan import CHUNK, Haystack, forms, scan

VECTOR, OTHER = np.random.default_rng(1).normal(0.0, 0.09, (2, 128)).astype(np.float32)

WAYS: dict[str, Callable[[], bytes]] = {
    "float32": lambda: VECTOR.astype("<f4").tobytes(),
    "float32 big endian": lambda: struct.pack(">128f", *VECTOR),
    "float16": lambda: VECTOR.astype("<f2").tobytes(),
    "float16 big endian": lambda: VECTOR.astype(">f2").tobytes(),
    "float64": lambda: VECTOR.astype("<f8").tobytes(),
    "float64 big endian": lambda: struct.pack(">128d", *VECTOR),
    "float32 hex": lambda: VECTOR.tobytes().hex().encode(),
    "float32 HEX": lambda: VECTOR.tobytes().hex().upper().encode(),
    "float16 hex": lambda: VECTOR.astype("<f2").tobytes().hex().encode(),
    "float64 big endian hex": lambda: struct.pack(">128d", *VECTOR).hex().encode(),
    "float32 base64": lambda: base64.b64encode(VECTOR.tobytes()),
    "float32 base64 ": lambda: base64.b64encode(b"!" + VECTOR.tobytes()),
    "float32 base64  ": lambda: base64.b64encode(b"?!" + VECTOR.tobytes()),
    "float16 base64": lambda: base64.b64encode(b"?!" + VECTOR.astype("<f2").tobytes()),
    "float64 base64url": lambda: base64.urlsafe_b64encode(b"!" + VECTOR.astype("<f8").tobytes()),
    "text": lambda: json.dumps([float(number) for number in VECTOR]).encode(),
    "text ": ("{" + ",".join(map(str, VECTOR)) + "}").encode,
    "text  ": lambda: " ".join(f"{number:.6f}" for number in VECTOR).encode(),
    "text   ": lambda: "\n".join(f"{number:.8f}" for number in VECTOR).encode(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("before", [101, CHUNK - 3])
def test_each_way_of_writing_a_vector_down_is_found(tmp_path: Path, way: str, before: int) -> None:
    """In the middle of a file, also where the scanner's own pieces meet; and nobody else's numbers are."""
    (tmp_path / "leak").write_bytes(b"x" * before + WAYS[way]() + b"y" * 7)
    needles = {f"this {form}": needle for form, needle in forms(VECTOR).items()}
    needles |= {f"other {form}": needle for form, needle in forms(OTHER).items()}
    hits = scan([tmp_path], needles)
    assert [hit for hit in hits if hit.startswith(f"this {way.strip()}")], hits
    assert not [hit for hit in hits if hit.startswith("other")]


def test_a_part_of_a_vector_is_found(tmp_path: Path) -> None:
    """A page of the database may hold half of it."""
    whole = VECTOR.tobytes()
    for part in (whole[: len(whole) // 2 + 24], whole[len(whole) // 2 + 24 :]):
        (tmp_path / "leak").write_bytes(part)
        assert scan([tmp_path], forms(VECTOR))


def test_what_two_needles_share_at_their_start_is_told_apart() -> None:
    """Eight bytes choose the candidates; the rest decides."""
    both = Haystack({"a": b"12345678abcdefgh", "b": b"12345678ABCDEFGH"})
    assert both.within(b"..12345678ABCDEFGH..") == ["b"]
    assert both.within(b"..12345678abcdEFGH..") == []


def test_nothing_to_read_is_no_clean_bill(tmp_path: Path) -> None:
    """An empty folder, an empty list and a needle that fits anywhere are mistakes of the test that asks."""
    here = Path(__file__).parent
    for folder, needles in ((tmp_path, {"a": b"x" * 16}), (here, {}), (here, {"a": b"x"})):
        with pytest.raises((AssertionError, ValueError)):
            scan([folder], needles)
