"""Smaller networks of the same answers, nearly: half-precision weights, or eight-bit whole numbers."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from visavis.errors import ModelRefused


def to_half(content: bytes) -> bytes:
    """An ONNX network with float16 weights; inputs and outputs stay float32.

    Raises:
        ModelRefused: it cannot be converted.
    """
    try:
        model = convert_float_to_float16(onnx.load_model_from_string(content), keep_io_types=True)
    except Exception as failure:  # the converter's own errors have no base class
        raise ModelRefused(f"it cannot be brought to half precision: {type(failure).__name__}") from failure
    return bytes(model.SerializeToString(deterministic=True))


def to_whole_numbers(content: bytes, tensor: str, samples: Sequence[NDArray[Any]]) -> bytes:
    """An ONNX network that multiplies eight-bit numbers, weights scaled channel by channel.

    Args:
        content: the float network.
        tensor: name of its input.
        samples: what it is fed with; the ranges of its inner values are measured on them.

    Raises:
        ModelRefused: it cannot be converted.
    """
    with tempfile.TemporaryDirectory(prefix="visavis-quantise-") as folder:
        before, plain, after = (Path(folder) / name for name in ("before.onnx", "plain.onnx", "after.onnx"))
        before.write_bytes(content)
        try:
            quant_pre_process(before, plain, skip_symbolic_shape=True)
            quantization.quantize_static(
                plain,
                after,
                _Samples(tensor, samples),
                per_channel=True,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.MinMax,
            )
        except Exception as failure:  # the quantiser's own errors have no base class
            raise ModelRefused(f"it cannot be brought to whole numbers: {type(failure).__name__}") from failure
        return after.read_bytes()


def to_whole_weights(content: bytes) -> bytes:
    """An ONNX network whose matrices rest as eight-bit whole numbers, a scale for each column that they give.

    What is multiplied stays float32: measured over a batch, one row with large values would take the others' digits.
    """
    model = onnx.load_model_from_string(content)
    weights = {one.name: one for one in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    made: dict[str, str] = {}  # matrix -> what stands for it
    for node in model.graph.node:
        matrix = weights.get(node.input[1]) if node.op_type in {"MatMul", "Gemm"} else None
        if matrix is not None and len(matrix.dims) == 2 and matrix.data_type == onnx.TensorProto.FLOAT:
            turned = any(one.name == "transB" and one.i for one in node.attribute)
            if matrix.name not in made:
                nodes.append(_whole(model.graph, matrix, axis=0 if turned else 1))
                made[matrix.name] = nodes[-1].output[0]
            node.input[1] = made[matrix.name]
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return bytes(model.SerializeToString(deterministic=True))


def _whole(graph: onnx.GraphProto, matrix: onnx.TensorProto, *, axis: int) -> onnx.NodeProto:
    """Put whole numbers and scales beside a matrix, and give the node that makes one of them: w ~ scale q."""
    values = onnx.numpy_helper.to_array(matrix)
    scale = np.maximum(np.abs(values).max(axis=1 - axis, keepdims=True), np.float32(1e-30)) / np.float32(127)
    whole = np.round(values / scale).astype(np.int8)
    names = [f"{matrix.name}.{part}" for part in ("whole", "scale", "float")]
    for name, array in zip(names, (whole, scale.ravel()), strict=False):
        graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    return onnx.helper.make_node("DequantizeLinear", names[:2], names[2:], axis=axis)


class _Samples(quantization.CalibrationDataReader):  # type: ignore[misc]  # untyped base
    def __init__(self, tensor: str, samples: Sequence[NDArray[Any]]) -> None:
        self._left = iter([{tensor: np.ascontiguousarray(sample)} for sample in samples])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._left, None)
