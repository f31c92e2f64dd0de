"""dlib's face embedder (`dlib_face_recognition_resnet_model_v1`) as an ONNX graph.

A ResNet with 29 convolutions after He et al. (2016), with fewer layers and half the filters, trained by Davis E. King
with dlib's metric loss (dlib/examples/dnn_face_recognition_ex.cpp). Each `affine_` is folded into the convolution
before it. Where the two operands of a sum differ in channels, rows or columns, dlib pads the smaller with zeros at the
far end; so does the graph.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.perception.packs.dlib_weights import (
    AddPrevious,
    Affine,
    Convolution,
    FullyConnected,
    Input,
    Layer,
    Pool,
    Relu,
    Skip,
    Tag,
)
from visavis.perception.packs.graph_writer import Graph

_RESIDUAL = ("tag1", "con_4", "affine_", "relu_", "con_4", "affine_", "add_prev_:tag1", "relu_")
_DOWN = (
    *("tag1", "con_4", "affine_", "relu_", "con_4", "affine_", "tag2"),
    *("skip1", "avg_pool_2", "add_prev_:tag2", "relu_"),
)
LAYERS = (
    *("con_4", "affine_", "relu_", "max_pool_2"),
    *(_RESIDUAL * 3 + _DOWN + _RESIDUAL * 3 + _DOWN + _RESIDUAL * 2 + _DOWN + _RESIDUAL * 2 + _DOWN),
    *("avg_pool_2", "fc_2"),
)
"""dlib's names of the network's layers, from input to output."""

Shape = tuple[int, int, int]  # channels, rows, columns
Range = tuple[float, float]  # least, greatest value


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    shape: Shape
    steps: tuple[float, int] | None = None  # size of a step and which step is 0, where it is quantised


def embedder(first: Input, layers: Sequence[Layer]) -> bytes:
    """The graph: image (N, H, W, 3) -> descriptor (N, D) as dlib gives it, embedding (N, D) of length 1.

    Raises:
        ModelRefused: the layers do not fit each other.
    """
    graph = Graph("embedder", first.height, first.width)
    value = _Value(graph.picture(first.mean), (3, first.height, first.width))
    tagged: dict[str, _Value] = {}
    for layer in _folded(layers):
        value = _add(graph, layer, value, tagged)
    _give(graph, value)
    return graph.to_bytes()


def integer_embedder(first: Input, layers: Sequence[Layer], ranges: Sequence[Range]) -> bytes:
    """The same network in whole numbers of 8 bits: its outputs are nearly those of `embedder`, in half the time.

    Weights are rounded filter by filter, values map by map (Jacob et al. 2018, arXiv:1712.05877).

    Args:
        first: the input layer.
        layers: the others.
        ranges: least and greatest value of each map that rests, as `resting_maps` gives them for typical faces.

    Raises:
        ModelRefused: the layers do not fit each other, or there is not one range for each map.
    """
    graph = Graph("embedder", first.height, first.width)
    value = _Value(graph.pixels(), (3, first.height, first.width), (1.0, 0))
    tagged: dict[str, _Value] = {}
    every = iter(ranges)
    try:
        for layer, rests in _resting(_without_mean(first, list(_folded(layers)))):
            value = _add(graph, layer, value, tagged)
            if rests:
                value = _quantised(graph, value, next(every))
            elif isinstance(layer, Pool) and value.steps is not None:
                value = replace(value, name=graph.quantised(value.name, *value.steps))
    except StopIteration:
        raise ModelRefused(f"dlib weights: {len(ranges)} ranges are too few") from None
    if next(every, None) is not None:
        raise ModelRefused(f"dlib weights: {len(ranges)} ranges are too many")
    _give(graph, value)
    return graph.to_bytes()


def resting_maps(first: Input, layers: Sequence[Layer]) -> bytes:
    """A graph that measures ranges: image (N, H, W, 3) -> lows (K,), highs (K,) of the K maps that rest.

    A map rests where the next layer reads it from memory: after a rectifier, and before a sum.
    """
    graph = Graph("resting_maps", first.height, first.width)
    value = _Value(graph.picture(first.mean), (3, first.height, first.width))
    tagged: dict[str, _Value] = {}
    lows, highs = [], []
    for layer, rests in _resting(list(_folded(layers))):
        value = _add(graph, layer, value, tagged)
        if rests:
            lows.append(graph.node("Reshape", graph.node("ReduceMin", value.name), graph.constant(np.array([1]))))
            highs.append(graph.node("Reshape", graph.node("ReduceMax", value.name), graph.constant(np.array([1]))))
    graph.output(graph.node("Concat", *lows, axis=0), "lows", (len(lows),))
    graph.output(graph.node("Concat", *highs, axis=0), "highs", (len(highs),))
    return graph.to_bytes()


def _give(graph: Graph, value: _Value) -> None:
    size = math.prod(value.shape)
    graph.output(value.name, "descriptor", ("N", size))
    graph.output(graph.node("LpNormalization", value.name, axis=-1, p=2), "embedding", ("N", size))


def _resting(layers: Sequence[Layer]) -> Iterator[tuple[Layer, bool]]:
    """Each layer, and whether a map of its own rests after it."""
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        own = isinstance(layer, (Convolution, Relu, AddPrevious))
        yield layer, own and not isinstance(following, Relu)


def _quantised(graph: Graph, value: _Value, within: Range) -> _Value:
    low, high = min(within[0], 0.0), max(within[1], 0.0)
    scale = (high - low) / 255
    steps = (scale, round(-low / scale))
    return _Value(graph.quantised(value.name, *steps), value.shape, steps)


def _without_mean(first: Input, layers: Sequence[Layer]) -> list[Layer]:
    """The layers for a picture from which no mean was taken: w (x - m) + b = w x + (b - w m).

    Holds at the picture's edge too, for the first convolution adds no border.
    """
    entry, *others = layers
    if not isinstance(entry, Convolution) or entry.padding != (0, 0):
        raise ModelRefused("dlib weights: the first layer is not a convolution without border")
    shift = entry.weights.sum(axis=(2, 3)) @ np.asarray(first.mean, np.float32)
    return [replace(entry, bias=entry.bias - shift), *others]


def _folded(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Layers without `affine_`: gamma * (w x + b) + beta = (gamma w) x + (gamma b + beta).

    The input's scale goes into the first weights.
    """
    scale = np.float32(1 / 256)
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, Convolution):
            if not isinstance(following, Affine) or following.gamma.shape != layer.bias.shape:
                raise ModelRefused("dlib weights: a convolution without its affine layer")
            gamma = following.gamma.reshape(-1, 1, 1, 1)
            yield Convolution(
                weights=layer.weights * gamma * scale,
                bias=layer.bias * following.gamma + following.beta,
                stride=layer.stride,
                padding=layer.padding,
            )
            scale = np.float32(1)
        elif not isinstance(layer, Affine):
            yield layer


