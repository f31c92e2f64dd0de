"""A manifest says everything, says it right, and is refused by the name of the field that does not."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import ManifestInvalid
from visavis.perception.packs import ModelKind, read_manifest
from visavis.perception.packs.manifest import MANIFEST_FILE, MAX_MANIFEST_BYTES, manifest_json, parse_manifest

POINT = {"false_match_rate": 1e-3, "threshold": 0.92, "impostor_pairs": 1000, "evidence": "a run"}


@pytest.fixture(scope="module")
def plain(pack_folder: Path) -> str:
    return (pack_folder / MANIFEST_FILE).read_text(encoding="utf-8")


def with_change(plain: str, path: str, value: object) -> str:
    """The manifest with another value at this path; ... takes the value away."""
    data = json.loads(plain)
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    place: Any = data
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(data)


def test_written_and_read_back(pack_folder: Path) -> None:
    """What is written is what is read."""
    manifest = read_manifest(pack_folder)
    assert parse_manifest(manifest_json(manifest)) == manifest


def test_the_default_pack_names_its_licences(pack_folder: Path) -> None:
    """Every weight has a licence and a place where it comes from."""
    licences = {model.kind: model.licence for model in read_manifest(pack_folder).models}
    assert licences.pop(ModelKind.EMBEDDER) == "CC0-1.0"
    assert set(licences.values()) == {"MIT"}
    assert all("pypi.org" in model.source for model in read_manifest(pack_folder).models)


def test_model_id_names_pack_and_embedder(plain: str) -> None:
    """Templates of two embedders are never compared: the id changes with the file."""
    manifest = parse_manifest(with_change(plain, "models.3.sha256", "0123456789ab" + "c" * 52))
    assert manifest.model_id == "default-face@0123456789ab"


def test_calibration_is_kept(plain: str) -> None:
    """A stricter rate has a higher threshold."""
    points = [POINT, POINT | {"false_match_rate": 1e-4, "threshold": 0.94}]
    manifest = parse_manifest(with_change(plain, "calibration", points))
    assert [point.threshold for point in manifest.calibration] == [0.92, 0.94]


SCORES = {"name": "scores", "dtype": "float32", "shape": [None]}
OFFSETS = {"name": "offsets", "dtype": "float32", "shape": [None, 4]}
LEFT, RIGHT, NOSE, MOUTH = [45, 43], [100, 43], [73, 76], [49, 104]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("format", 2, "format"),
        ("name", "../other", "name"),
        ("version", ..., "version"),
        ("detector", "haar", "detector"),
        ("colour", "blue", "colour"),
        ("models.3", ..., "models"),
        ("models.3.kind", "mtcnn_p_net", "models"),
        ("models.1.file", "pnet.onnx", "models"),
        ("models.0.file", "../pnet.onnx", "models.0.file"),
        ("models.0.file", "/etc/passwd", "models.0.file"),
        ("models.0.file", "pnet.onnx\n", "models.0.file"),
        ("models.1.kind", "landmarker", "models.1.kind"),
        ("models.1.sha256", "A" * 64, "models.1.sha256"),
        ("models.2.size", -1, "models.2.size"),
        ("models.2.licence", ..., "models.2.licence"),
        ("models.2.source", "", "models.2.source"),
        ("models.0.input.extra", 1, "models.0.input.extra"),
        ("models.0.input.colour", "BGR", "models.0.input"),
        ("models.1.outputs", [], "models.1.outputs"),
        ("models.1.outputs", [OFFSETS, SCORES], "models.1"),
        ("models.1.input.tensor.shape", [None, 48, 48, 3], "models.1"),
        ("models.3.input.tensor.dtype", "complex", "models.3.input.tensor.dtype"),
        ("models.3.input.tensor.shape", [None, 150, 150, 4], "models.3.input.tensor.shape"),
        ("models.3.input.layout", "NCHW", "models.3.input.tensor.shape"),
        ("models.3.input.scale", 0, "models.3.input.scale"),
        ("models.3.input.mean", [1, 0, 0], "models.3.input"),
        ("models.3.outputs", [OFFSETS, SCORES], "models.3.outputs"),
        ("models.3.known_answers.tolerance", 1, "models.3.known_answers.tolerance"),
        ("models.3.known_answers.shape", [1, 112, 112, 3], "models.3.known_answers.shape"),
        ("models.3.known_answers.outputs", {"x": [1]}, "models.3.known_answers.outputs"),
        ("alignment.width", 112, "alignment"),
        ("alignment.landmarks.4", ..., "alignment.landmarks.4"),
        ("alignment.landmarks", [LEFT, RIGHT, NOSE, MOUTH, [150, 104]], "alignment.landmarks"),
        ("alignment.landmarks", [RIGHT, LEFT, NOSE, MOUTH, MOUTH], "alignment.landmarks"),
        ("calibration", [POINT, POINT | {"threshold": 0.9}], "calibration"),
        ("calibration", [POINT, POINT | {"false_match_rate": 1e-4, "threshold": 0.9}], "calibration"),
        ("calibration", [POINT | {"false_match_rate": 0}], "calibration.0.false_match_rate"),
        ("calibration", [POINT | {"impostor_pairs": 0}], "calibration.0.impostor_pairs"),
        ("calibration", [POINT | {"threshold": float("nan")}], "calibration.0.threshold"),
    ],
)
def test_each_broken_rule_is_named_by_its_field(plain: str, path: str, value: object, field: str) -> None:
    """The reader of the error knows which line to correct."""
    with pytest.raises(ManifestInvalid) as caught:
        parse_manifest(with_change(plain, path, value))
    assert caught.value.detail.split(": ")[0] == field


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "42", '"manifest"', "\x00", "{}"])
def test_what_is_no_manifest_is_refused(content: str) -> None:
    """Whatever the file holds, the error is ours."""
    with pytest.raises(ManifestInvalid):
        parse_manifest(content)


@given(st.binary(max_size=200))
def test_noise_is_refused(content: bytes) -> None:
    """Random bytes never end in another error."""
    with pytest.raises(ManifestInvalid):
        parse_manifest(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data(), value=JSON)
def test_any_value_in_any_place_is_accepted_whole_or_refused(plain: str, data: st.DataObject, value: object) -> None:
    """Replacing any part by anything ends in a manifest or in ManifestInvalid."""
    manifest = json.loads(plain)
    place: Any = manifest
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    with contextlib.suppress(ManifestInvalid):
        accepted = parse_manifest(json.dumps(manifest))
        assert parse_manifest(manifest_json(accepted)) == accepted


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    """The error holds the path that was looked for."""
    with pytest.raises(ManifestInvalid, match=r"manifest\.json cannot be read"):
        read_manifest(tmp_path)


def test_a_manifest_is_small(tmp_path: Path) -> None:
    """A file that grows without end is not read to its end."""
    (tmp_path / MANIFEST_FILE).write_bytes(b" " * (MAX_MANIFEST_BYTES + 1))
    with pytest.raises(ManifestInvalid, match="larger than"):
        read_manifest(tmp_path)
