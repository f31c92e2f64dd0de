"""The manifest of a model pack: what its networks are, what they take and give, and where faces must lie for them.

A pack is a folder with `manifest.json` and the ONNX files that it names. The manifest says what each model is; nobody
guesses from shapes.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from visavis.errors import ManifestInvalid
from visavis.runtime import DType, TensorSpec

MANIFEST_FILE = "manifest.json"
MAX_MANIFEST_BYTES = 2**20

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Side = Annotated[int, Field(gt=0, le=1024)]
Point = tuple[float, float]


class DetectorKind(StrEnum):
    """How a pack finds faces."""

    MTCNN = "mtcnn"
    YUNET = "yunet"
    SCRFD = "scrfd"
    RETINAFACE = "retinaface"


class ModelKind(StrEnum):
    """The part that a model plays."""

    MTCNN_P_NET = "mtcnn_p_net"
    MTCNN_R_NET = "mtcnn_r_net"
    MTCNN_O_NET = "mtcnn_o_net"
    DETECTOR = "detector"
    EMBEDDER = "embedder"
    LIVENESS = "liveness"


_MTCNN: Mapping[ModelKind, tuple[int | None, tuple[str, ...]]] = {  # side of the picture, outputs
    ModelKind.MTCNN_P_NET: (None, ("scores", "offsets")),
    ModelKind.MTCNN_R_NET: (24, ("scores", "offsets")),
    ModelKind.MTCNN_O_NET: (48, ("scores", "offsets", "landmarks")),
}


class Layout(StrEnum):
    """Order of an image tensor's dimensions."""

    NHWC = "NHWC"
    NCHW = "NCHW"


class Colour(StrEnum):
    """Order of the three channels."""

    RGB = "RGB"
    BGR = "BGR"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """What the caller feeds: (pixel - mean) * scale of pixels 0 to 255, in this layout and colour order.

    Mean 0 and scale 1 are the plain pixels: the network normalises them itself.
    """

    tensor: TensorSpec
    layout: Layout
    colour: Colour
    mean: tuple[float, float, float]  # of each channel, in the order of `colour`
    scale: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswers:
    """What the model gives for `known_answers.picture(shape)`."""

    shape: tuple[Side, Side, Side, Literal[3]]  # pictures, height, width, channels
    tolerance: Annotated[float, Field(gt=0, le=0.01)]  # greatest absolute difference
    outputs: Mapping[str, tuple[float, ...]]  # name -> all values, flattened


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One ONNX file of the pack."""

    kind: ModelKind
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\.onnx$")]  # beside the manifest
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0)]  # bytes
    licence: Text  # SPDX expression
    source: Text  # where the weights come from
    input: ImageSpec
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1)]
    known_answers: KnownAnswers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where five landmarks lie in the picture that the embedder takes; x right, y down, pixel centres whole."""

    width: Side
    height: Side
    landmarks: tuple[Point, Point, Point, Point, Point]  # in the order of visavis.types.Face
    evidence: Text  # how the positions were found


