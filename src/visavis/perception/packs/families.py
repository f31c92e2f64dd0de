"""Models that many people have, and what a manifest says of them, so that a file alone makes a pack."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from visavis.errors import ModelRefused
from visavis.perception.packs.installing import install
from visavis.perception.packs.known_answers import answered
from visavis.perception.packs.manifest import (
    Alignment,
    Colour,
    DetectorKind,
    ImageSpec,
    Layout,
    LivenessCrop,
    Manifest,
    ModelKind,
    ModelSpec,
    OneShot,
    manifest_json,
    parse_manifest,
    read_manifest,
)
from visavis.runtime import TensorSpec, described, read_model

ARCFACE_112 = Alignment(
    width=112,
    height=112,
    landmarks=((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
    evidence="the five points that ArcFace's networks are trained with",
)

YUNET_DEFAULT = Alignment(
    width=150,
    height=150,
    landmarks=((46.947, 45.785), (103.727, 46.286), (75.967, 78.556), (51.46, 103.57), (100.127, 103.806)),
    evidence="median places of YuNet's landmarks in 1,085 faces of LFW that were aligned by those of the default pack",
)


class Family(StrEnum):
    """What a model file can be."""

    YUNET = "yunet"
    SCRFD = "scrfd"
    RETINAFACE = "retinaface"
    ARCFACE = "arcface"
    SFACE = "sface"
    MINIFASNET = "minifasnet"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is the same for every file of a family."""

    kind: ModelKind
    colour: Colour
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    layout: Layout = Layout.NCHW
    detector: DetectorKind | None = None
    one_shot: OneShot | None = None
    alignment: Alignment | None = None
    liveness: LivenessCrop | None = None


_GREY = (127.5, 127.5, 127.5)
_KNOWN = {
    Family.YUNET: _Known(
        kind=ModelKind.DETECTOR, colour=Colour.BGR, detector=DetectorKind.YUNET, one_shot=OneShot(overlap=0.3)
    ),
    Family.SCRFD: _Known(
        kind=ModelKind.DETECTOR,
        colour=Colour.RGB,
        mean=_GREY,
        scale=1 / 128,
        detector=DetectorKind.SCRFD,
        one_shot=OneShot(per_cell=2, score=0.5),
    ),
    Family.RETINAFACE: _Known(
        kind=ModelKind.DETECTOR,
        colour=Colour.BGR,
        mean=(104.0, 117.0, 123.0),
        detector=DetectorKind.RETINAFACE,
        one_shot=OneShot(),
    ),
    Family.ARCFACE: _Known(
        kind=ModelKind.EMBEDDER, colour=Colour.RGB, mean=_GREY, scale=1 / 127.5, alignment=ARCFACE_112
    ),
    Family.SFACE: _Known(kind=ModelKind.EMBEDDER, colour=Colour.RGB, alignment=ARCFACE_112),
    Family.MINIFASNET: _Known(kind=ModelKind.LIVENESS, colour=Colour.BGR, liveness=LivenessCrop()),
}


def add_model(file: Path, family: Family, *, name: str, licence: str, source: str, base: Path, packs_dir: Path) -> Path:
    """A new pack: this model in the place of the base pack's, the other models as they are there.

    Another detector or embedder has other scores, so that the base's calibration does not go with it.

    Args:
        file: ONNX.
        family: what it is; nothing is guessed from its shapes.
        name: of the new pack.
        licence: of the model, an SPDX expression.
        source: where it comes from.
        base: folder of the pack that gives the other models.
        packs_dir: where packs lie.

    Raises:
        ModelRefused: the file is not an ONNX model, or not one of this family.
        ManifestInvalid: the name, licence or source breaks a rule, or the outputs are not the family's.
        SettingInvalid: the folder cannot be written.
    """
    content, known, manifest = read_model(file), _KNOWN[family], read_manifest(base)
    inputs, outputs = described(content, name=file.name)
    if len(inputs) != 1:
        raise ModelRefused(f"{file.name} takes {len(inputs)} inputs; a {family} takes one picture")
    spec = ModelSpec(
        kind=known.kind,
        file=f"{family}.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        licence=licence,
        source=source,
        input=ImageSpec(tensor=inputs[0], layout=known.layout, colour=known.colour, mean=known.mean, scale=known.scale),
        outputs=_ordered(outputs, family),
    )
    kept = [model for model in manifest.models if not _replaced(model.kind, known.kind)]
    new = _changed(replace(manifest, name=name, models=(*kept, spec)), known, manifest.name)
    parse_manifest(manifest_json(new))  # before the model is asked anything
    if known.kind is ModelKind.EMBEDDER:
        answers = answered(content, spec, (new.alignment.height, new.alignment.width))
        new = replace(new, models=(*kept, replace(spec, known_answers=answers)))
    files: dict[str, Path | bytes] = {model.file: base / model.file for model in kept}
    return install(packs_dir, new, files | {spec.file: content})


def _changed(manifest: Manifest, known: _Known, base_name: str) -> Manifest:
    if known.liveness is not None:
        return replace(manifest, liveness=known.liveness)
    manifest = replace(manifest, calibration=())
    if known.detector is not None:
        fitted = known.detector is DetectorKind.YUNET and base_name == "default-face"
        alignment = YUNET_DEFAULT if fitted else manifest.alignment
        return replace(manifest, detector=known.detector, one_shot=known.one_shot, alignment=alignment)
    return replace(manifest, alignment=known.alignment or manifest.alignment)


def _replaced(kind: ModelKind, by: ModelKind) -> bool:
    if by is ModelKind.DETECTOR:
        return kind not in (ModelKind.EMBEDDER, ModelKind.LIVENESS)
    return kind is by


def _ordered(outputs: Sequence[TensorSpec], family: Family) -> tuple[TensorSpec, ...]:
    """In the order in which a family's outputs are read."""
    match family:
        case Family.YUNET:
            order = ("cls", "obj", "bbox", "kps")
            return tuple(sorted(outputs, key=lambda output: _named(output, order)))
        case Family.SCRFD:
            return tuple(sorted(outputs, key=lambda output: (1, 4, 10).index(_last(output, (1, 4, 10)))))
        case Family.RETINAFACE:
            return tuple(sorted(outputs, key=lambda output: (4, 2, 10).index(_last(output, (4, 2, 10)))))
        case _:
            return tuple(outputs)


def _named(output: TensorSpec, order: tuple[str, ...]) -> tuple[int, int]:
    part, _, stride = output.name.rpartition("_")
    if part not in order or not stride.isdecimal():
        raise ModelRefused(f"output {output.name!r}: those of yunet are named {', '.join(order)}, each with its stride")
    return order.index(part), int(stride)


def _last(output: TensorSpec, known: tuple[int, ...]) -> int:
    size = output.shape[-1] if output.shape else None
    if size not in known:
        raise ModelRefused(f"output {output.name!r} has {size} numbers an anchor; expected one of {known}")
    return size
