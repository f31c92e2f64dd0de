"""Everything that decides how a network is trained. Equal recipes on equal photographs give equal networks."""

from dataclasses import dataclass
from enum import StrEnum


class Network(StrEnum):
    """The networks that can be trained."""

    RESIDUAL = "residual"  # small residual network
    MOBILE = "mobile"  # MobileFaceNet
    PLAIN = "plain"  # two convolutions: the baseline
    REFERENCE = "reference"  # Conv 32, pool, Conv 64, pool, Dense 1024: the reference description's baseline

    @property
    def side(self) -> int:
        """Rows and columns of the picture that it takes."""
        match self:
            case Network.PLAIN:
                return 224
            case Network.REFERENCE:
                return 64
            case _:
                return 112


class Loss(StrEnum):
    """What is made small."""

    CROSS_ENTROPY = "cross-entropy"  # -log P(right person | picture)
    ANGULAR_MARGIN = "angular-margin"  # the same, with the right angle made harder by a margin


class Validation(StrEnum):
    """What the network is tested with after each epoch."""

    PICTURE = "picture"  # other pictures of the same people: closed set
    PERSON = "person"  # people whom it has never seen: open set


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a training picture may differ from the photograph; drawn evenly between the two ends."""

    scale: float = 0.10  # part of the size, to each side
    rotation_deg: float = 12.0  # to each side
    shift: float = 0.05  # part of the side, to each side, each way
    brightness: float = 0.30  # part of the light, to each side
    contrast: float = 0.25  # part of the distance from the mean, to each side
    gamma: float = 0.25  # exponent 1 +- this
    flip: float = 0.5  # probability of the mirror image


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hyper-parameters of one run."""

    network: Network = Network.RESIDUAL
    loss: Loss = Loss.ANGULAR_MARGIN
    dimensions: int = 128  # of the embedding
    epochs: int = 40
    batch: int = 64  # pictures a step
    lr: float = 2e-3  # at the end of the warm-up; falls along half a cosine to 0 (Loshchilov and Hutter 2017)
    warmup: float = 0.05  # share of all steps over which the rate rises from 0
    weight_decay: float = 0.05  # AdamW (Loshchilov and Hutter 2019)
    margin: float = 0.3  # radians; grows from 0 over the first half of the epochs
    scale: float = 24.0  # of the cosines, with angular margin
    validation: Validation = Validation.PICTURE
    validation_share: float = 0.2  # of each person's pictures, or of the people
    patience: int = 15  # epochs without a better validation accuracy after which training stops
    augmentation: Augmentation = Augmentation()
    seed: int = 1
    threads: int = 1  # runs are repeated to the bit with the same number