Share = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot:
    """How the outputs of a detector that looks once are read.

    Outputs, in this order: of yunet classes, objects, boxes and landmarks, of scrfd scores, boxes and landmarks, each
    stride by stride; of retinaface boxes, probabilities and landmarks of all strides.
    """

    strides: Annotated[tuple[Side, ...], Field(min_length=1, max_length=6)] = (8, 16, 32)
    per_cell: Annotated[int, Field(ge=1, le=8)] = 1  # anchors at each place; retinaface: one a size
    sizes: tuple[tuple[Side, ...], ...] = ((16, 32), (64, 128), (256, 512))  # retinaface: of the anchors of a stride
    variances: tuple[Share, Share] = (0.1, 0.2)  # retinaface: of centres and of sides
    score: Share = 0.6  # least of a face
    overlap: Share = 0.4  # from which the weaker of two boxes is left out
    longest_px: Annotated[int, Field(ge=64, le=4096)] = 640  # of the input, where its size is free


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessCrop:
    """What a liveness model looks at and which of its answers means live."""

    reach: Annotated[float, Field(ge=1, le=8)] = 2.7  # side of the crop, as a multiple of the face's box
    live: Annotated[int, Field(ge=0, le=99)] = 1  # class of its output
    threshold: Share = 0.5  # least probability of live


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """Comparison score from which two faces count as one person, at a measured false match rate."""

    false_match_rate: Annotated[float, Field(gt=0, lt=1)]
    threshold: Annotated[float, Field(ge=-1, le=1)]  # cosine
    impostor_pairs: Annotated[int, Field(gt=0)]  # that were compared
    evidence: Text  # data and command that gave it
    templates: Annotated[int, Field(ge=1, le=3)] = 1  # shots that were fused on one side of each pair
    shots: Annotated[int, Field(ge=1, le=3)] = 1  # and on the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that is said about a pack."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    format: Literal[1]
    name: Name
    version: Name
    detector: DetectorKind
    models: tuple[ModelSpec, ...]
    alignment: Alignment
    calibration: tuple[CalibrationPoint, ...] = field(default=())
    one_shot: OneShot | None = None  # of every detector but mtcnn
    liveness: LivenessCrop | None = None  # with a liveness model

    def model(self, kind: ModelKind) -> ModelSpec:
        """The one model of this kind."""
        return next(model for model in self.models if model.kind is kind)

    @property
    def dim(self) -> int:
        """Numbers in a template."""
        return self.model(ModelKind.EMBEDDER).outputs[0].shape[1] or 0

    @property
    def model_id(self) -> str:
        """What `visavis.types.Embedding.model` says: only equal embedders compare."""
        return f"{self.name}@{self.model(ModelKind.EMBEDDER).sha256[:12]}"


