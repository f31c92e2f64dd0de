"""Read a network that dlib serialised, without dlib.

The format (dlib/serialize.h, dlib/float_details.h, dlib/dnn/core.h, layers.h, tensor.h, loss.h, input.h) does not
describe itself: a C++ type says which layer follows which. Here a tuple of layer names says it, from input to output.

* An integer is one control byte (bits 0 to 3: number of bytes that follow, 1 to 8; bit 7: negative) and the
  little-endian magnitude.
* A floating point number is two such integers, mantissa and exponent: mantissa * 2**exponent.
* A string is its length and its bytes; a truth value is the character 0 or 1.
* A tensor is version 2, four sizes, and raw little-endian float32.
* A stack of layers is first each layer's version from the output inwards, then the input layer, then each layer's own
  fields from the input outwards; tags and skips have a version and nothing else.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused

_MAX_INTEGER_BYTES = 8
_EMPTY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """`input_rgb_image_sized`: (pixel - mean) / 256 for each channel of an RGB picture of one size."""

    mean: tuple[float, float, float]
    height: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution:
    """`con_`: weights (filters, channels, rows, columns), one bias a filter."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Affine:
    """`affine_`: gamma * x + beta for each channel; what batch normalisation becomes after training."""

    gamma: NDArray[np.float32]
    beta: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Relu:
    """`relu_`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """`max_pool_` or `avg_pool_`; a window of (0, 0) is the whole map."""

    average: bool
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tag:
    """Remembers its input under a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Gives what the nearest tag of this name remembered."""

    name: str


@dataclass(frozen=True, slots=True)
class AddPrevious:
    """`add_prev_`: adds what the tag remembered; the smaller operand is padded with zeros at its far ends."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullyConnected:
    """`fc_` without bias: weights (inputs, outputs)."""

    weights: NDArray[np.float32]


Layer = Convolution | Affine | Relu | Pool | Tag | Skip | AddPrevious | FullyConnected


