"""Weights come as a pickle; nothing that a pickle can do may happen, except the making of arrays."""

import io
import os
import pickle
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import joblib
import lz4.frame
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from visavis.errors import ModelRefused
from visavis.perception.packs import joblib_weights
from visavis.perception.packs.joblib_weights import read_arrays

WEIGHTS = [np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.array([0.5, -1], np.float32)]
SOME_FLOATS = arrays.arrays(
    np.float32,
    arrays.array_shapes(max_dims=4, max_side=5),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


def program(value: object) -> bytes:
    """What joblib writes, before compression."""
    stream = io.BytesIO()
    joblib.dump(value, stream, protocol=4)
    return stream.getvalue()


def packed(value: object) -> bytes:
    return lz4.frame.compress(program(value))


@given(st.lists(SOME_FLOATS, min_size=1, max_size=4))
def test_what_joblib_writes_is_read_back(values: list[np.ndarray]) -> None:
    """Every float32 array in C order comes back, bit for bit."""
    found = read_arrays(packed(values))
    assert len(found) == len(values)
    for one, other in zip(found, values, strict=True):
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("net", ["pnet", "rnet", "onet"])
def test_the_packages_files_are_read_as_joblib_reads_them(net: str) -> None:
    """The installed weight files, next to joblib's own reading."""
    (place,) = find_spec("mtcnn").submodule_search_locations
    path = Path(place) / "assets" / "weights" / f"{net}.lz4"
    found, wanted = read_arrays(path.read_bytes()), joblib.load(path)
    assert len(found) == len(wanted) >= 13
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


class Harm:
    """Unpickled by Python, it makes a folder."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._place),)


def test_a_malicious_pickle_does_nothing(tmp_path: Path) -> None:
    """The same bytes that make a folder in Python's unpickler are refused here."""
    place = tmp_path / "harm"
    harmful = program([*WEIGHTS, Harm(place)])
    with pytest.raises(ModelRefused, match="names something else"):
        read_arrays(lz4.frame.compress(harmful))
    assert not place.exists()
    pickle.loads(pickle.dumps(Harm(place)))  # noqa: S301  # shows that the pickle is harmful
    assert place.exists()


def test_array_of_objects_does_nothing(tmp_path: Path) -> None:
    """The elements of such an array are a pickle inside the pickle, which joblib would run."""
    place = tmp_path / "harm"
    with pytest.raises(ModelRefused):
        read_arrays(packed([np.array([Harm(place)], dtype=object)]))
    assert not place.exists()


@pytest.mark.parametrize(
    "value",
    [
        [np.zeros(3, np.float64)],
        [np.zeros(3, ">f4")],
        [np.zeros(3, np.int32)],
        [np.asfortranarray(np.zeros((2, 3), np.float32))],
        [np.zeros((1, 1, 1, 1, 1), np.float32)],
        [np.zeros((0, 3), np.float32)],
        [np.array([np.nan], np.float32)],
        [np.array([np.inf], np.float32)],
        [],
        [1.5],
        ["text", *WEIGHTS],
        {"a": WEIGHTS[0]},
        WEIGHTS[0],
        [WEIGHTS],
        None,
    ],
    ids=str,
)
def test_anything_but_a_list_of_finite_float32_arrays_is_refused(value: object) -> None:
    """What joblib can write is far more than weights."""
    with pytest.raises(ModelRefused, match="joblib weights"):
        read_arrays(packed(value))


def test_every_truncation_is_refused() -> None:
    """A download that stopped anywhere is noticed, compressed or not."""
    whole, compressed = program(WEIGHTS), packed(WEIGHTS)
    assert len(whole) > 300
    for length in range(len(whole)):
        with pytest.raises(ModelRefused):
            read_arrays(lz4.frame.compress(whole[:length]))
    for length in range(len(compressed)):
        with pytest.raises(ModelRefused):
            read_arrays(compressed[:length])


@pytest.mark.parametrize("tail", [b"\0", b".", packed(WEIGHTS)])
def test_bytes_behind_the_list_are_refused(tail: bytes) -> None:
    """Nothing may hide behind the weights, inside or outside the compression."""
    with pytest.raises(ModelRefused):
        read_arrays(lz4.frame.compress(program(WEIGHTS) + tail))
    with pytest.raises(ModelRefused):
        read_arrays(packed(WEIGHTS) + tail)


@given(st.data())
def test_any_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    """Some changed bytes give other numbers or a refusal; never another error, never other things than arrays."""
    damaged = bytearray(program(WEIGHTS))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_arrays(lz4.frame.compress(bytes(damaged)))
    except ModelRefused:
        return
    assert found
    assert all(isinstance(one, np.ndarray) and one.dtype == np.float32 for one in found)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    """Random bytes are no weights, compressed or not."""
    for content in (noise, lz4.frame.compress(noise), lz4.frame.compress(b"\x80\x04" + noise)):
        with pytest.raises(ModelRefused):
            read_arrays(content)


@pytest.mark.parametrize(
    "greedy",
    [
        b"\x80\x04]r\xff\xff\xff\x7f.",  # LONG_BINPUT: remember under number 2**31 - 1
        b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"x.",  # BINUNICODE8: a text of 2**62 bytes
        b"\x80\x04\x8b" + (2**31 - 1).to_bytes(4, "little") + b"\x01.",  # LONG4: a number of 2**31 bytes
        program(WEIGHTS).replace(
            b"K\x02K\x03K\x04\x87", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7fK\x04\x87"
        ),  # a huge shape
    ],
    ids=["memo", "text", "number", "shape"],
)
def test_memory_follows_the_file_and_not_its_claims(greedy: bytes) -> None:
    """A small file cannot make us reserve gigabytes."""
    assert greedy != program(WEIGHTS)
    content = lz4.frame.compress(greedy)
    tracemalloc.start()
    try:
        with pytest.raises(ModelRefused):
            read_arrays(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    "program",
    [
        b"\x80\x04" + b")" + b"\x85" * 500_000 + b".",
        b"\x80\x04}(" + b")" + b"\x85" * 500_000 + b"Nu.",
        b"\x80\x04]\x94" + b"]\x94h\x00a" * 3 + b".",
        b"\x80\x04]\x94h\x00a.",
    ],
    ids=["deep", "deep name", "lists", "list in itself"],
)
def test_deep_and_circular_values_are_refused(program: bytes) -> None:
    """Nothing is walked or hashed that a file can nest half a million times."""
    with pytest.raises(ModelRefused):
        read_arrays(lz4.frame.compress(program))


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on the decompressed bytes."""
    plain = program(WEIGHTS)
    monkeypatch.setattr(joblib_weights, "MAX_WEIGHT_BYTES", len(plain))
    assert len(read_arrays(lz4.frame.compress(plain))) == 2
    with pytest.raises(ModelRefused, match="at most"):
        read_arrays(lz4.frame.compress(plain + b"\0" * 10_000))
