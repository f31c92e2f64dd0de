"""A new model pack from another one: the same detector, another embedder."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.perception.packs import Alignment, CalibrationPoint, ModelKind, ModelSpec
from visavis.perception.packs.feeding import feed
from visavis.perception.packs.installing import install
from visavis.perception.packs.known_answers import answered
from visavis.perception.packs.manifest import (
    ImageSpec,
    read_manifest,
)
from visavis.runtime import TensorSpec, load_content

Vectors = NDArray[np.float32]

EMBEDDER_FILE = "embedder.onnx"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmbedder:
    """What takes the place of a pack's embedder."""

    content: bytes  # the ONNX file
    input: ImageSpec
    output: TensorSpec
    licence: str  # SPDX expression
    source: str
    alignment: Alignment
    calibration: tuple[CalibrationPoint, ...] = ()
    tolerance: float = 1e-3  # of its known answers: what processors may differ by


def write_pack(packs_dir: Path, name: str, base: Path, embedder: NewEmbedder) -> Path:
    """The folder of a new pack with the next free version; it appears complete and verified, or not at all.

    Args:
        packs_dir: where packs lie.
        name: of the new one: lower-case letters, digits and hyphens.
        base: folder of the pack whose other models are taken over.
        embedder: the new embedder.

    Raises:
        SettingInvalid: the folder cannot be written.
        ModelError: the name breaks the manifest's rules, or a model cannot be used.
    """
    manifest = read_manifest(base)
    kept = [model for model in manifest.models if model.kind is not ModelKind.EMBEDDER]
    new = replace(
        manifest,
        name=name,
        models=(*kept, _described(embedder)),
        alignment=embedder.alignment,
        calibration=embedder.calibration,
    )
    files: dict[str, Path | bytes] = {model.file: base / model.file for model in kept}
    return install(packs_dir, new, files | {EMBEDDER_FILE: embedder.content})


def answers(content: bytes, image: ImageSpec, output: TensorSpec, pictures: NDArray[np.uint8]) -> Vectors:
    """What an ONNX file gives for aligned faces, one at a time: (N, height, width, 3) -> (N, D), not normalised."""
    model = load_content(content, name=EMBEDDER_FILE, inputs=[image.tensor], outputs=[output])
    return np.concatenate([model.run(feed(one[None], image))[0] for one in pictures])


def _described(embedder: NewEmbedder) -> ModelSpec:
    """Its entry in the manifest, with its own answers to the known picture."""
    spec = ModelSpec(
        kind=ModelKind.EMBEDDER,
        file=EMBEDDER_FILE,
        sha256=hashlib.sha256(embedder.content).hexdigest(),
        size=len(embedder.content),
        licence=embedder.licence,
        source=embedder.source,
        input=embedder.input,
        outputs=(embedder.output,),
    )
    size = (embedder.alignment.height, embedder.alignment.width)
    return replace(spec, known_answers=answered(embedder.content, spec, size, embedder.tolerance))
