"""The networks that can be trained, and what is put on top of them while they are.

Shapes: N pictures, C channels, H rows, W columns, D dimensions of the embedding, K people.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from visavis.learning.faces.recipe import Loss, Network


class Rectifier(nn.Module):
    """PReLU (He et al. 2015, arXiv:1502.01852), one slope a channel, as x + (slope - 1) * min(x, 0).

    ONNX Runtime computes this form several times faster than its own PRelu.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.full((channels, 1, 1), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        return x + (self.slope - 1) * x.clamp(max=0)


def _convolution(inputs: int, outputs: int, window: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution and batch normalisation; the border keeps H and W where the stride is 1."""
    return [
        nn.Conv2d(inputs, outputs, window, stride, window // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class ResidualBlock(nn.Module):
    """Two convolutions and a short cut (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            *_convolution(inputs, outputs, 3, stride), nn.ReLU(), *_convolution(outputs, outputs, 3)
        )
        changes = stride != 1 or inputs != outputs
        self.short_cut = nn.Sequential(*_convolution(inputs, outputs, 1, stride)) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.way(x) + self.short_cut(x))


class Bottleneck(nn.Module):
    """Widen, look at each channel by itself, narrow (Sandler et al. 2018, arXiv:1801.04381)."""

    def __init__(self, inputs: int, outputs: int, stride: int, widening: int) -> None:
        super().__init__()
        wide = inputs * widening
        self.way = nn.Sequential(
            *_convolution(inputs, wide, 1),
            Rectifier(wide),
            *_convolution(wide, wide, 3, stride, groups=wide),
            Rectifier(wide),
            *_convolution(wide, outputs, 1),
        )
        self.keeps = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.way(x) if self.keeps else self.way(x)  # type: ignore[no-any-return]  # nn.Module gives Any


def _pooled(channels: int, side: int, dimensions: int) -> list[nn.Module]:
    """A weight for each place of each channel, then D sums (Chen et al. 2018, arXiv:1804.07573, section 3.1)."""
    return [
        nn.Conv2d(channels, channels, side, groups=channels, bias=False),  # (N, C, side, side) -> (N, C, 1, 1)
        nn.BatchNorm2d(channels),
        nn.Flatten(),  # (N, C, 1, 1) -> (N, C)
        nn.Linear(channels, dimensions, bias=False),  # (N, C) -> (N, D)
        nn.BatchNorm1d(dimensions),
    ]


def _residual(dimensions: int) -> nn.Sequential:
    """112 x 112; eight residual blocks, 2.8 million weights."""
    blocks = [
        ResidualBlock(inputs, outputs, stride)
        for inputs, outputs, stride in (
            *((32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1)),
            *((64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1)),
        )
    ]
    return nn.Sequential(*_convolution(3, 32, 3, 2), nn.ReLU(), *blocks, *_pooled(256, 7, dimensions))


def _mobile(dimensions: int) -> nn.Sequential:
    """112 x 112; MobileFaceNet's table 1 (Chen et al. 2018, arXiv:1804.07573): 1 million weights."""
    layers = [*_convolution(3, 64, 3, 2), Rectifier(64), *_convolution(64, 64, 3, groups=64), Rectifier(64)]
    inputs = 64
    stages = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))
    for widening, outputs, count, stride in stages:
        for number in range(count):
            layers.append(Bottleneck(inputs, outputs, stride if number == 0 else 1, widening))
            inputs = outputs
    return nn.Sequential(*layers, *_convolution(128, 512, 1), Rectifier(512), *_pooled(512, 7, dimensions))


def _plain(dimensions: int) -> nn.Sequential:
    """224 x 224; convolution, pool, convolution, pool, dense: the baseline that the others must beat."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),  # (N, 3, 224, 224) -> (N, 16, 112, 112)
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> (N, 16, 56, 56)
        nn.Conv2d(16, 32, 5, padding=2),  # -> (N, 32, 56, 56)
        nn.ReLU(),
        nn.MaxPool2d(4),  # -> (N, 32, 14, 14)
        nn.Flatten(),  # -> (N, 6272)
        nn.Linear(32 * 14 * 14, dimensions),  # -> (N, D)
    )


def _reference(dimensions: int) -> nn.Sequential:
    """64 x 64; Conv 32, pool, Conv 64, pool, Dense 1024, and D sums of these where another D is wanted."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1),  # (N, 3, 64, 64) -> (N, 32, 64, 64)
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> (N, 32, 32, 32)
        nn.Conv2d(32, 64, 3, padding=1),  # -> (N, 64, 32, 32)
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> (N, 64, 16, 16)
        nn.Flatten(),  # -> (N, 16384)
        nn.Linear(64 * 16 * 16, 1024),  # -> (N, 1024)
        nn.ReLU(),
        *([] if dimensions == 1024 else [nn.Linear(1024, dimensions)]),  # -> (N, D)
    )


def build_network(network: Network, dimensions: int) -> nn.Sequential:
    """A network with random weights: (N, 3, H, W) -> (N, D), H and W as `Network.side` says."""
    match network:
        case Network.RESIDUAL:
            return _residual(dimensions)
        case Network.MOBILE:
            return _mobile(dimensions)
        case Network.PLAIN:
            return _plain(dimensions)
        case Network.REFERENCE:
            return _reference(dimensions)


class SoftmaxHead(nn.Module):
    """The last layer: embeddings (N, D) -> logits (N, K)."""

    def __init__(self, dimensions: int, people: int) -> None:
        super().__init__()
        self.last = nn.Linear(dimensions, people)

    def forward(self, embeddings: Tensor) -> Tensor:
        return self.last(embeddings)  # type: ignore[no-any-return]  # nn.Module gives Any

    def hardened(self, logits: Tensor, _labels: Tensor, _margin: float) -> Tensor:
        """The logits that the loss is taken of: the same."""
        return logits


class AngularMarginHead(nn.Module):
    """ArcFace (Deng et al. 2019, arXiv:1801.07698): logits are scaled cosines to one direction a person.

    While it learns, the angle to the right direction counts as `margin` larger than it is, so that the faces of one
    person have to come closer together than a right answer needs.
    """

    def __init__(self, dimensions: int, people: int, scale: float) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(people, dimensions))  # (K, D)
        self.scale = scale

    def forward(self, embeddings: Tensor) -> Tensor:
        """Embeddings (N, D) -> scale * cosines (N, K)."""
        return self.scale * functional.linear(functional.normalize(embeddings), functional.normalize(self.directions))

    def hardened(self, logits: Tensor, labels: Tensor, margin: float) -> Tensor:
        """Scale * cos(angle + margin) in the place of the right person; (N, K) -> (N, K).

        Where angle + margin would pass 180 degrees the cosine would rise again; there it falls on along a line.
        """
        cosine = (logits.gather(1, labels[:, None]) / self.scale).clamp(-1 + 1e-6, 1 - 1e-6)  # (N, 1)
        angle = torch.acos(cosine) + margin
        harder = torch.where(angle < torch.pi, torch.cos(angle), torch.pi - 1 - angle)
        return logits.scatter(1, labels[:, None], self.scale * harder)


Head = SoftmaxHead | AngularMarginHead


def build_head(loss: Loss, dimensions: int, people: int, scale: float) -> Head:
    """What turns embeddings into one logit a person while the network learns."""
    match loss:
        case Loss.CROSS_ENTROPY:
            return SoftmaxHead(dimensions, people)
        case Loss.ANGULAR_MARGIN:
            return AngularMarginHead(dimensions, people, scale)


class Normalised(nn.Module):
    """What is exported: the network, and its embedding brought to length 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return functional.normalize(self.network(image))