class _Reader:
    """A cursor over the file. Nothing is allocated by a length before that many bytes are known to be there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def refuse(self, why: str) -> ModelRefused:
        return ModelRefused(f"dlib weights, byte {self.at}: {why}")

    def take(self, count: int) -> bytes:
        if count > len(self._content) - self.at:
            raise self.refuse(f"{count} bytes are announced, {len(self._content) - self.at} are left")
        self.at += count
        return self._content[self.at - count : self.at]

    def integer(self) -> int:
        control = self.take(1)[0]
        count = control & 0x0F
        if control & 0x70 or not 1 <= count <= _MAX_INTEGER_BYTES:
            raise self.refuse(f"{control:#04x} does not begin an integer")
        magnitude = int.from_bytes(self.take(count), "little")
        return -magnitude if control & 0x80 else magnitude

    def size(self) -> int:
        value = self.integer()
        if value < 0:
            raise self.refuse(f"a size is {value}")
        return value

    def pair(self) -> tuple[int, int]:
        return self.size(), self.size()

    def number(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as failure:
            raise self.refuse("a number is not finite") from failure

    def truth(self) -> bool:
        character = self.take(1)
        if character not in {b"0", b"1"}:
            raise self.refuse(f"{character!r} is not a truth value")
        return character == b"1"

    def expect(self, *values: int) -> None:
        found = tuple(self.integer() for _ in values)
        if found != values:
            raise self.refuse(f"expected {values}, found {found}")

    def expect_name(self, name: str) -> None:
        length = self.size()
        found = self.take(length) if length == len(name) else b""
        if found != name.encode("ascii"):
            raise self.refuse(f"expected the layer {name}")

    def alias(self) -> tuple[int, ...]:
        """Shape of a part of a layer's parameters."""
        self.expect(1)
        return tuple(self.size() for _ in range(4))

    def tensor(self) -> NDArray[np.float32]:
        self.expect(2)
        shape = tuple(self.size() for _ in range(4))
        values = np.frombuffer(self.take(4 * math.prod(shape)), dtype="<f4")
        if not np.isfinite(values).all():
            raise self.refuse("a weight is not finite")
        return values.reshape(shape).astype(np.float32)

    def parts(self, values: NDArray[np.float32], *shapes: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """Cut a layer's parameters, stored as one tensor, into tensors of these shapes."""
        sizes = [math.prod(shape) for shape in shapes]
        if sum(sizes) != values.size:
            raise self.refuse(f"{values.size} parameters do not fill {shapes}")
        cuts = np.split(values.reshape(-1), np.cumsum(sizes)[:-1])
        return [cut.reshape(shape) for cut, shape in zip(cuts, shapes, strict=True)]


def read_metric_network(content: bytes, names: Sequence[str]) -> tuple[Input, list[Layer]]:
    """The input layer and the layers, from input to output, of a network under dlib's `loss_metric`.

    Args:
        content: the whole file.
        names: dlib's names of the layers from input to output: con_4, affine_, relu_, max_pool_2, avg_pool_2, fc_2,
            and tag<n>, skip<n>, add_prev_:<tag>.

    Raises:
        ModelRefused: the bytes do not spell this network, or something follows it.
    """
    reader = _Reader(content)
    reader.expect(1)
    reader.expect_name("loss_metric_2")
    _margin, _threshold = reader.number(), reader.number()
    for name in reversed(names[1:]):
        reader.expect(1 if name.startswith(("tag", "skip")) else 2)
    reader.expect(3)  # the layer that holds the input layer
    first = _input(reader)
    layers = [_layer(reader, names[0])]
    reader.expect(1)  # samples that the input layer makes of one picture
    layers += [_layer(reader, name) for name in names[1:]]
    if reader.at != len(content):
        raise reader.refuse(f"{len(content) - reader.at} bytes follow the network")
    return first, layers


def _input(reader: _Reader) -> Input:
    reader.expect_name("input_rgb_image_sized")
    mean = (reader.number(), reader.number(), reader.number())
    height, width = reader.pair()
    return Input(mean=mean, height=height, width=width)


def _layer(reader: _Reader, name: str) -> Layer:
    if name.startswith("tag"):
        return Tag(name)
    if name.startswith("skip"):
        return Skip(name.replace("skip", "tag"))
    kind, _, tag = name.partition(":")
    reader.expect_name(kind)
    layer = _fields(reader, kind, tag)
    _working_memory(reader)
    return layer


def _fields(reader: _Reader, kind: str, tag: str) -> Layer:
    match kind:
        case "con_4":
            return _convolution(reader)
        case "affine_":
            return _affine(reader)
        case "relu_":
            return Relu()
        case "max_pool_2" | "avg_pool_2":
            return Pool(average=kind == "avg_pool_2", window=reader.pair(), stride=reader.pair(), padding=reader.pair())
        case "add_prev_":
            return AddPrevious(tag)
        case "fc_2":
            return _fully_connected(reader)
        case _:
            raise reader.refuse(f"the layer {kind} is not known")


def _convolution(reader: _Reader) -> Convolution:
    parameters = reader.tensor()
    filters, window = reader.size(), reader.pair()
    stride, padding = reader.pair(), reader.pair()
    shape, bias_shape = reader.alias(), reader.alias()
    _learning_rates(reader)
    if (shape[0], *shape[2:]) != (filters, *window) or bias_shape != (1, filters, 1, 1):
        raise reader.refuse(f"{filters} filters of {window} do not fit {shape} and {bias_shape}")
    weights, bias = reader.parts(parameters, shape, (filters,))
    return Convolution(weights=weights, bias=bias, stride=stride, padding=padding)


def _affine(reader: _Reader) -> Affine:
    parameters = reader.tensor()
    shape, beta_shape = reader.alias(), reader.alias()
    reader.expect(0)  # one gamma and beta a channel
    if shape != beta_shape or shape != (1, shape[1], 1, 1):
        raise reader.refuse(f"gamma is {shape}, beta is {beta_shape}")
    gamma, beta = reader.parts(parameters, (shape[1],), (shape[1],))
    return Affine(gamma=gamma, beta=beta)


def _fully_connected(reader: _Reader) -> FullyConnected:
    outputs, inputs = reader.size(), reader.size()
    parameters = reader.tensor()
    shape, bias_shape = reader.alias(), reader.alias()
    reader.expect(1)  # without bias
    _learning_rates(reader)
    if shape != (inputs, outputs, 1, 1) or bias_shape != _EMPTY:
        raise reader.refuse(f"{inputs} inputs and {outputs} outputs do not fit {shape} and {bias_shape}")
    (weights,) = reader.parts(parameters, (inputs, outputs))
    return FullyConnected(weights=weights)


def _learning_rates(reader: _Reader) -> None:
    for _ in range(4):  # rate and decay of weights and of biases
        reader.number()


def _working_memory(reader: _Reader) -> None:
    """Three flags and three tensors of the training run, which a cleaned network has emptied."""
    for _ in range(3):
        reader.truth()
    for _ in range(3):
        reader.expect(2, *_EMPTY)
