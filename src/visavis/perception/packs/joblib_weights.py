"""Read a list of float32 arrays that joblib wrote with LZ4 compression, without joblib and without unpickling.

The file is an LZ4 frame around a pickle (protocol 4) of a list of `joblib.numpy_pickle.NumpyArrayWrapper`. Behind the
opcode that completes each wrapper stand, outside the pickle's own frames, one byte with the length of a padding, the
padding, and the array's raw bytes (joblib/numpy_pickle.py, `NumpyArrayWrapper.read_array`).

A pickle is a program. Here a machine with just the opcodes of such a list reads it: a global name becomes a plain
marker, three markers are known, nothing is imported or called.
"""

import io
import math
import pickletools
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
    except (IndexError, KeyError, TypeError, ValueError) as failure:  # a stack, memo or argument that does not fit
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
        self._stream = io.BytesIO(content)
        self._size = len(content)
        self._stack: list[Any] = []
        self._memo: list[Any] = []
        self._steps: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(("PROTO", "FRAME"), lambda _: None),
            **dict.fromkeys(("SHORT_BINUNICODE", "BININT", "BININT1", "BININT2"), self._stack.append),
            "NONE": lambda _: self._stack.append(None),
            "NEWTRUE": lambda _: self._stack.append(True),
            "NEWFALSE": lambda _: self._stack.append(False),
            "MARK": lambda _: self._stack.append(_MARK),
            "EMPTY_LIST": lambda _: self._stack.append([]),
            "EMPTY_DICT": lambda _: self._stack.append({}),
            "EMPTY_TUPLE": lambda _: self._stack.append(()),
            "TUPLE": lambda _: self._stack.append(tuple(self._since_mark())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "MEMOIZE": lambda _: self._memo.append(self._stack[-1]),
            "BINGET": lambda index: self._stack.append(self._memo[index]),
            "APPEND": lambda _: self._extend([self._stack.pop()]),
            "APPENDS": lambda _: self._extend(self._since_mark()),
            "SETITEMS": lambda _: self._set_items(),
            "STACK_GLOBAL": lambda _: self._global(),
            "NEWOBJ": lambda _: self._make(),
            "REDUCE": lambda _: self._make(),
            "BUILD": lambda _: self._build(),
        }

    def refuse(self, why: str) -> ModelRefused:
        return ModelRefused(f"joblib weights, byte {self._stream.tell()}: {why}")

    def run(self) -> Any:
        """What the program leaves on the stack. Array bytes are consumed between two opcodes."""
        for opcode, argument, _ in pickletools.genops(self._stream):
            if opcode.name == "STOP":
                break
            if opcode.name not in self._steps:
                raise self.refuse(f"the opcode {opcode.name} has no place in a list of arrays")
            self._steps[opcode.name](argument)
        if self._stream.tell() != self._size or len(self._stack) != 1:
            raise self.refuse("something follows the list")
        return self._stack[0]

    def _since_mark(self) -> list[Any]:
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _tuple(self, count: int) -> None:
        if count > len(self._stack):
            raise self.refuse("the stack is too short")
        self._stack[-count:] = [tuple(self._stack[-count:])]

    def _extend(self, items: list[Any]) -> None:
        self._stack[-1].extend(items)

    def _set_items(self) -> None:
        items = self._since_mark()
        self._stack[-1].update(zip(items[::2], items[1::2], strict=True))

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
        self._stream.read(self._stream.read(1)[0])  # the padding
        wanted = 4 * math.prod(shape)
        if wanted > self._size - self._stream.tell():
            raise self.refuse(f"{wanted} bytes are announced, {self._size - self._stream.tell()} are left")
        values = np.frombuffer(self._stream.read(wanted), dtype="<f4")
        if not np.isfinite(values).all():
            raise self.refuse("a weight is not finite")
        return values.reshape(shape).astype(np.float32)
