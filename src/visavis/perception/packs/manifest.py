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
from visavis.runtime import TensorSpec

MANIFEST_FILE = "manifest.json"
MAX_MANIFEST_BYTES = 2**20

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Point = tuple[float, float]


class DetectorKind(StrEnum):
    """How a pack finds faces."""

    MTCNN = "mtcnn"


class ModelKind(StrEnum):
    """The part that a model plays."""

    MTCNN_P_NET = "mtcnn_p_net"
    MTCNN_R_NET = "mtcnn_r_net"
    MTCNN_O_NET = "mtcnn_o_net"
    EMBEDDER = "embedder"


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

    shape: Annotated[tuple[int, ...], Field(min_length=1, max_length=4)]
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
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1)]  # an embedder's first is the template
    known_answers: KnownAnswers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Where five landmarks lie in the picture that the embedder takes; x right, y down, pixel centres whole."""

    width: Annotated[int, Field(gt=0, le=1024)]
    height: Annotated[int, Field(gt=0, le=1024)]
    landmarks: tuple[Point, Point, Point, Point, Point]  # in the order of visavis.types.Face
    evidence: Text  # how the positions were found


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """Comparison score from which two faces count as one person, at a measured false match rate."""

    false_match_rate: Annotated[float, Field(gt=0, lt=1)]
    threshold: Annotated[float, Field(ge=-1, le=1)]  # cosine
    impostor_pairs: Annotated[int, Field(gt=0)]  # that were compared
    evidence: Text  # data and command that gave it


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

    def model(self, kind: ModelKind) -> ModelSpec:
        """The one model of this kind."""
        return next(model for model in self.models if model.kind is kind)

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
    match manifest.detector:
        case DetectorKind.MTCNN:
            needed = {ModelKind.MTCNN_P_NET, ModelKind.MTCNN_R_NET, ModelKind.MTCNN_O_NET, ModelKind.EMBEDDER}
    kinds = Counter(model.kind for model in manifest.models)
    if kinds != Counter(needed):
        raise ManifestInvalid(
            f"models: exactly one each of {sorted(needed)} is needed, found {sorted(kinds.elements())}"
        )
    if len({model.file for model in manifest.models}) != len(manifest.models):
        raise ManifestInvalid("models: two models name the same file")
    for number, model in enumerate(manifest.models):
        names = {output.name for output in model.outputs}
        if model.known_answers is not None and not set(model.known_answers.outputs) <= names:
            raise ManifestInvalid(f"models.{number}.known_answers.outputs: the model has only {sorted(names)}")


def _check_alignment(manifest: Manifest) -> None:
    alignment, image = manifest.alignment, manifest.model(ModelKind.EMBEDDER).input
    if image.layout is Layout.NHWC:
        wanted = (alignment.height, alignment.width, 3)
    else:
        wanted = (3, alignment.height, alignment.width)
    if image.tensor.shape[1:] != wanted:
        raise ManifestInvalid(f"alignment: the embedder takes {image.tensor.shape}, not pictures of {wanted}")
    if not all(0 <= x < alignment.width and 0 <= y < alignment.height for x, y in alignment.landmarks):
        raise ManifestInvalid("alignment.landmarks: a landmark lies outside the picture")
    (left_eye, _), (right_eye, _) = alignment.landmarks[:2]
    if left_eye >= right_eye:
        raise ManifestInvalid("alignment.landmarks: the first is the eye on the picture's left")


def _check_calibration(manifest: Manifest) -> None:
    points = sorted(manifest.calibration, key=lambda point: point.threshold)
    rates = [point.false_match_rate for point in points]
    if rates != sorted(set(rates), reverse=True):
        raise ManifestInvalid("calibration: a higher threshold must have a lower false match rate")
