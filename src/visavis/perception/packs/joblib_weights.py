"""Read a list of float32 arrays that joblib wrote with LZ4 compression, without joblib and without unpickling.

The file is an LZ4 frame around a pickle (protocol 4) of a list of `joblib.numpy_pickle.NumpyArrayWrapper`. Behind the
opcode that completes each wrapper stand, outside the pickle's own frames, one byte with the length of a padding, the
padding, and the array's raw bytes (joblib/numpy_pickle.py, `NumpyArrayWrapper.read_array`).

A pickle is a program. Here a machine with just the opcodes of such a list reads it: a global name becomes a plain
marker, three markers are known, nothing is imported or called.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lz4.frame
import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused

MAX_WEIGHT_BYTES = 64 * 2**20
_CHUNK_BYTES = 2**18
_MAX_DIMENSIONS = 4
_MARK = object()
_STOP = b"."


@dataclass(frozen=True, slots=True)
class _Global:
    module: str
    name: str


_WRAPPER = _Global("joblib.numpy_pickle", "NumpyArrayWrapper")
_NDARRAY = _Global("numpy", "ndarray")
_DTYPE = _Global("numpy", "dtype")


@dataclass(slots=True)
class _Float32:
    """Stands for `numpy.dtype("f4")`; little-endian once its state is set."""

    little_endian: bool = False


@dataclass(slots=True)
class _Wrapper:
    """Stands for a `NumpyArrayWrapper`; holds the array once its state is set."""

    array: NDArray[np.float32] | None = None


def read_arrays(content: bytes) -> list[NDArray[np.float32]]:
    """The arrays in the order of the list.

    Raises:
        ModelRefused: the bytes are not an LZ4 frame of at most `MAX_WEIGHT_BYTES` around such a list.
    """
    machine = _Machine(_decompress(content))
    try:
        found = machine.run()
    except (LookupError, TypeError, ValueError) as failure:  # a stack, memo or argument that does not fit
        raise machine.refuse("the program is damaged") from failure
    if not isinstance(found, list) or not found:
        raise machine.refuse("it holds no list of arrays")
    arrays = [item.array for item in found if isinstance(item, _Wrapper) and item.array is not None]
    if len(arrays) != len(found):
        raise machine.refuse("the list holds something else than arrays")
    return arrays


def _decompress(content: bytes) -> bytes:
    decompressor, plain, pending = lz4.frame.LZ4FrameDecompressor(), bytearray(), content
    try:
        while len(plain) <= MAX_WEIGHT_BYTES and (pending or not (decompressor.eof or decompressor.needs_input)):
            plain += decompressor.decompress(pending, max_length=_CHUNK_BYTES)
            pending = b""
    except RuntimeError as failure:
        raise ModelRefused("joblib weights: the LZ4 frame is damaged") from failure
    if not decompressor.eof or decompressor.unused_data or len(plain) > MAX_WEIGHT_BYTES:
        raise ModelRefused(f"joblib weights: not one LZ4 frame of at most {MAX_WEIGHT_BYTES} bytes")
    return bytes(plain)


class _Machine:
    """Stack and memo of a pickle, with nothing else to act on."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._stack: list[Any] = []
        self._memo: list[Any] = []
        push = self._stack.append
        self._steps: dict[bytes, Callable[[], object]] = {
            b"\x80": lambda: self._take(1),  # PROTO
            b"\x95": lambda: self._take(8),  # FRAME
            b"\x8c": lambda: push(self._take(self._take(1)[0]).decode("ascii")),  # SHORT_BINUNICODE
            b"K": lambda: push(int.from_bytes(self._take(1), "little")),  # BININT1
            b"M": lambda: push(int.from_bytes(self._take(2), "little")),  # BININT2
            b"J": lambda: push(int.from_bytes(self._take(4), "little", signed=True)),  # BININT
            b"N": lambda: push(None),  # NONE
            b"\x88": lambda: push(True),  # NEWTRUE
            b"\x89": lambda: push(False),  # NEWFALSE
            b"(": lambda: push(_MARK),  # MARK
            b"]": lambda: push([]),  # EMPTY_LIST
            b"}": lambda: push({}),  # EMPTY_DICT
            b")": lambda: push(()),  # EMPTY_TUPLE
            b"t": lambda: push(tuple(self._since_mark())),  # TUPLE
            b"\x85": lambda: push(self._last(1)),  # TUPLE1
            b"\x86": lambda: push(self._last(2)),  # TUPLE2
            b"\x87": lambda: push(self._last(3)),  # TUPLE3
            b"\x94": lambda: self._memo.append(self._stack[-1]),  # MEMOIZE
            b"h": lambda: push(self._memo[self._take(1)[0]]),  # BINGET
            b"a": lambda: self._extend(list(self._last(1))),  # APPEND
            b"e": lambda: self._extend(self._since_mark()),  # APPENDS
            b"u": self._set_items,  # SETITEMS
            b"\x93": self._global,  # STACK_GLOBAL
            b"\x81": self._make,  # NEWOBJ
            b"R": self._make,  # REDUCE
            b"b": self._build,  # BUILD
        }

    def refuse(self, why: str) -> ModelRefused:
        return ModelRefused(f"joblib weights, byte {self._at}: {why}")

    def run(self) -> Any:
        """What the program leaves on the stack."""
        while (opcode := self._take(1)) != _STOP:
            if opcode not in self._steps:
                raise self.refuse(f"the opcode {opcode!r} has no place in a list of arrays")
            self._steps[opcode]()
        if self._at != len(self._content) or len(self._stack) != 1:
            raise self.refuse("something follows the list")
        return self._stack[0]

    def _take(self, count: int) -> bytes:
        if count > len(self._content) - self._at:
            raise self.refuse(f"{count} bytes are announced, {len(self._content) - self._at} are left")
        self._at += count
        return self._content[self._at - count : self._at]

    def _since_mark(self) -> list[Any]:
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _last(self, count: int) -> tuple[Any, ...]:
        items = [self._stack.pop() for _ in range(count)]
        return tuple(items[::-1])

    def _extend(self, items: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise self.refuse("it appends to something else than a list")
        self._stack[-1].extend(items)

    def _set_items(self) -> None:
        items = self._since_mark()
        names, target = items[::2], self._stack[-1]
        if not isinstance(target, dict) or not all(isinstance(name, str) for name in names):
            raise self.refuse("it names something else than the fields of an array")
        target.update(zip(names, items[1::2], strict=True))

    def _global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        found = _Global(module, name)
        if found not in (_WRAPPER, _NDARRAY, _DTYPE):
            raise self.refuse("it names something else than an array")
        self._stack.append(found)

    def _make(self) -> None:
        arguments, maker = self._stack.pop(), self._stack.pop()
        if maker == _WRAPPER and arguments == ():
            self._stack.append(_Wrapper())
        elif maker == _DTYPE and arguments[0] == "f4":
            self._stack.append(_Float32())
        else:
            raise self.refuse("only arrays of float32 are read")

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, _Float32):
            target.little_endian = state[1] == "<"
        elif isinstance(target, _Wrapper):
            target.array = self._array(state)
        else:
            raise self.refuse("it builds something else than an array")

    def _array(self, state: dict[str, Any]) -> NDArray[np.float32]:
        shape, dtype = state["shape"], state["dtype"]
        if state["subclass"] != _NDARRAY or dtype != _Float32(little_endian=True) or state["order"] != "C":
            raise self.refuse("only little-endian float32 arrays in C order are read")
        if len(shape) > _MAX_DIMENSIONS or not all(type(size) is int and size > 0 for size in shape):
            raise self.refuse("an array has an impossible shape")
        self._take(self._take(1)[0])  # the padding
        values = np.frombuffer(self._take(4 * math.prod(shape)), dtype="<f4")
        if not np.isfinite(values).all():
            raise self.refuse("a weight is not finite")
        return values.reshape(shape).astype(np.float32)
