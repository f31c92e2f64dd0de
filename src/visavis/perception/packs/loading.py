"""From a folder to networks that are ready to run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ChecksumMismatch, ManifestInvalid, ModelRefused
from visavis.perception.packs import known_answers
from visavis.perception.packs.feeding import feed, run_each
from visavis.perception.packs.live import LiveModel
from visavis.perception.packs.manifest import (
    MANIFEST_FILE,
    Alignment,
    DetectorKind,
    ImageSpec,
    Manifest,
    ModelKind,
    OneShot,
    read_manifest,
)
from visavis.runtime import Model, load_model


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MtcnnNets:
    """The three networks of the cascade; each takes uint8 RGB pictures (N, H, W, 3).

    p_net: any H, W of at least 12 -> scores (N, h, w), offsets (N, 4, h, w); window (row, column) covers pixels
    2 * column to 2 * column + 12 and 2 * row to 2 * row + 12.
    r_net: 24 x 24 -> scores (N,), offsets (N, 4).
    o_net: 48 x 48 -> scores (N,), offsets (N, 4), landmarks (N, 5, 2).

    Scores are probabilities. Offsets (left, top, right, bottom) and landmarks (x, y) are parts of the box's width and
    height; landmarks count from the box's left top corner.
    """

    p_net: Model
    r_net: Model
    o_net: Model


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneShotNet:
    """A detector that looks once, and how its answers are read."""

    kind: DetectorKind
    model: Model
    image: ImageSpec
    how: OneShot


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pack:
    """A loaded pack."""

    manifest: Manifest
    detector: MtcnnNets | OneShotNet
    embedder: Model
    liveness: LiveModel | None = None

    def embed(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Templates of aligned faces: uint8 RGB (N, alignment.height, alignment.width, 3) -> (N, D) of length 1.

        Raises:
            ValueError: the pictures have another type or shape.
            ModelRefused: the embedder gave something that has no direction.
        """
        fed = feed(faces, self.manifest.model(ModelKind.EMBEDDER).input)
        vectors = run_each(self.embedder, fed) if len(fed) else np.zeros((0, self.manifest.dim), np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise ModelRefused(f"the embedder of {self.manifest.name} gave a vector without direction")
        unit: NDArray[np.float32] = vectors / lengths
        return unit

    @property
    def alignment(self) -> Alignment:
        return self.manifest.alignment

    @property
    def model_id(self) -> str:
        """What `visavis.types.Embedding.model` says."""
        return self.manifest.model_id


def load_pack(folder: Path, *, threads: int = 1) -> Pack:
    """Load every model of a pack; each has been warmed up on its known answers.

    Args:
        folder: holds `manifest.json` and the files that it names.
        threads: of each network, inside one operator.

    Raises:
        ManifestInvalid: the manifest is missing or breaks a rule.
        ChecksumMismatch: a file is missing or is not the one that the manifest names.
        ModelRefused: a file is not the declared network, or gives other answers.
    """
    manifest = read_manifest(folder)
    return Pack(
        manifest=manifest,
        detector=_detector(folder, manifest, threads),
        embedder=_load(folder, manifest, ModelKind.EMBEDDER, threads),
        liveness=_liveness(folder, manifest, threads),
    )


def verify_pack(folder: Path) -> Manifest:
    """Check a pack as `load_pack` does and give what its manifest says; raises what `load_pack` raises."""
    return load_pack(folder).manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPack:
    """What a folder says about itself; `verify_pack` tells whether it is true."""

    folder: Path
    name: str  # the folder's name where the manifest is invalid
    version: str  # empty where the manifest is invalid
    licences: tuple[str, ...]  # SPDX expressions of its models, each once


def list_packs(root: Path) -> tuple[InstalledPack, ...]:
    """The packs below this folder, by folder name, those with an invalid manifest included."""
    if not root.is_dir():
        return ()
    folders = (path for path in sorted(root.iterdir()) if not path.name.startswith("."))
    return tuple(_installed(folder) for folder in folders if (folder / MANIFEST_FILE).is_file())


def _installed(folder: Path) -> InstalledPack:
    try:
        manifest = read_manifest(folder)
    except ManifestInvalid:
        return InstalledPack(folder=folder, name=folder.name, version="", licences=())
    licences = tuple(dict.fromkeys(model.licence for model in manifest.models))
    return InstalledPack(folder=folder, name=manifest.name, version=manifest.version, licences=licences)


def _detector(folder: Path, manifest: Manifest, threads: int) -> MtcnnNets | OneShotNet:
    if manifest.one_shot is None:
        return MtcnnNets(
            p_net=_load(folder, manifest, ModelKind.MTCNN_P_NET, threads),
            r_net=_load(folder, manifest, ModelKind.MTCNN_R_NET, threads),
            o_net=_load(folder, manifest, ModelKind.MTCNN_O_NET, threads),
        )
    return OneShotNet(
        kind=manifest.detector,
        model=_load(folder, manifest, ModelKind.DETECTOR, threads),
        image=manifest.model(ModelKind.DETECTOR).input,
        how=manifest.one_shot,
    )


def _liveness(folder: Path, manifest: Manifest, threads: int) -> LiveModel | None:
    if manifest.liveness is None:
        return None
    model = _load(folder, manifest, ModelKind.LIVENESS, threads)
    return LiveModel(model=model, image=manifest.model(ModelKind.LIVENESS).input, crop=manifest.liveness)


def _load(folder: Path, manifest: Manifest, kind: ModelKind, threads: int) -> Model:
    spec = manifest.model(kind)
    path = folder / spec.file
    size = path.stat().st_size if path.is_file() else None
    if size != spec.size:
        found = "is missing" if size is None else f"has {size} bytes, expected {spec.size}"
        raise ChecksumMismatch(f"{path.name} of {folder.name} {found}")
    model = load_model(path, sha256=spec.sha256, inputs=[spec.input.tensor], outputs=spec.outputs, threads=threads)
    known_answers.check(model, spec)
    return model
