"""A new model pack from another one: the same detector, another embedder."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import SettingInvalid
from visavis.perception.packs import Alignment, CalibrationPoint, Manifest, ModelKind, ModelSpec, verify_pack
from visavis.perception.packs.feeding import feed
from visavis.perception.packs.known_answers import picture
from visavis.perception.packs.manifest import (
    MANIFEST_FILE,
    ImageSpec,
    KnownAnswers,
    manifest_json,
    parse_manifest,
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
    try:
        packs_dir.mkdir(parents=True, exist_ok=True)
        version = str(1 + max((_number(path.name, name) for path in packs_dir.iterdir()), default=0))
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=packs_dir) as temporary:
            folder = Path(temporary) / "pack"
            folder.mkdir()
            kept = [model for model in manifest.models if model.kind is not ModelKind.EMBEDDER]
            for model in kept:
                shutil.copyfile(base / model.file, folder / model.file)
            (folder / EMBEDDER_FILE).write_bytes(embedder.content)
            spec = _described(embedder)
            new = replace(
                manifest,
                name=name,
                version=version,
                models=(*kept, spec),
                alignment=embedder.alignment,
                calibration=embedder.calibration,
            )
            (folder / MANIFEST_FILE).write_text(_checked(new), encoding="utf-8")
            verify_pack(folder)
            return folder.rename(packs_dir / f"{name}-{version}")
    except OSError as failure:
        raise SettingInvalid(f"cache_dir: {packs_dir} cannot be used: {failure.strerror}") from failure


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
    height, width = embedder.alignment.height, embedder.alignment.width
    (given,) = answers(embedder.content, embedder.input, embedder.output, picture((1, height, width, 3)))
    outputs = {embedder.output.name: tuple(round(float(value), 6) for value in given)}
    return replace(
        spec, known_answers=KnownAnswers(shape=(1, height, width, 3), tolerance=embedder.tolerance, outputs=outputs)
    )


def _checked(manifest: Manifest) -> str:
    text = manifest_json(manifest)
    parse_manifest(text)
    return text


def _number(folder: str, name: str) -> int:
    """Version of a pack's folder; 0 where it belongs to another pack."""
    stem, _, version = folder.rpartition("-")
    return int(version) if stem == name and version.isdecimal() else 0
