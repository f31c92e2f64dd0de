"""Model packs: what finds faces and what makes templates of them.

    build_default_pack(cache_dir: Path, progress: Callable[[str, float], None] = ...) -> Path
    default_pack_folder(cache_dir: Path) -> Path
    chosen_pack(name: str | None, packs_dir: Path, progress) -> Path
    list_packs(root: Path) -> tuple[InstalledPack, ...]
    verify_pack(folder: Path) -> Manifest
    load_pack(folder: Path, *, threads: int = 1) -> Pack

    Pack.detector     MtcnnNets with the models p_net, r_net, o_net; or OneShotNet
    Pack.embed(faces) aligned faces, uint8 RGB (N, height, width, 3) -> templates (N, D) float32 of length 1
    Pack.alignment    Alignment: width, height and five landmarks of an aligned face
    Pack.model_id     "<pack>@<12 hex digits>", for Embedding.model
    Pack.manifest     Manifest, with `calibration`
    Pack.liveness     LiveModel, or None

    Model.run(*arrays) -> tuple of arrays, in the order of Model.outputs

Every network of the default pack takes one array, uint8 (N, H, W, 3) RGB, 0 to 255, and normalises it itself; N may
be 0 or more, and for P-Net H and W are free from 12 on:

    p_net.run(pictures)   scores (N, h, w), offsets (N, 4, h, w)       h = ceil((H - 2) / 2) - 4, window 12, step 2
    r_net.run(24 x 24)    scores (N,), offsets (N, 4)
    o_net.run(48 x 48)    scores (N,), offsets (N, 4), landmarks (N, 5, 2)

Scores are probabilities of "face". Offsets (left, top, right, bottom) and landmarks (x, y; picture-left eye, right
eye, nose, mouth left, mouth right) are parts of the box's width and height, landmarks from its left top corner.
"""

from visavis.perception.packs.choosing import chosen_pack
from visavis.perception.packs.default_face import build_default_pack, default_pack_folder
from visavis.perception.packs.loading import (
    InstalledPack,
    MtcnnNets,
    OneShotNet,
    Pack,
    list_packs,
    load_pack,
    verify_pack,
)
from visavis.perception.packs.manifest import (
    Alignment,
    CalibrationPoint,
    DetectorKind,
    Manifest,
    ModelKind,
    ModelSpec,
    OneShot,
    read_manifest,
)

__all__ = [
    "Alignment",
    "CalibrationPoint",
    "DetectorKind",
    "InstalledPack",
    "Manifest",
    "ModelKind",
    "ModelSpec",
    "MtcnnNets",
    "OneShot",
    "OneShotNet",
    "Pack",
    "build_default_pack",
    "chosen_pack",
    "default_pack_folder",
    "list_packs",
    "load_pack",
    "read_manifest",
    "verify_pack",
]
