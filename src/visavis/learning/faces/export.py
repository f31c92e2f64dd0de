"""From a trained network to a model pack: ONNX, proved equal to what was trained, with manifest and known answers."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from visavis.errors import ModelRefused
from visavis.identity.threshold import SUPPORT, calibrate
from visavis.learning.course.onnx_file import exported
from visavis.learning.faces.crops import Crops
from visavis.learning.faces.networks import Normalised
from visavis.learning.faces.packing import NewEmbedder, write_pack
from visavis.learning.faces.recipe import Recipe, Validation
from visavis.learning.faces.train import MEAN, SCALE, Run, Split, tensor
from visavis.perception.packs import CalibrationPoint
from visavis.perception.packs.manifest import Colour, ImageSpec, Layout
from visavis.runtime import DType, TensorSpec, load_content

PARITY = 1e-4  # greatest difference of a component of a unit embedding between PyTorch and ONNX Runtime
RATES = (0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)


def publish(run: Run, recipe: Recipe, crops: Crops, parts: Split, *, packs_dir: Path, name: str, base: Path) -> Path:
    """Write the best network of a run as a pack.

    Args:
        run: after its last epoch.
        recipe: of the run.
        crops: its faces.
        parts: which of them tested.
        packs_dir: where packs lie.
        name: of the new pack.
        base: folder of the pack that gave detector and alignment.

    Returns:
        The pack's folder.

    Raises:
        ModelRefused: ONNX Runtime does not give what PyTorch gives.
        SettingInvalid: the folder cannot be written.
        ManifestInvalid: the name breaks a rule.
    """
    network = Normalised(run.best_network()).eval()
    content = to_onnx(network, crops.side)
    image, output = _declared(crops.side, recipe.dimensions)
    tested = crops.plain(parts.validation)
    check_parity(network, content, image, output, tested[:64])
    best = run.best_epoch()
    embedder = NewEmbedder(
        content=content,
        input=image,
        output=output,
        licence="LicenseRef-own-data",
        source=f"visavis train faces: {recipe.network}, {recipe.loss}, {parts.people} people, {len(parts.train)} "
        f"pictures, epoch {best.number}, validation accuracy {best.validation_accuracy:.4f} by {recipe.validation}",
        alignment=crops.alignment,
        calibration=_calibration(network, crops, parts, recipe),
    )
    return write_pack(packs_dir, name, base, embedder)


def to_onnx(network: nn.Module, side: int) -> bytes:
    """The network as one self-contained ONNX file: image (N, 3, side, side) -> embedding (N, D)."""
    return exported(
        network,
        (torch.zeros(2, 3, side, side),),
        inputs=["image"],
        outputs=["embedding"],
        dynamic=({0: torch.export.Dim("N")},),
    )


def check_parity(
    network: nn.Module, content: bytes, image: ImageSpec, output: TensorSpec, pictures: np.ndarray
) -> float:
    """Greatest difference between what both runtimes give for these pictures (N, side, side, 3).

    Raises:
        ModelRefused: it is above `PARITY`.
    """
    model = load_content(content, name="the exported network", inputs=[image.tensor], outputs=[output])
    given = model.run(tensor(pictures).numpy())[0]
    with torch.no_grad():
        wanted = network(tensor(pictures)).numpy()
    difference = float(np.abs(given - wanted).max())
    if not difference <= PARITY:
        raise ModelRefused(f"the exported network differs from the trained one by {difference:.2g}")
    return difference


def _declared(side: int, dimensions: int) -> tuple[ImageSpec, TensorSpec]:
    image = ImageSpec(
        tensor=TensorSpec(name="image", dtype=DType.FLOAT32, shape=(None, 3, side, side)),
        layout=Layout.NCHW,
        colour=Colour.RGB,
        mean=(MEAN, MEAN, MEAN),
        scale=SCALE,
    )
    return image, TensorSpec(name="embedding", dtype=DType.FLOAT32, shape=(None, dimensions))


def _calibration(network: nn.Module, crops: Crops, parts: Split, recipe: Recipe) -> tuple[CalibrationPoint, ...]:
    """Thresholds from people whom the network has never seen; none where it has seen everybody."""
    if recipe.validation is not Validation.PERSON:
        return ()
    _, first = np.unique(crops.labels[parts.validation], return_index=True)
    with torch.no_grad():
        vectors = network(tensor(crops.plain(parts.validation[first]))).numpy()
    scores = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)].astype(np.float64)
    evidence = f"{len(vectors)} people held out from training, first picture of each: visavis train faces"
    found = [calibrate(scores, rate, evidence=evidence) for rate in RATES if rate * len(scores) >= SUPPORT]
    return tuple(
        CalibrationPoint(
            false_match_rate=point.false_match_rate,
            threshold=min(point.score, 1.0),
            impostor_pairs=point.impostor_pairs,
            evidence=point.evidence,
        )
        for point in found
    )
