"""Known answers: a picture made by a formula, and what a sound network says about it."""

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.perception.packs.feeding import feed
from visavis.perception.packs.manifest import KnownAnswers, ModelSpec
from visavis.runtime import Model, load_content


def picture(shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """uint8 picture (N, H, W, 3) of curved stripes; the same on every machine."""
    n, y, x, c = np.indices(shape, dtype=np.int64)
    stripes: NDArray[np.int64] = (17 * n + 3 * x * x + 2 * y * y + 5 * x * y + 40 * c * (x - y)) // 7 % 256
    return stripes.astype(np.uint8)


def check(model: Model, spec: ModelSpec) -> None:
    """Run the model once, which also warms it up, and compare.

    Raises:
        ModelRefused: an output differs by more than the tolerance.
    """
    answers = spec.known_answers
    if answers is None:
        return
    outputs = model.run(feed(picture(answers.shape), spec.input))
    given = dict(zip((output.name for output in model.outputs), outputs, strict=True))
    for name, wanted in answers.outputs.items():
        found = given[name].reshape(-1)
        if found.shape != (len(wanted),) or not np.abs(found - np.array(wanted)).max() <= answers.tolerance:
            raise ModelRefused(f"{spec.file} does not give its known answers: output {name!r} differs")


def answered(content: bytes, spec: ModelSpec, size: tuple[int, int], tolerance: float = 1e-3) -> KnownAnswers:
    """What a model gives here, for its manifest.

    Args:
        content: the ONNX file.
        spec: its entry.
        size: height and width of the picture.
        tolerance: what processors may differ by.

    Raises:
        ModelRefused: it is not what the entry says, or fails.
    """
    model = load_content(content, name=spec.file, inputs=[spec.input.tensor], outputs=spec.outputs)
    outputs = model.run(feed(picture((1, *size, 3)), spec.input))
    given = {
        declared.name: tuple(round(float(value), 6) for value in output.ravel())
        for declared, output in zip(spec.outputs, outputs, strict=True)
    }
    return KnownAnswers(shape=(1, *size, 3), tolerance=tolerance, outputs=given)
