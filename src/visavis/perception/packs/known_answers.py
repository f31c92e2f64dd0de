"""Known answers: a picture made by a formula, and what a sound network says about it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelRefused
from visavis.perception.packs.manifest import KnownAnswers
from visavis.runtime import Model


def picture(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """uint8 picture (N, H, W, 3) of curved stripes; the same on every machine."""
    n, y, x, c = np.indices(shape, dtype=np.int64)
    stripes: NDArray[np.int64] = (17 * n + 3 * x * x + 2 * y * y + 5 * x * y + 40 * c * (x - y)) // 7 % 256
    return stripes.astype(np.uint8)


def check(model: Model, answers: KnownAnswers, file: str) -> None:
    """Run the model once and compare.

    Raises:
        ModelRefused: an output differs by more than the tolerance.
    """
    given: Mapping[str, NDArray[np.float32]] = dict(
        zip((spec.name for spec in model.outputs), model.run(picture(answers.shape)), strict=True)
    )
    for name, wanted in answers.outputs.items():
        found = given[name].reshape(-1)
        if found.shape != (len(wanted),) or not np.abs(found - np.array(wanted)).max() <= answers.tolerance:
            raise ModelRefused(f"{file} does not give its known answers: output {name!r} differs")
