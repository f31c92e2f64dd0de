"""The only door to ONNX Runtime: load a model whose bytes, inputs and outputs are the declared ones, and run it.

A model file comes from outside. It is read once, bounded in size, compared with its SHA-256 before anything looks
into it, refused when it points at other files, and run on the CPU with as many threads as the caller gives.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from visavis.errors import ChecksumMismatch, ModelRefused

MAX_MODEL_BYTES = 512 * 2**20
_NOTHING_BUT_FATAL = 4
_RUNTIME_ERRORS = (  # ONNX Runtime's exceptions have no base class of their own
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


class DType(StrEnum):
    """Element types that models may take and give."""

    UINT8 = "uint8"
    FLOAT32 = "float32"
    INT64 = "int64"


_ORT_TYPES = {"tensor(uint8)": DType.UINT8, "tensor(float)": DType.FLOAT32, "tensor(int64)": DType.INT64}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """Name, element type and shape of one input or output; None is a dimension that differs from run to run."""

    name: str
    dtype: DType
    shape: tuple[int | None, ...]

    def accepts(self, array: NDArray[Any]) -> bool:
        """Whether the array has this element type and shape."""
        return array.dtype == np.dtype(self.dtype.value) and _fits(array.shape, self.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A loaded network. `run` may be called from several threads at once."""

    sha256: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    session: ort.InferenceSession = field(repr=False)

    def run(self, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """The outputs in their declared order.

        Raises:
            ValueError: an array is not of its declared element type and shape.
            ModelRefused: the network failed on these arrays.
        """
        feeds = {}
        for spec, array in zip(self.inputs, arrays, strict=True):
            if not spec.accepts(array):
                raise ValueError(
                    f"{spec.name} must be {spec.dtype} of {spec.shape}, got {array.dtype} of {array.shape}"
                )
            feeds[spec.name] = array
        try:
            return tuple(self.session.run([spec.name for spec in self.outputs], feeds))
        except _RUNTIME_ERRORS as failure:
            raise ModelRefused(f"the network failed while running: {_first_line(failure)}") from failure


def load_model(
    path: Path, *, sha256: str, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], threads: int = 1
) -> Model:
    """Load an ONNX model for the CPU.

    Args:
        path: the model; at most `MAX_MODEL_BYTES`, without external data.
        sha256: of the whole file, in lower-case hexadecimal.
        inputs: every input that the model has.
        outputs: the outputs that `run` gives; the model may have more.
        threads: threads inside one operator; at least 1. Results do not depend on it beyond float rounding.

    Raises:
        ChecksumMismatch: the file has another SHA-256.
        ModelRefused: it is missing, too large, not ONNX, uses other files, or has other inputs or outputs.
    """
    content = read_model(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ChecksumMismatch(f"{path.name} has sha256 {found[:12]}…, expected {sha256[:12]}…")
    return load_content(content, name=path.name, inputs=inputs, outputs=outputs, threads=threads)


def load_content(
    content: bytes, *, name: str, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec], threads: int = 1
) -> Model:
    """Load an ONNX model that is in memory; arguments and errors as `load_model`, `name` is for messages."""
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    _refuse_external_data(content, name)
    session = _session(content, name, threads)
    _compare(name, "input", inputs, session.get_inputs(), exhaustive=True)
    _compare(name, "output", outputs, session.get_outputs(), exhaustive=False)
    sha256 = hashlib.sha256(content).hexdigest()
    return Model(sha256=sha256, inputs=tuple(inputs), outputs=tuple(outputs), session=session)


def described(content: bytes, *, name: str) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Inputs and outputs that an ONNX model in memory has; `name` is for messages.

    Raises:
        ModelRefused: it is not ONNX, uses other files, or has tensors of a type that is not in `DType`.
    """
    _refuse_external_data(content, name)
    session = _session(content, name, 1)
    return tuple(_spec(arg, name) for arg in session.get_inputs()), tuple(_spec(a, name) for a in session.get_outputs())


def _session(content: bytes, name: str, threads: int) -> ort.InferenceSession:
    try:
        return ort.InferenceSession(content, _options(threads), providers=["CPUExecutionProvider"], enable_fallback=0)
    except _RUNTIME_ERRORS as failure:
        raise ModelRefused(f"{name}: {_first_line(failure)}") from failure
    except Exception as failure:  # a damaged file's names, sizes and types break more than the runtime's own checks
        raise ModelRefused(f"{name} cannot be loaded: {type(failure).__name__}") from failure


def _spec(arg: ort.NodeArg, name: str) -> TensorSpec:
    called, kind, sizes = _told(arg, name)
    if kind not in _ORT_TYPES:
        raise ModelRefused(f"{name}: {called!r} is {kind}; {', '.join(DType)} can be used")
    shape = tuple(size if isinstance(size, int) and size > 0 else None for size in sizes)
    return TensorSpec(name=called, dtype=_ORT_TYPES[kind], shape=shape)


def _told(arg: ort.NodeArg, name: str) -> tuple[str, str, Sequence[int | str | None]]:
    """Name, type and shape; the runtime reads the names in them only now."""
    try:
        return arg.name, arg.type, arg.shape
    except UnicodeDecodeError as failure:
        raise ModelRefused(f"{name}: a name of an input or output is no text") from failure


def read_model(path: Path) -> bytes:
    """A model file of at most `MAX_MODEL_BYTES`; raises ModelRefused."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MODEL_BYTES + 1)
    except OSError as failure:
        raise ModelRefused(f"{path.name} cannot be read: {failure.strerror}") from failure
    if len(content) > MAX_MODEL_BYTES:
        raise ModelRefused(f"{path.name} is larger than {MAX_MODEL_BYTES} bytes")
    return content


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = _NOTHING_BUT_FATAL  # failures come as exceptions; nothing is printed besides
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave cores to others
    return options


def _refuse_external_data(content: bytes, name: str) -> None:
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as failure:
        raise ModelRefused(f"{name} is not an ONNX file") from failure
    if not model.HasField("graph") or not model.graph.node:
        raise ModelRefused(f"{name} holds no network")
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ModelRefused(f"{name} keeps weights in another file; export it as one file")


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from _graph_tensors(model.graph)
    for function in model.functions:
        yield from _node_tensors(function.node)


def _graph_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _node_tensors(graph.node)


def _node_tensors(nodes: Sequence[onnx.NodeProto]) -> Iterator[onnx.TensorProto]:
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            yield from _graph_tensors(graph)


def _compare(
    name: str, role: str, declared: Sequence[TensorSpec], real: Sequence[ort.NodeArg], *, exhaustive: bool
) -> None:
    by_name = {told[0]: told for told in (_told(arg, name) for arg in real)}
    for spec in declared:
        told = by_name.get(spec.name)
        if told is None:
            raise ModelRefused(f"{name} has no {role} {spec.name!r}; it has {sorted(by_name)}")
        _, kind, sizes = told
        shape = tuple(size if isinstance(size, int) else None for size in sizes)
        if _ORT_TYPES.get(kind) is not spec.dtype or not _fits(spec.shape, shape):
            raise ModelRefused(
                f"{name}: {role} {spec.name!r} is {kind} of {shape}, declared {spec.dtype} of {spec.shape}"
            )
    if exhaustive and len(declared) != len(by_name):
        raise ModelRefused(f"{name} has the {role}s {sorted(by_name)}, declared {[spec.name for spec in declared]}")


def _fits(shape: Sequence[int | None], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))


def _first_line(failure: Exception) -> str:
    return str(failure).splitlines()[0][:200] if str(failure) else type(failure).__name__
