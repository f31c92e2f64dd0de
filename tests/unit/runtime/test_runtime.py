"""Model files come from outside: only the declared network runs, whatever the file tries."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from visavis import runtime
from visavis.errors import ChecksumMismatch, ModelRefused
from visavis.runtime import DType, Model, TensorSpec, load_model

X = TensorSpec(name="x", dtype=DType.FLOAT32, shape=(None, 2))
Y = TensorSpec(name="y", dtype=DType.FLOAT32, shape=(None, 2))
DATA = Path(__file__).parents[4] / "shared" / "data" / "models"


def doubling(**changes: object) -> onnx.ModelProto:
    """A model of y = x * 2 for x (N, 2)."""
    two = numpy_helper.from_array(np.array([2, 2], np.float32), "two")
    given = {
        "nodes": [helper.make_node("Mul", ["x", "two"], ["y"])],
        "name": "doubling",
        "inputs": [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        "outputs": [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])],
        "initializer": [two],
    }
    graph = helper.make_graph(**(given | changes))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write(folder: Path, content: bytes | onnx.ModelProto) -> tuple[Path, str]:
    data = content if isinstance(content, bytes) else content.SerializeToString()
    path = folder / "model.onnx"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def load(folder: Path, content: bytes | onnx.ModelProto, **changes: object) -> Model:
    path, sha256 = write(folder, content)
    return load_model(path, **({"sha256": sha256, "inputs": [X], "outputs": [Y]} | changes))


def test_a_sound_model_runs(tmp_path: Path) -> None:
    """2 * (1, -3) = (2, -6)."""
    (y,) = load(tmp_path, doubling()).run(np.array([[1, -3]], np.float32))
    assert y.tolist() == [[2, -6]]


def test_no_rows_give_no_rows(tmp_path: Path) -> None:
    """An empty batch is a batch."""
    (y,) = load(tmp_path, doubling()).run(np.zeros((0, 2), np.float32))
    assert y.shape == (0, 2)


def test_threads_share_one_model(tmp_path: Path) -> None:
    """Many callers at once get each their own answer."""
    model = load(tmp_path, doubling(), threads=2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: model.run(np.full((3, 2), i, np.float32))[0].max(), range(64)))
    assert answers == [2 * i for i in range(64)]


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """ONNX Runtime would warn of an unused weight on the terminal; we keep it quiet."""
    unused = numpy_helper.from_array(np.zeros(3, np.float32), "unused")
    model = doubling()
    model.graph.initializer.append(unused)
    load(tmp_path, model).run(np.zeros((1, 2), np.float32))
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_another_file_is_a_checksum_mismatch(tmp_path: Path) -> None:
    """One changed byte is noticed before the file is looked into."""
    path, sha256 = write(tmp_path, doubling())
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ChecksumMismatch, match=r"model\.onnx"):
        load_model(path, sha256=sha256, inputs=[X], outputs=[Y])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><body>404: Not Found</body></html>",
        b"\x80\x04\x95",
        bytes(range(256)) * 16,
        doubling().SerializeToString()[:-7],
        onnx.ModelProto(ir_version=8).SerializeToString(),
    ],
    ids=["empty", "html", "pickle", "noise", "truncated", "without a graph"],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """Downloads that went wrong end in one clear error."""
    with pytest.raises(ModelRefused):
        load(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(ModelRefused, match=r"gone\.onnx"):
        load_model(tmp_path / "gone.onnx", sha256="0" * 64, inputs=[X], outputs=[Y])


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on the bytes of the file."""
    size = len(doubling().SerializeToString())
    monkeypatch.setattr(runtime, "MAX_MODEL_BYTES", size)
    load(tmp_path, doubling())
    monkeypatch.setattr(runtime, "MAX_MODEL_BYTES", size - 1)
    with pytest.raises(ModelRefused, match="larger than"):
        load(tmp_path, doubling())


