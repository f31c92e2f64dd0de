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
    """An ONNX network whose matrices are eight-bit numbers; what they are multiplied with is measured as it comes.

    Raises:
        ModelRefused: it cannot be converted.
    """
    with tempfile.TemporaryDirectory(prefix="visavis-quantise-") as folder:
        before, plain, after = (Path(folder) / name for name in ("before.onnx", "plain.onnx", "after.onnx"))
        before.write_bytes(content)
        try:
            quant_pre_process(before, plain, skip_symbolic_shape=True)
            quantization.quantize_dynamic(
                plain,
                after,
                op_types_to_quantize=["MatMul", "Gemm"],  # tables that are looked up stay exact
                per_channel=True,
                weight_type=quantization.QuantType.QInt8,
            )
        except Exception as failure:  # the quantiser's own errors have no base class
            raise ModelRefused(f"it cannot be brought to whole numbers: {type(failure).__name__}") from failure
        return after.read_bytes()


class _Samples(quantization.CalibrationDataReader):  # type: ignore[misc]  # untyped base
    def __init__(self, tensor: str, samples: Sequence[NDArray[Any]]) -> None:
        self._left = iter([{tensor: np.ascontiguousarray(sample)} for sample in samples])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        return next(self._left, None)
