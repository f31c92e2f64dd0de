"""Trained models as small as they can be, without a training library."""

import json
from datetime import datetime

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from visavis.types import Artefact, ModelKind, Scenario

WIDTH = 4


def behaviour_artefact(scenario: Scenario, now: datetime, *, seed: int = 0) -> Artefact:
    """A recurrent step tanh(h R + x W), whose heads are the same whatever happened."""
    rng = np.random.default_rng(seed)
    classes = list(scenario.behaviour_classes)
    vocabulary = {
        "kinds": list(scenario.event_types),
        "items": list(scenario.items),
        "placements": list(scenario.placements),
        "classes": classes,
    }
    weights = {
        "R": rng.normal(0, 0.5, (WIDTH, WIDTH)).astype(np.float32),
        "W": rng.normal(0, 0.5, (4, WIDTH)).astype(np.float32),
        "heads": np.array([[1 / len(classes)] * len(classes) + [10.0, 0.0]], np.float32),
        "H": np.zeros((WIDTH, len(classes) + 2), np.float32),
    }
    step = _model(
        [
            helper.make_node("MatMul", ["carried", "R"], ["a"]),
            helper.make_node("MatMul", ["decimals", "W"], ["b"]),
            helper.make_node("Add", ["a", "b"], ["c"]),
            helper.make_node("Tanh", ["c"], ["h"]),
            helper.make_node("MatMul", ["h", "H"], ["zeros"]),
            helper.make_node("Add", ["zeros", "heads"], ["said"]),
            helper.make_node("Concat", ["h", "said"], ["row"], axis=1),
        ],
        {"names": (TensorProto.INT64, 3), "decimals": (TensorProto.FLOAT, 4), "carried": (TensorProto.FLOAT, WIDTH)},
        ("row", WIDTH + len(classes) + 2),
        weights,
    )
    items = _model(
        [helper.make_node("MatMul", ["hidden", "I"], ["logits"])],
        {"hidden": (TensorProto.FLOAT, WIDTH)},
        ("logits", len(scenario.items)),
        {"I": rng.normal(0, 1, (WIDTH, len(scenario.items))).astype(np.float32)},
    )
    document = {"format": 1, "vocabulary": vocabulary, "width": WIDTH, "carried": WIDTH}
    return Artefact(
        kind=ModelKind.BEHAVIOUR,
        scenario=scenario.name,
        files={
            "network.json": json.dumps(document).encode(),
            "step.onnx": step,
            "step.int8.onnx": step,
            "items.onnx": items,
        },
        meta={"seed": seed},
        made_at=now,
    )


def _model(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, tuple[int, int]],
    output: tuple[str, int],
    weights: dict[str, np.ndarray],
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, kind, ["B", size]) for name, (kind, size) in inputs.items()],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, ["B", output[1]])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = model.SerializeToString()
    return content
