"""From PyTorch to one self-contained ONNX file that names nothing of the machine it was made on."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from visavis.errors import ModelRefused


def exported(
    network: nn.Module,
    examples: tuple[Tensor, ...],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    dynamic: Sequence[dict[int, Any] | None],
) -> bytes:
    """The network as ONNX.

    Args:
        network: as it is to be used.
        examples: one array an input; an axis that may differ holds at least 2.
        inputs: their names.
        outputs: names of what it gives.
        dynamic: of each input, axis -> `torch.export.Dim`, where it may differ.

    Raises:
        ModelRefused: PyTorch exported nothing.
    """
    with _quiet():
        program = torch.onnx.export(
            network,
            examples,
            dynamo=True,
            dynamic_shapes=tuple(dynamic),
            input_names=list(inputs),
            output_names=list(outputs),
            verbose=False,
        )
    if program is None:
        raise ModelRefused("PyTorch exported nothing")
    model: onnx.ModelProto = program.model_proto
    _forget_origin(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove what PyTorch notes about the machine: names of source files and calls."""
    del model.metadata_props[:]
    model.doc_string = ""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch speaks of missing torchvision and of its own deprecations while it exports; neither is ours."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(level)