def parse_manifest(content: str | bytes) -> Manifest:
    """Validate the text of a manifest.

    Raises:
        ManifestInvalid: names the first field that breaks a rule.
    """
    try:
        manifest = TypeAdapter(Manifest).validate_json(content)
    except ValidationError as failure:
        first = failure.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise ManifestInvalid(f"{place}: {first['msg']}") from failure
    _check_models(manifest)
    _check_alignment(manifest)
    _check_calibration(manifest)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Validate the manifest in this folder.

    Raises:
        ManifestInvalid: it is missing, too large, or breaks a rule.
    """
    path = folder / MANIFEST_FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as failure:
        raise ManifestInvalid(f"{path} cannot be read: {failure.strerror}") from failure
    if len(content) > MAX_MANIFEST_BYTES:
        raise ManifestInvalid(f"{path} is larger than {MAX_MANIFEST_BYTES} bytes")
    return parse_manifest(content)


def manifest_json(manifest: Manifest) -> str:
    """The text that `parse_manifest` reads back as this manifest."""
    plain: dict[str, Any] = asdict(manifest)
    return json.dumps(plain, indent=1) + "\n"


def _check_models(manifest: Manifest) -> None:
    needed = set(_MTCNN) if manifest.detector is DetectorKind.MTCNN else {ModelKind.DETECTOR}
    if manifest.liveness is not None:
        needed |= {ModelKind.LIVENESS}
    kinds = Counter(model.kind for model in manifest.models)
    if kinds != Counter([*needed, ModelKind.EMBEDDER]):
        raise ManifestInvalid(f"models: one each of {sorted(needed)} and an embedder, found {sorted(kinds.elements())}")
    if len({model.file for model in manifest.models}) != len(manifest.models):
        raise ManifestInvalid("models: two models name the same file")
    if (manifest.one_shot is None) is not (manifest.detector is DetectorKind.MTCNN):
        raise ManifestInvalid(
            f"one_shot: needed by every detector but mtcnn, and by that not; this is {manifest.detector}"
        )
    for number, model in enumerate(manifest.models):
        _check_model(f"models.{number}", model, manifest)


def _check_model(place: str, model: ModelSpec, manifest: Manifest) -> None:
    image, names = model.input, tuple(output.name for output in model.outputs)
    height, width = _size(place, image)
    match model.kind:
        case ModelKind.EMBEDDER:
            if len(names) != 1 or len(model.outputs[0].shape) != 2 or model.outputs[0].dtype is not DType.FLOAT32:
                raise ManifestInvalid(f"{place}.outputs: an embedder has one float32 output of two dimensions")
            if model.outputs[0].shape[1] is None:
                raise ManifestInvalid(f"{place}.outputs: how many numbers a template has must be said")
        case ModelKind.DETECTOR:
            _check_one_shot(place, model, manifest)
        case ModelKind.LIVENESS:
            if len(names) != 1 or len(model.outputs[0].shape) != 2 or height is None or width is None:
                raise ManifestInvalid(
                    f"{place}: a liveness model takes pictures of one size and has one output of classes"
                )
        case _:
            side, wanted = _MTCNN[model.kind]
            if (image.tensor.dtype, image.layout, image.colour) != (DType.UINT8, Layout.NHWC, Colour.RGB):
                raise ManifestInvalid(f"{place}.input: the nets of mtcnn take uint8 pictures, NHWC, RGB")
            if (height, width) != (side, side) or names != wanted:
                raise ManifestInvalid(f"{place}: a {model.kind} takes {side} x {side} and gives {wanted}")
    if model.known_answers is not None:
        _check_answers(f"{place}.known_answers", model.known_answers, (height, width), set(names))


def _check_one_shot(place: str, model: ModelSpec, manifest: Manifest) -> None:
    how = manifest.one_shot or OneShot()
    strides = len(how.strides)
    match manifest.detector:
        case DetectorKind.YUNET:
            wanted = 4 * strides
        case DetectorKind.SCRFD:
            wanted = 3 * strides
        case _:
            wanted = 3
            if len(how.sizes) != strides or not all(how.sizes):
                raise ManifestInvalid("one_shot.sizes: retinaface has sizes of anchors for each stride")
    if len(model.outputs) != wanted:
        raise ManifestInvalid(f"{place}.outputs: {manifest.detector} with {strides} strides has {wanted} outputs")
    sides = _size(place, model.input)
    if any(side is not None and side % max(how.strides) for side in sides):
        raise ManifestInvalid(f"{place}.input: {sides} are not multiples of the strides {how.strides}")


def _size(place: str, image: ImageSpec) -> tuple[int | None, int | None]:
    """Height and width; None is any."""
    shape = image.tensor.shape
    channels = 3 if image.layout is Layout.NHWC else 1
    if len(shape) != 4 or shape[channels] != 3:
        raise ManifestInvalid(f"{place}.input.tensor.shape: {shape} is not that of {image.layout} with 3 channels")
    if image.tensor.dtype is DType.UINT8 and (image.mean, image.scale) != ((0, 0, 0), 1):
        raise ManifestInvalid(f"{place}.input: plain uint8 pixels have mean 0 and scale 1")
    height, width = (size for axis, size in enumerate(shape) if axis not in (0, channels))
    return height, width


def _check_answers(place: str, answers: KnownAnswers, size: tuple[int | None, int | None], names: set[str]) -> None:
    if not set(answers.outputs) <= names:
        raise ManifestInvalid(f"{place}.outputs: the model has only {sorted(names)}")
    if any(wanted not in (None, side) for side, wanted in zip(answers.shape[1:3], size, strict=True)):
        raise ManifestInvalid(f"{place}.shape: the model takes {size}")


def _check_alignment(manifest: Manifest) -> None:
    alignment = manifest.alignment
    size = _size("embedder", manifest.model(ModelKind.EMBEDDER).input)
    if size != (alignment.height, alignment.width):
        raise ManifestInvalid(f"alignment: the embedder takes {size}")
    if not all(0 <= x < alignment.width and 0 <= y < alignment.height for x, y in alignment.landmarks):
        raise ManifestInvalid("alignment.landmarks: a landmark lies outside the picture")
    (left_eye, _), (right_eye, _) = alignment.landmarks[:2]
    if left_eye >= right_eye:
        raise ManifestInvalid("alignment.landmarks: the first is the eye on the picture's left")


def _check_calibration(manifest: Manifest) -> None:
    for shots in {(point.templates, point.shots) for point in manifest.calibration}:
        points = [point for point in manifest.calibration if (point.templates, point.shots) == shots]
        rates = [point.false_match_rate for point in sorted(points, key=lambda point: point.threshold)]
        if rates != sorted(set(rates), reverse=True):
            raise ManifestInvalid("calibration: a higher threshold must have a lower false match rate")
