"""Write ONNX graphs, one node a call, the same bytes each time.

All graphs of the default pack take `image`: uint8 (N, H, W, 3), RGB. `Graph.picture` turns it to float32 (N, 3, H, W)
and subtracts the mean; the scale is left to the first convolution's weights.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from visavis.errors import ModelRefused

OPSET = 17  # ONNX 1.12; understood by every ONNX Runtime since 1.13
IR_VERSION = 8
WEIGHT_STEPS = 63  # to each side of 0: with 127, processors without VNNI overflow where two products are added


class Graph:
    """A graph under construction; values are named by the order in which they were made."""

    def __init__(self, name: str, height: int | None, width: int | None) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        shape = ("N", height or "H", width or "W", 3)
        self._input = helper.make_tensor_value_info("image", TensorProto.UINT8, shape)

    def constant(self, values: NDArray[Any]) -> str:
        """Name of a stored tensor."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Name of the only output of a new node."""
        (name,) = self.nodes(operator, 1, *inputs, **attributes)
        return name

    def nodes(self, operator: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Names of the `count` outputs of a new node."""
        names = [f"v{len(self._nodes)}_{i}" for i in range(count)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names

    def pixels(self) -> str:
        """The input as float32 (N, 3, H, W), in steps of 1 from 0 to 255."""
        planes = self.node("Transpose", "image", perm=[0, 3, 1, 2])
        return self.node(
            "DequantizeLinear", planes, self.constant(np.array(1, np.float32)), self.constant(np.array(0, np.uint8))
        )

    def picture(self, mean: Sequence[float]) -> str:
        """The input as float32 (N, 3, H, W), less the mean of each channel."""
        planes = self.node("Transpose", "image", perm=[0, 3, 1, 2])
        numbers = self.node("Cast", planes, to=TensorProto.FLOAT)
        return self.node("Sub", numbers, self.constant(np.asarray(mean, np.float32).reshape(1, 3, 1, 1)))

    def convolution(
        self,
        value: str,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
    ) -> str:
        """Cross-correlation with weights (filters, channels, rows, columns)."""
        names = (value, self.constant(weights), self.constant(bias))
        return self.node("Conv", *names, kernel_shape=weights.shape[2:], strides=stride, pads=[*padding, *padding])

    def quantised(self, value: str, scale: float, zero: int) -> str:
        """The value in steps of `scale`, from -zero to 255 - zero of them; what lies outside is cut off.

        ONNX Runtime computes with the steps themselves (uint8) where such values meet `integer_convolution`.
        """
        names = (self.constant(np.array(scale, np.float32)), self.constant(np.array(zero, np.uint8)))
        return self.node("DequantizeLinear", self.node("QuantizeLinear", value, *names), *names)

    def integer_convolution(
        self,
        value: str,
        value_scale: float,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
    ) -> str:
        """`convolution` of a value in steps of `value_scale`, with weights in `WEIGHT_STEPS` steps of each filter."""
        scales = np.maximum(np.abs(weights).max(axis=(1, 2, 3)), np.float32(1e-12)) / np.float32(WEIGHT_STEPS)
        steps = np.rint(weights / scales.reshape(-1, 1, 1, 1)).astype(np.int8)
        bias_scales = scales * np.float32(value_scale)
        names = (
            value,
            self._steps(steps, scales, np.int8),
            self._steps(np.rint(bias / bias_scales).astype(np.int32), bias_scales, np.int32),
        )
        return self.node("Conv", *names, kernel_shape=weights.shape[2:], strides=stride, pads=[*padding, *padding])

    def _steps(self, steps: NDArray[Any], scales: NDArray[np.float32], dtype: type) -> str:
        names = (self.constant(steps), self.constant(scales), self.constant(np.zeros(len(scales), dtype)))
        return self.node("DequantizeLinear", *names, axis=0)

    def dense(self, value: str, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """(N, inputs) times (inputs, outputs) plus bias."""
        return self.node("Gemm", value, self.constant(weights), self.constant(bias))

    def prelu(self, value: str, slope: NDArray[np.float32]) -> str:
        """PReLU: x where positive, slope * x elsewhere, for a slope that broadcasts to the value's shape.

        Written as x + (slope - 1) * min(x, 0): ONNX Runtime's own PRelu is not vectorised and took most of the
        networks' time (measured on one core for 10 x 94 x 126 values: 0.59 ms against 0.06 ms).
        """
        negative = self.node("Min", value, self.constant(np.zeros((), np.float32)))
        return self.node("Add", value, self.node("Mul", negative, self.constant(slope - np.float32(1))))

    def output(self, value: str, name: str, shape: Sequence[int | str]) -> None:
        """Give a float32 value to the outside under this name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def to_bytes(self) -> bytes:
        """The checked ONNX file; equal graphs give equal bytes.

        Raises:
            ModelRefused: the nodes do not fit each other.
        """
        graph = helper.make_graph(self._nodes, self._name, [self._input], self._outputs, self._constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="visavis")
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as failure:
            raise ModelRefused(f"the weights of {self._name} do not fit each other") from failure
        content: bytes = model.SerializeToString(deterministic=True)
        return content
