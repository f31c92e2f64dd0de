"""The three graphs against the Keras networks that the weights were made for, written out in plain NumPy."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from visavis.errors import ModelRefused
from visavis.perception.packs import Pack
from visavis.perception.packs.joblib_weights import read_arrays
from visavis.perception.packs.known_answers import picture
from visavis.perception.packs.mtcnn_graphs import o_net, p_net, r_net

Arrays = list[np.ndarray]
Outputs = dict[str, np.ndarray]


def arrays(net: str) -> Arrays:
    (place,) = find_spec("mtcnn").submodule_search_locations
    return read_arrays((Path(place) / "assets" / "weights" / f"{net}.lz4").read_bytes())


# ------ Keras: (N, H, W, C), kernels (rows, columns, channels, filters), float64 -----------------------------------


def conv(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows, kernel.astype(np.float64)) + bias


def prelu(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, slope * x)


def pool(x: np.ndarray, side: int, padding: str) -> np.ndarray:
    if padding == "same":  # TensorFlow puts the odd pixel of padding at the far end
        missing = [max((-(-size // 2) - 1) * 2 + side - size, 0) for size in x.shape[1:3]]
        pads = [(0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)]
        x = np.pad(x, pads, constant_values=-np.inf)
    return sliding_window_view(x, (side, side), axis=(1, 2))[:, ::2, ::2].max((-1, -2))


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def normalised(pixels: np.ndarray) -> np.ndarray:
    return (pixels.astype(np.float64) - 127.5) / 128


def flat(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 1, 3).reshape(len(x), -1)


def keras_p_net(pixels: np.ndarray) -> Outputs:
    w = arrays("pnet")
    x = pool(prelu(conv(normalised(pixels), *w[0:2]), w[2]), 2, "same")
    x = prelu(conv(x, *w[3:5]), w[5])
    x = prelu(conv(x, *w[6:8]), w[8])
    return {"scores": softmax(conv(x, *w[11:13]))[..., 1], "offsets": conv(x, *w[9:11]).transpose(0, 3, 1, 2)}


def keras_r_net(pixels: np.ndarray) -> Outputs:
    w = arrays("rnet")
    x = pool(prelu(conv(normalised(pixels), *w[0:2]), w[2]), 3, "same")
    x = pool(prelu(conv(x, *w[3:5]), w[5]), 3, "valid")
    x = prelu(conv(x, *w[6:8]), w[8])
    x = prelu(flat(x) @ w[9] + w[10], w[11])
    return {"scores": softmax(x @ w[14] + w[15])[:, 1], "offsets": x @ w[12] + w[13]}


def keras_o_net(pixels: np.ndarray) -> Outputs:
    w = arrays("onet")
    x = pool(prelu(conv(normalised(pixels), *w[0:2]), w[2]), 3, "same")
    x = pool(prelu(conv(x, *w[3:5]), w[5]), 3, "valid")
    x = pool(prelu(conv(x, *w[6:8]), w[8]), 2, "same")
    x = prelu(conv(x, *w[9:11]), w[11])
    x = prelu(flat(x) @ w[12] + w[13], w[14])
    points = x @ w[17] + w[18]  # x1 .. x5, y1 .. y5
    landmarks = np.stack([points[:, :5], points[:, 5:]], axis=-1)
    return {"scores": softmax(x @ w[19] + w[20])[:, 1], "offsets": x @ w[15] + w[16], "landmarks": landmarks}


REFERENCES = {"p_net": keras_p_net, "r_net": keras_r_net, "o_net": keras_o_net}


def compare(pack: Pack, net: str, pixels: np.ndarray) -> None:
    model = getattr(pack.detector, net)
    wanted = REFERENCES[net](pixels)
    assert [spec.name for spec in model.outputs] == list(wanted)
    for name, found in zip(wanted, model.run(pixels), strict=True):
        assert found.shape == wanted[name].shape
        assert np.abs(found - wanted[name]).max() < 2e-5


@pytest.mark.parametrize("size", [(12, 12), (13, 12), (25, 40), (61, 48), (2, 30, 23)])
def test_p_net_on_any_size(pack: Pack, size: tuple[int, ...]) -> None:
    """Odd and even sides differ in how the pooling ends; each gives what Keras would."""
    count, height, width = (1, *size)[-3:]
    compare(pack, "p_net", np.random.default_rng(3).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(("net", "side"), [("r_net", 24), ("o_net", 48)])
def test_r_net_and_o_net(pack: Pack, net: str, side: int) -> None:
    """Noise, stripes, black and white."""
    noise = np.random.default_rng(4).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    flats = np.stack([np.full((side, side, 3), value, np.uint8) for value in (0, 255)])
    compare(pack, net, np.concatenate([noise, picture((2, side, side, 3)), flats]))


@pytest.mark.parametrize("net", ["p_net", "r_net", "o_net"])
def test_shipped_answers_are_those_of_keras(pack: Pack, net: str) -> None:
    """The manifest's known answers were not copied from the graphs that they judge."""
    (spec,) = (model for model in pack.manifest.models if model.kind == f"mtcnn_{net}")
    wanted = REFERENCES[net](picture(spec.known_answers.shape))
    assert set(spec.known_answers.outputs) == set(wanted)
    for name, values in spec.known_answers.outputs.items():
        np.testing.assert_allclose(values, wanted[name].reshape(-1), atol=1e-6)


def test_no_candidates_are_no_work(pack: Pack) -> None:
    """P-Net often proposes nothing; the later nets accept that."""
    scores, offsets = pack.detector.r_net.run(np.zeros((0, 24, 24, 3), np.uint8))
    assert (scores.shape, offsets.shape) == ((0,), (0, 4))
    assert [one.shape for one in pack.detector.o_net.run(np.zeros((0, 48, 48, 3), np.uint8))] == [
        (0,),
        (0, 4),
        (0, 5, 2),
    ]


@pytest.mark.parametrize(("write", "net"), [(p_net, "onet"), (r_net, "pnet"), (o_net, "rnet")])
def test_weights_of_another_net_are_refused(write: object, net: str) -> None:
    """A mixed-up file gives an error, not a detector that finds nothing."""
    with pytest.raises(ModelRefused):
        write(arrays(net))


def test_missing_weights_are_refused() -> None:
    """A list that ends early."""
    with pytest.raises(ModelRefused, match="P-Net"):
        p_net(arrays("pnet")[:-1])
