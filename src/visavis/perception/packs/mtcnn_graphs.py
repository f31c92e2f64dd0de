"""P-Net, R-Net and O-Net as ONNX graphs, from the weights of the package mtcnn 1.0.0.

The networks are those of Zhang et al. (2016), "Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks". The package runs them in Keras: pictures are (N, H, W, 3) RGB, y before x, normalised as
(pixel - 127.5) / 128; kernels are (rows, columns, channels, filters). Before the dense layers it swaps H and W and
flattens (W, H, C). Here the kernels are turned to (filters, channels, rows, columns) and the first dense layer's rows
are sorted to (C, H, W), so that nothing is permuted at run time. The classifier's two-way softmax (class 1 is "face")
is written as the sigmoid of the difference of its two inputs: the same number from one filter instead of two.

Offsets are (left, top, right, bottom) as parts of the box's width and height. Landmarks are parts of the box too, in
the order of `visavis.types.Face`: picture-left eye, right eye, nose, mouth left, mouth right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.perception.packs.graph_writer import Graph

PIXEL_MEAN = 127.5
PIXEL_SCALE = 1 / 128
_LANDMARKS = 5

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Pooling:
    """Max pooling by 2 that keeps the incomplete window at the far end, or drops it."""

    window: int
    keep_rest: bool


_R_POOLING = (_Pooling(3, keep_rest=True), _Pooling(3, keep_rest=False), None)
_O_POOLING = (_Pooling(3, keep_rest=True), _Pooling(3, keep_rest=False), _Pooling(2, keep_rest=True), None)


class _Arrays:
    """The package's arrays, taken in order."""

    def __init__(self, net: str, arrays: Sequence[Weights]) -> None:
        self._net = net
        self._arrays = list(arrays)

    def take(self, dimensions: int) -> Weights:
        if not self._arrays or self._arrays[0].ndim != dimensions:
            raise ModelRefused(f"the weights of {self._net} are not those of mtcnn 1.0.0")
        return self._arrays.pop(0)

    def kernel(self) -> Weights:
        return self.take(4).transpose(3, 2, 0, 1)

    def slope(self) -> Weights:
        return self.take(3).reshape(-1, 1, 1)


def p_net(arrays: Sequence[Weights]) -> bytes:
    """Proposals for every 12 x 12 window, 2 pixels apart.

    image (N, H, W, 3) -> scores (N, h, w), offsets (N, 4, h, w) with h = ceil((H - 2) / 2) - 4, likewise w.
    """
    graph, weights = Graph("pnet", None, None), _Arrays("P-Net", arrays)
    value = _trunk(graph, weights, (_Pooling(2, keep_rest=True), None, None))
    offsets, offsets_bias = weights.kernel(), weights.take(1)
    face, face_bias = _difference(weights.kernel(), weights.take(1))
    kernel, bias = np.concatenate([offsets, face]), np.concatenate([offsets_bias, face_bias])
    boxes, logit = graph.nodes(
        "Split", 2, graph.convolution(value, kernel, bias), graph.constant(np.array([4, 1], np.int64)), axis=1
    )
    scores = graph.node("Squeeze", graph.node("Sigmoid", logit), graph.constant(np.array([1], np.int64)))
    graph.output(scores, "scores", ("N", "h", "w"))
    graph.output(boxes, "offsets", ("N", 4, "h", "w"))
    return graph.to_bytes()


def r_net(arrays: Sequence[Weights]) -> bytes:
    """Refined boxes: image (N, 24, 24, 3) -> scores (N,), offsets (N, 4)."""
    graph, weights = Graph("rnet", 24, 24), _Arrays("R-Net", arrays)
    value = _dense_trunk(graph, weights, _R_POOLING, side=3)
    offsets, offsets_bias = weights.take(2), weights.take(1)
    face, face_bias = weights.take(2), weights.take(1)
    _scores(graph, value, face, face_bias)
    graph.output(graph.dense(value, offsets, offsets_bias), "offsets", ("N", 4))
    return graph.to_bytes()


def o_net(arrays: Sequence[Weights]) -> bytes:
    """Final boxes: image (N, 48, 48, 3) -> scores (N,), offsets (N, 4), landmarks (N, 5, 2) as (x, y)."""
    graph, weights = Graph("onet", 48, 48), _Arrays("O-Net", arrays)
    value = _dense_trunk(graph, weights, _O_POOLING, side=3)
    offsets, offsets_bias = weights.take(2), weights.take(1)
    points, points_bias = weights.take(2), weights.take(1)
    face, face_bias = weights.take(2), weights.take(1)
    _scores(graph, value, face, face_bias)
    graph.output(graph.dense(value, offsets, offsets_bias), "offsets", ("N", 4))
    interleave = np.arange(2 * _LANDMARKS).reshape(2, _LANDMARKS).T.reshape(-1)  # x1..x5 y1..y5 -> x1 y1 .. x5 y5
    flat = graph.dense(value, points[:, interleave], points_bias[interleave])
    pairs = graph.node("Reshape", flat, graph.constant(np.array([-1, _LANDMARKS, 2], np.int64)))
    graph.output(pairs, "landmarks", ("N", _LANDMARKS, 2))
    return graph.to_bytes()


def _trunk(graph: Graph, weights: _Arrays, poolings: Sequence[_Pooling | None]) -> str:
    value = graph.picture([PIXEL_MEAN] * 3)
    for number, pooling in enumerate(poolings):
        kernel = weights.kernel() * np.float32(PIXEL_SCALE if number == 0 else 1)
        value = graph.convolution(value, kernel, weights.take(1))
        value = graph.prelu(value, weights.slope())
        if pooling is not None:
            window = [pooling.window] * 2
            value = graph.node("MaxPool", value, kernel_shape=window, strides=[2, 2], ceil_mode=int(pooling.keep_rest))
    return value


def _dense_trunk(graph: Graph, weights: _Arrays, poolings: Sequence[_Pooling | None], side: int) -> str:
    value = graph.node("Flatten", _trunk(graph, weights, poolings))
    kernel = weights.take(2)
    outputs = kernel.shape[1]
    by_channel = kernel.reshape(side, side, -1, outputs).transpose(2, 1, 0, 3)  # (W, H, C, outputs) -> (C, H, W, ...)
    value = graph.dense(value, by_channel.reshape(-1, outputs), weights.take(1))
    return graph.prelu(value, weights.take(1))


def _scores(graph: Graph, value: str, kernel: Weights, bias: Weights) -> None:
    difference, difference_bias = _difference(kernel.T, bias)
    logit = graph.dense(value, difference.T, difference_bias)
    scores = graph.node("Squeeze", graph.node("Sigmoid", logit), graph.constant(np.array([1], np.int64)))
    graph.output(scores, "scores", ("N",))


def _difference(kernel: Weights, bias: Weights) -> tuple[Weights, Weights]:
    """softmax(z)[1] = sigmoid(z[1] - z[0]); the classes are on the first axis."""
    return kernel[1:] - kernel[:1], bias[1:] - bias[:1]