def _add(graph: Graph, layer: Layer, value: _Value, tagged: dict[str, _Value]) -> _Value:
    match layer:
        case Convolution():
            return _convolution(graph, layer, value)
        case Relu():
            return _Value(graph.node("Relu", value.name), value.shape)
        case Pool():
            return _pool(graph, layer, value)
        case Tag(name):
            tagged[name] = value
            return value
        case Skip(name):
            return tagged[name]
        case AddPrevious(name):
            return _sum(graph, value, tagged[name])
        case FullyConnected(weights=weights):
            if value.shape != (weights.shape[0], 1, 1):
                raise ModelRefused(f"dlib weights: {weights.shape} does not take {value.shape}")
            flat = graph.node("Flatten", value.name)
            return _Value(graph.node("MatMul", flat, graph.constant(weights)), (weights.shape[1], 1, 1))
        case _:
            raise ModelRefused(f"dlib weights: {type(layer).__name__} stands in the wrong place")


def _convolution(graph: Graph, layer: Convolution, value: _Value) -> _Value:
    filters, channels, *window = layer.weights.shape
    if channels != value.shape[0]:
        raise ModelRefused(f"dlib weights: a convolution of {channels} channels follows {value.shape}")
    plain = (layer.weights, layer.bias, layer.stride, layer.padding)
    if value.steps is None:
        name = graph.convolution(value.name, *plain)
    else:
        name = graph.integer_convolution(value.name, value.steps[0], *plain)
    return _Value(name, (filters, *_windows(value.shape, window, layer.stride, layer.padding)))


def _pool(graph: Graph, layer: Pool, value: _Value) -> _Value:
    if layer.window == (0, 0):
        return _Value(graph.node("GlobalAveragePool", value.name), (value.shape[0], 1, 1))
    name = graph.node(
        "AveragePool" if layer.average else "MaxPool",
        value.name,
        kernel_shape=layer.window,
        strides=layer.stride,
        pads=[*layer.padding, *layer.padding],
    )
    shape = (value.shape[0], *_windows(value.shape, layer.window, layer.stride, layer.padding))
    return _Value(name, shape, value.steps)


def _windows(shape: Shape, window: Sequence[int], stride: tuple[int, int], padding: tuple[int, int]) -> tuple[int, int]:
    sides = [size + 2 * pad - width for size, width, pad in zip(shape[1:], window, padding, strict=True)]
    if min(sides) < 0 or min(stride) < 1:
        raise ModelRefused(f"dlib weights: a window of {tuple(window)} does not move over {shape}")
    rows, columns = (side // step + 1 for side, step in zip(sides, stride, strict=True))
    return rows, columns


def _sum(graph: Graph, left: _Value, right: _Value) -> _Value:
    channels, rows, columns = (max(sizes) for sizes in zip(left.shape, right.shape, strict=True))
    shape = (channels, rows, columns)
    return _Value(graph.node("Add", _padded(graph, left, shape), _padded(graph, right, shape)), shape)


def _padded(graph: Graph, value: _Value, shape: Shape) -> str:
    missing = [wanted - size for wanted, size in zip(shape, value.shape, strict=True)]
    if not any(missing):
        return value.name
    pads: NDArray[np.int64] = np.array([0, 0, 0, 0, 0, *missing], np.int64)
    return graph.node("Pad", value.name, graph.constant(pads))
