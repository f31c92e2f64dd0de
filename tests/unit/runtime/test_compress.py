"""Smaller networks give the answers of the larger, whoever else is asked about with them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from visavis.runtime import DType, TensorSpec, load_content
from visavis.runtime.compress import to_whole_weights

X = TensorSpec(name="x", dtype=DType.FLOAT32, shape=(None, 16))
Y = TensorSpec(name="y", dtype=DType.FLOAT32, shape=(None, 8))


def twice(rng: np.random.Generator) -> bytes:
    """Y = x A A B^T + c: one matrix used twice, one turned."""
    square, wide = rng.normal(size=(16, 16)).astype(np.float32), rng.normal(size=(8, 16)).astype(np.float32)
    weights = {"a": square, "b": wide, "c": np.ones(8, np.float32)}
    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["h"]),
        helper.make_node("MatMul", ["h", "a"], ["k"]),
        helper.make_node("Gemm", ["k", "b", "c"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "twice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 8])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def test_whole_weights_answer_nearly_alike_whoever_stands_beside() -> None:
    """Within 2 % of the largest; a row of a million times larger values changes nobody else's answer."""
    rng = np.random.default_rng(1)
    content = twice(rng)
    small = to_whole_weights(content)
    plain, whole = (load_content(one, name="m", inputs=[X], outputs=[Y]) for one in (content, small))
    rows = rng.normal(size=(32, 16)).astype(np.float32)
    (wanted,), (found,) = plain.run(rows), whole.run(rows)
    assert np.abs(found - wanted).max() < 0.02 * np.abs(wanted).max()
    assert (found != wanted).any()
    rows[0] *= 1e6
    (beside,) = whole.run(rows)
    np.testing.assert_allclose(beside[1:], found[1:], rtol=1e-4, atol=1e-4)


def test_the_large_matrices_are_gone() -> None:
    kept = {
        one.name: one.data_type
        for one in onnx.load_from_string(to_whole_weights(twice(np.random.default_rng(2)))).graph.initializer
    }
    assert kept == {
        "c": TensorProto.FLOAT,
        "a.whole": TensorProto.INT8,
        "a.scale": TensorProto.FLOAT,
        "b.whole": TensorProto.INT8,
        "b.scale": TensorProto.FLOAT,
    }
