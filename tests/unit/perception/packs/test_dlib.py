"""dlib's serialisation is read to the last byte or refused, and its network gives dlib's own numbers."""

import hashlib
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import matplotlib.cbook
import numpy as np
import onnxruntime as ort
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from visavis.errors import ModelRefused
from visavis.perception.packs import Pack
from visavis.perception.packs.dlib_graph import LAYERS, embedder, integer_embedder, resting_maps
from visavis.perception.packs.dlib_weights import (
    AddPrevious,
    Affine,
    Convolution,
    FullyConnected,
    Input,
    Pool,
    Relu,
    Skip,
    Tag,
    read_metric_network,
)
from visavis.runtime import DType, Model, TensorSpec, load_model

# ------ a writer of dlib's format, to read from --------------------------------------------------------------------

FLAGS_AND_EMPTY_TENSORS = b"110" + (b"\x01\x02" + b"\x01\x00" * 4) * 3


def integers(*values: int) -> bytes:
    written = b""
    for value in values:
        magnitude = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
        written += bytes([len(magnitude) | (0x80 if value < 0 else 0)]) + magnitude
    return written


def numbers(*values: float) -> bytes:
    written = b""
    for value in values:
        mantissa, exponent = np.frexp(value)
        written += integers(int(mantissa * 2**24), int(exponent) - 24)
    return written


def text(value: str) -> bytes:
    return integers(len(value)) + value.encode()


def tensor(values: np.ndarray, shape: Sequence[int] | None = None) -> bytes:
    flat = np.asarray(values, "<f4").reshape(-1)
    return integers(2, *(shape or (flat.size, 1, 1, 1))) + flat.tobytes()


def layer(name: str, fields: bytes = b"") -> bytes:
    return text(name) + fields + FLAGS_AND_EMPTY_TENSORS


def con(weights: np.ndarray, bias: np.ndarray, stride: int, padding: int) -> bytes:
    filters, _, rows, columns = weights.shape
    geometry = integers(filters, rows, columns, stride, stride, padding, padding)
    parts = integers(1, *weights.shape) + integers(1, 1, filters, 1, 1)
    return layer("con_4", tensor(np.concatenate([weights.reshape(-1), bias])) + geometry + parts + numbers(1, 1, 1, 0))


def affine(gamma: np.ndarray, beta: np.ndarray) -> bytes:
    part = integers(1, 1, gamma.size, 1, 1)
    return layer("affine_", tensor(np.concatenate([gamma, beta])) + part + part + integers(0))


def fc(weights: np.ndarray) -> bytes:
    inputs, outputs = weights.shape
    parts = integers(1, inputs, outputs, 1, 1) + integers(1, 0, 0, 0, 0)
    fields = integers(outputs, inputs) + tensor(weights, (inputs, outputs, 1, 1)) + parts + integers(1)
    return layer("fc_2", fields + numbers(1, 1, 1, 0))


def network(layers: Sequence[tuple[str, bytes]], mean: Sequence[float], side: int) -> bytes:
    """The file of these layers, from input to output: (name for the reader, bytes); tags and skips have no bytes."""
    head = integers(1) + text("loss_metric_2") + numbers(0.04, 0.6)
    versions = [2 if fields else 1 for _, fields in reversed(layers[1:])]
    picture = text("input_rgb_image_sized") + numbers(*mean) + integers(side, side)
    first, *others = (fields for _, fields in layers)
    return head + integers(*versions, 3) + picture + first + integers(1) + b"".join(others)


# ------ a small network with every kind of layer -------------------------------------------------------------------

RNG = np.random.default_rng(7)
MEAN = (3.5, 0.0, 100.25)
SIDE = 13
W1, B1, G1, E1 = (RNG.normal(size=s).astype(np.float32) for s in ((2, 3, 3, 3), 2, 2, 2))
W2, B2, G2, E2 = (RNG.normal(size=s).astype(np.float32) for s in ((3, 2, 3, 3), 3, 3, 3))
W3 = RNG.normal(size=(3, 4)).astype(np.float32)
SMALL = [
    ("con_4", con(W1, B1, stride=2, padding=0)),  # 13 -> 6
    ("affine_", affine(G1, E1)),
    ("relu_", layer("relu_")),
    ("tag1", b""),
    ("con_4", con(W2, B2, stride=2, padding=0)),  # 6 -> 2
    ("affine_", affine(G2, E2)),
    ("tag2", b""),
    ("skip1", b""),
    ("avg_pool_2", layer("avg_pool_2", integers(2, 2, 2, 2, 0, 0))),  # 6 -> 3
    ("add_prev_:tag2", layer("add_prev_")),
    ("max_pool_2", layer("max_pool_2", integers(2, 2, 1, 1, 0, 0))),  # 3 -> 2
    ("avg_pool_2", layer("avg_pool_2", integers(0, 0, 1, 1, 0, 0))),
    ("fc_2", fc(W3)),
]
NAMES = [name for name, _ in SMALL]
CONTENT = network(SMALL, MEAN, SIDE)