def external(tensor: onnx.TensorProto) -> onnx.TensorProto:
    """The same tensor with its values in /etc/passwd."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def outside_weight() -> onnx.TensorProto:
    return external(numpy_helper.from_array(np.array([2, 2], np.float32), "two"))


def branch(tensor: onnx.TensorProto) -> onnx.GraphProto:
    node = helper.make_node("Constant", [], ["b"], value=tensor)
    return helper.make_graph([node], "branch", [], [helper.make_tensor_value_info("b", TensorProto.FLOAT, [2])])


def in_initializer() -> onnx.ModelProto:
    return doubling(initializer=[outside_weight()])


def in_attribute() -> onnx.ModelProto:
    constant = helper.make_node("Constant", [], ["two"], value=outside_weight())
    return doubling(nodes=[constant, helper.make_node("Mul", ["x", "two"], ["y"])], initializer=[])


def in_branch() -> onnx.ModelProto:
    inside = numpy_helper.from_array(np.array([2, 2], np.float32))
    condition = helper.make_node("Constant", [], ["always"], value=numpy_helper.from_array(np.array(True)))
    choice = helper.make_node(
        "If", ["always"], ["two"], then_branch=branch(inside), else_branch=branch(outside_weight())
    )
    return doubling(nodes=[condition, choice, helper.make_node("Mul", ["x", "two"], ["y"])], initializer=[])


def in_function() -> onnx.ModelProto:
    constant = helper.make_node("Constant", [], ["two"], value=outside_weight())
    model = doubling()
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "two", [], ["two"], [constant], opset))
    return model


@pytest.mark.parametrize("model", [in_initializer, in_attribute, in_branch, in_function])
def test_weights_in_other_files_are_refused(tmp_path: Path, model: object) -> None:
    """A model file cannot make us read another file, wherever it hides the wish."""
    with pytest.raises(ModelRefused, match="another file"):
        load(tmp_path, model())


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": [TensorSpec(name="z", dtype=DType.FLOAT32, shape=(None, 2))]},
        {"inputs": [TensorSpec(name="x", dtype=DType.UINT8, shape=(None, 2))]},
        {"inputs": [TensorSpec(name="x", dtype=DType.FLOAT32, shape=(None, 3))]},
        {"inputs": [TensorSpec(name="x", dtype=DType.FLOAT32, shape=(None, 2, 1))]},
        {"inputs": []},
        {"inputs": [X, TensorSpec(name="z", dtype=DType.FLOAT32, shape=(1,))]},
        {"outputs": [TensorSpec(name="z", dtype=DType.FLOAT32, shape=(None, 2))]},
        {"outputs": [TensorSpec(name="y", dtype=DType.INT64, shape=(None, 2))]},
        {"outputs": [TensorSpec(name="y", dtype=DType.FLOAT32, shape=(None, 4))]},
    ],
)
def test_other_inputs_or_outputs_than_declared_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    """Name, element type and shape must all be the declared ones."""
    with pytest.raises(ModelRefused, match=r"model\.onnx"):
        load(tmp_path, doubling(), **changes)


def test_a_size_that_the_model_fixes_cannot_be_declared_free(tmp_path: Path) -> None:
    """A model for single rows does not pass for one that takes any number."""
    fixed = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])]
    with pytest.raises(ModelRefused, match="declared"):
        load(tmp_path, doubling(inputs=fixed))


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """The runtime loads it; only whoever reads the name of the dimension finds out."""
    content = doubling().SerializeToString().replace(b"\x12\x01N", b"\x12\x01\x80")
    path, sha256 = write(tmp_path, content)
    with pytest.raises(ModelRefused):
        load_model(path, sha256=sha256, inputs=[X], outputs=[Y])


def test_an_unknown_operator_is_refused(tmp_path: Path) -> None:
    """What ONNX Runtime cannot run is refused at load, not at the first face."""
    with pytest.raises(ModelRefused):
        load(tmp_path, doubling(nodes=[helper.make_node("Melt", ["x"], ["y"], domain="nowhere")]))


@pytest.mark.parametrize("array", [np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float64), np.zeros(2, np.float32)])
def test_an_array_of_another_shape_or_type_is_a_mistake_of_the_caller(tmp_path: Path, array: np.ndarray) -> None:
    """The error says what was wanted and what was given."""
    with pytest.raises(ValueError, match=r"x must be float32 of \(None, 2\), got"):
        load(tmp_path, doubling()).run(array)


def test_a_network_that_fails_while_running_is_refused(tmp_path: Path) -> None:
    """The weights (2,) do not fit rows of 3; only running shows it."""
    free = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "M"])]
    spec = TensorSpec(name="x", dtype=DType.FLOAT32, shape=(None, None))
    model = load(tmp_path, doubling(inputs=free), inputs=[spec])
    with pytest.raises(ModelRefused, match="while running"):
        model.run(np.zeros((1, 3), np.float32))


def test_at_least_one_thread(tmp_path: Path) -> None:
    """Zero would mean "as many as there are cores", which is not the caller's word."""
    with pytest.raises(ValueError, match="threads"):
        load(tmp_path, doubling(), threads=0)


@pytest.mark.shared_data
def test_a_page_that_was_downloaded_instead_of_a_model_is_refused() -> None:
    """A real HTML page under the name of a model."""
    path = DATA / "not_a_model.onnx"
    if not path.exists():
        pytest.skip(f"public test data is absent: {path}")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(ModelRefused, match="not an ONNX file"):
        load_model(path, sha256=sha256, inputs=[X], outputs=[Y])


@pytest.mark.shared_data
def test_a_model_made_by_others_runs() -> None:
    """MiniFASNetV2, exported by its authors: 80 x 80 BGR in, three logits out."""
    path = DATA / "MiniFASNetV2.onnx"
    if not path.exists():
        pytest.skip(f"public test data is absent: {path}")
    declared = onnx.load(path).graph
    image = TensorSpec(name=declared.input[0].name, dtype=DType.FLOAT32, shape=(1, 3, 80, 80))
    logits = TensorSpec(name=declared.output[0].name, dtype=DType.FLOAT32, shape=(1, 3))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (out,) = load_model(path, sha256=sha256, inputs=[image], outputs=[logits]).run(np.zeros((1, 3, 80, 80), np.float32))
    assert out.shape == (1, 3)
    assert np.isfinite(out).all()
