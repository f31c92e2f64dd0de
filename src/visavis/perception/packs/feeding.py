"""From plain pictures to what a model's manifest says that it takes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.perception.packs.manifest import Colour, ImageSpec, Layout
from visavis.runtime import DType, Model


def feed(pictures: NDArray[np.uint8], spec: ImageSpec) -> NDArray[Any]:
    """Pictures, uint8 RGB (N, H, W, 3), in the model's colour order, number range and layout."""
    ordered: NDArray[Any] = pictures if spec.colour is Colour.RGB else pictures[..., ::-1]
    if spec.tensor.dtype is DType.FLOAT32:
        ordered = (ordered.astype(np.float32) - np.array(spec.mean, np.float32)) * np.float32(spec.scale)
    if spec.layout is Layout.NCHW:
        ordered = ordered.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(ordered)


def run_each(model: Model, fed: NDArray[Any]) -> NDArray[Any]:
    """The one output of a model for a batch (N, ...), one by one where it takes no more at once."""
    if model.inputs[0].shape[0] is None or len(fed) == model.inputs[0].shape[0]:
        (answers,) = model.run(fed)
        return answers
    return np.concatenate([model.run(one[None])[0] for one in fed])