def correlate(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    size = (x.shape[1] - w.shape[2]) // stride + 1
    out = np.zeros((len(w), size, size))
    for f in range(len(w)):
        for i in range(size):
            for j in range(size):
                window = x[:, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
                out[f, i, j] = (window * w[f]).sum()
    return out


def small_descriptor(picture: np.ndarray) -> np.ndarray:
    """The same network by the book, in float64."""
    x = (picture.astype(np.float64) - MEAN).transpose(2, 0, 1) / 256
    x = correlate(x, W1, 2) + B1[:, None, None]
    x = np.maximum(G1[:, None, None] * x + E1[:, None, None], 0)
    y = correlate(x, W2, 2) + B2[:, None, None]
    y = G2[:, None, None] * y + E2[:, None, None]
    total = np.zeros((3, 3, 3))  # 3 channels of y, 3 rows and columns of the pooled x; the rest are zeros
    total[:, :2, :2] += y
    total[:2] += x.reshape(2, 3, 2, 3, 2).mean((2, 4))
    best = np.stack([total[:, i : i + 2, j : j + 2].max((1, 2)) for i in (0, 1) for j in (0, 1)], axis=1)
    return best.mean(1) @ W3


def test_every_layer_is_read_with_its_fields() -> None:
    """Kinds, geometry and numbers come back in the order from input to output."""
    first, layers = read_metric_network(CONTENT, NAMES)
    assert first == Input(mean=MEAN, height=SIDE, width=SIDE)
    kinds = [Convolution, Affine, Relu, Tag, Convolution, Affine, Tag, Skip, Pool, AddPrevious, Pool, Pool]
    assert [type(one) for one in layers] == [*kinds, FullyConnected]
    assert np.array_equal(layers[0].weights, W1)
    assert np.array_equal(layers[0].bias, B1)
    assert (layers[0].stride, layers[0].padding) == ((2, 2), (0, 0))
    assert np.array_equal(layers[5].gamma, G2)
    assert np.array_equal(layers[5].beta, E2)
    assert (layers[3], layers[7], layers[9]) == (Tag("tag1"), Skip("tag1"), AddPrevious("tag2"))
    assert layers[8] == Pool(average=True, window=(2, 2), stride=(2, 2), padding=(0, 0))
    assert layers[10] == Pool(average=False, window=(2, 2), stride=(1, 1), padding=(0, 0))
    assert np.array_equal(layers[12].weights, W3)


def test_the_graph_computes_what_the_layers_say() -> None:
    """Folding, strides, tags and both kinds of zero padding in sums, against plain loops."""
    session = ort.InferenceSession(embedder(*read_metric_network(CONTENT, NAMES)))
    pictures = RNG.integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    descriptors, embeddings = session.run(["descriptor", "embedding"], {"image": pictures})
    wanted = np.array([small_descriptor(picture) for picture in pictures])
    np.testing.assert_allclose(descriptors, wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(embeddings, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)


def test_whole_numbers_follow_the_layers() -> None:
    """With ranges measured on the pictures themselves, the integer network differs by a few of 255 steps."""
    network = read_metric_network(CONTENT, NAMES)
    pictures = RNG.integers(0, 256, (16, SIDE, SIDE, 3), dtype=np.uint8)
    lows, highs = ort.InferenceSession(resting_maps(*network)).run(None, {"image": pictures})
    session = ort.InferenceSession(integer_embedder(*network, list(zip(lows, highs, strict=True))))
    (found,) = session.run(["descriptor"], {"image": pictures})
    wanted = np.array([small_descriptor(picture) for picture in pictures])
    assert np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


@pytest.mark.parametrize(("more", "words"), [(-1, "too few"), (1, "too many")])
def test_each_resting_map_needs_its_range(more: int, words: str) -> None:
    """A file of ranges that belongs to another network is refused."""
    network = read_metric_network(CONTENT, NAMES)
    resting = 2  # after the first rectifier, and the second convolution before its sum; the sum has no rectifier
    with pytest.raises(ModelRefused, match=words):
        integer_embedder(*network, [(0.0, 1.0)] * (resting + 1 + more))


def test_every_truncation_is_refused() -> None:
    """A download that stopped anywhere is noticed."""
    assert len(CONTENT) > 1000
    for length in range(len(CONTENT)):
        with pytest.raises(ModelRefused, match="dlib weights, byte"):
            read_metric_network(CONTENT[:length], NAMES)


def test_bytes_behind_the_network_are_refused() -> None:
    """Every byte of the file has a meaning."""
    with pytest.raises(ModelRefused, match="1 bytes follow"):
        read_metric_network(CONTENT + b"\0", NAMES)


def changed(position: int, entry: bytes) -> bytes:
    return network([*SMALL[:position], (NAMES[position], entry), *SMALL[position + 1 :]], MEAN, SIDE)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (CONTENT, NAMES[:-1]),
        (CONTENT, [*NAMES[:2], "max_pool_2", *NAMES[3:]]),
        (CONTENT, [*NAMES[:3], "relu_", *NAMES[4:]]),
        (CONTENT, [*NAMES[:12], "soft_4"]),
        (network([*SMALL[:12], ("soft_4", layer("soft_4"))], MEAN, SIDE), [*NAMES[:12], "soft_4"]),
        (CONTENT.replace(numbers(3.5), integers(1, 2000)), NAMES),
        (changed(1, affine(np.array([np.nan, 1]), E1)), NAMES),
        (changed(1, layer("affine_", tensor(np.zeros(5)) + integers(1, 1, 2, 1, 1) * 2 + integers(0))), NAMES),
        (changed(1, layer("affine_", tensor(np.zeros(4)) + integers(1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 0))), NAMES),
        (changed(1, affine(G1, E1)[:-33] + b"x" + affine(G1, E1)[-32:]), NAMES),
        (changed(2, layer("relu_")[:-2] + b"\x01\x05"), NAMES),
        (changed(8, layer("avg_pool_2", integers(-2, 2, 2, 2, 0, 0))), NAMES),
        (changed(12, fc(W3).replace(integers(4, 3), integers(4, 4), 1)), NAMES),
    ],
)
def test_another_network_is_refused(content: bytes, names: list[str]) -> None:
    """What does not fit the names, or itself, is refused at the byte where that shows."""
    assert (content, names) != (CONTENT, NAMES)
    with pytest.raises(ModelRefused, match="dlib weights, byte"):
        read_metric_network(content, names)


@given(st.data())
def test_any_damage_is_refused_or_harmless(data: st.DataObject) -> None:
    """Some changed bytes give other numbers or a refusal; never another error."""
    damaged = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        _, layers = read_metric_network(bytes(damaged), NAMES)
    except ModelRefused:
        return
    assert len(layers) == len(NAMES)


@given(st.binary(max_size=300), st.integers(0, len(CONTENT)))
def test_noise_is_refused(noise: bytes, start: int) -> None:
    """A file that turns into random bytes anywhere is refused."""
    if CONTENT[start:] != noise:
        with pytest.raises(ModelRefused):
            read_metric_network(CONTENT[:start] + noise, NAMES)


@pytest.mark.parametrize("huge", [2**20, 2**31 - 1, 2**62])
def test_memory_follows_the_file_and_not_its_claims(huge: int) -> None:
    """A small file that announces a huge tensor reserves nothing."""
    greedy = CONTENT.replace(integers(2, W1.size + B1.size, 1, 1, 1), integers(2, huge, huge, huge, huge))
    assert greedy != CONTENT
    tracemalloc.start()
    try:
        with pytest.raises(ModelRefused, match="are left"):
            read_metric_network(greedy, NAMES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def misfits() -> Iterator[tuple[str, list[object]]]:
    _, layers = read_metric_network(CONTENT, NAMES)
    yield "a convolution without its affine layer", layers[:1]
    yield "a convolution without its affine layer", [layers[0], Relu()]
    yield "does not take", [*layers[:3], layers[12]]
    yield "follows", [*layers[:2], *layers[:2]]
    yield "does not move", [*layers[:2], replace(layers[8], window=(7, 2))]
    yield "does not move", [*layers[:2], replace(layers[8], stride=(0, 2))]
    yield "do not fit", [*layers[:2], replace(layers[8], padding=(-1, 0))]


@pytest.mark.parametrize(("why", "layers"), list(misfits()))
def test_layers_that_do_not_fit_each_other_are_refused(why: str, layers: list[object]) -> None:
    """The graph is not written, instead of failing at the first face."""
    with pytest.raises(ModelRefused, match=why):
        embedder(Input(mean=MEAN, height=SIDE, width=SIDE), layers)


# ------ the real network -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weights() -> Path:
    (place,) = find_spec("face_recognition_models").submodule_search_locations
    return Path(place) / "models"


@pytest.fixture(scope="module")
def model(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The real network in floating point, with dlib's unnormalised output."""
    path = tmp_path_factory.mktemp("dlib") / "embedder.onnx"
    content = embedder(
        *read_metric_network((weights / "dlib_face_recognition_resnet_model_v1.dat").read_bytes(), LAYERS)
    )
    path.write_bytes(content)
    image = TensorSpec(name="image", dtype=DType.UINT8, shape=(None, 150, 150, 3))
    outputs = [TensorSpec(name=name, dtype=DType.FLOAT32, shape=(None, 128)) for name in ("descriptor", "embedding")]
    return load_model(path, sha256=hashlib.sha256(content).hexdigest(), inputs=[image], outputs=outputs)


def test_the_real_network_has_29_convolutions(weights: Path) -> None:
    """And 128 outputs, as its author describes it."""
    content = (weights / "dlib_face_recognition_resnet_model_v1.dat").read_bytes()
    first, layers = read_metric_network(content, LAYERS)
    assert first.mean == pytest.approx((122.782, 117.001, 104.298))
    assert sum(isinstance(one, Convolution) for one in layers) == 29
    assert layers[-1].weights.shape == (256, 128)


def portraits() -> list[np.ndarray]:
    """Two public-domain photographs from installed packages, RGB."""
    with Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as picture:
        return [skimage.data.astronaut(), np.array(picture.convert("RGB"))]


def test_descriptors_are_dlibs_own(weights: Path, model: Model) -> None:
    """On noise, flat pictures and two faces aligned by dlib, every number is dlib's within 1e-5."""
    dlib = pytest.importorskip("dlib", reason="compares with dlib: pip install dlib-bin")
    detector = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(str(weights / "shape_predictor_5_face_landmarks.dat"))
    chips = [
        dlib.get_face_chip(picture, landmarks(picture, detector(picture)[0]), size=150, padding=0.25)
        for picture in portraits()
    ]
    noise = np.random.default_rng(1).integers(0, 256, (4, 150, 150, 3), dtype=np.uint8)
    flat = np.stack([np.full((150, 150, 3), value, np.uint8) for value in (0, 255)])
    pictures = np.concatenate([np.stack(chips), noise, flat])
    network = dlib.face_recognition_model_v1(str(weights / "dlib_face_recognition_resnet_model_v1.dat"))
    wanted = np.array([network.compute_face_descriptor(picture) for picture in pictures])
    descriptors, embeddings = model.run(pictures)
    assert np.abs(descriptors - wanted).max() < 1e-5
    assert np.abs(embeddings - wanted / np.linalg.norm(wanted, axis=1, keepdims=True)).max() < 1e-5


def test_whole_numbers_say_what_floating_point_says(pack: Pack, model: Model) -> None:
    """The default pack's templates of two faces lie within 12 degrees of the exact network's, far inside a person."""
    faces = np.stack([np.asarray(Image.fromarray(p).resize((150, 150)), np.uint8) for p in portraits()])
    _, exact = model.run(faces)
    assert ((pack.embed(faces) * exact).sum(axis=1) > np.cos(np.radians(12))).all()


def test_a_face_has_one_template_in_any_company(pack: Pack) -> None:
    """Batch size and neighbours do not change a template."""
    pictures = np.random.default_rng(2).integers(0, 256, (8, 150, 150, 3), dtype=np.uint8)
    together = pack.embed(pictures)
    alone = np.concatenate([pack.embed(picture[None]) for picture in pictures])
    assert together.shape == (8, 128)
    assert np.abs(together - alone).max() < 1e-6
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
