"""Train a network that gives one logit a class: one recipe, one epoch, one loss.

Each epoch draws its order and its dropout from generators of its own, seeded by the run's seed and the epoch's number.
So a run that goes on from a checkpoint gives the same weights, to the bit, as one that was never interrupted (on one
kind of processor, with one number of threads).
"""

import copy
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from visavis.errors import InputRefused
from visavis.learning.course.epoch import PARTS, Epoch, Measure
from visavis.learning.course.recipe import FREE, Recipe

MEASURED = 2048  # rows at once, where nothing is learned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What a network reads, one row a member, and the right answers."""

    inputs: tuple[NDArray[Any], ...]  # each (N, ...)
    labels: NDArray[np.int64]  # (N,), 0 to classes - 1

    def __post_init__(self) -> None:
        if any(len(one) != len(self.labels) for one in self.inputs):
            raise ValueError(f"{[len(one) for one in self.inputs]} rows with {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, rows: NDArray[np.intp]) -> "Rows":
        """Those rows alone."""
        return Rows(inputs=tuple(one[rows] for one in self.inputs), labels=self.labels[rows])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Members to learn from, members that choose the epoch, members that choose nothing."""

    train: Rows
    validation: Rows
    held_out: Rows
    members: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]  # of each part, as numbers of all rows

    def fingerprint(self) -> str:
        """SHA-256 of everything that is in them."""
        digest = hashlib.sha256()
        for rows in (self.train, self.validation, self.held_out):
            for one in (*rows.inputs, rows.labels):
                digest.update(str((one.shape, one.dtype)).encode())
                digest.update(np.ascontiguousarray(one).data)
        return digest.hexdigest()


Members = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]
"""Those who are learned from, who choose the epoch, and who choose nothing; each in rising order."""


def drawn(count: int, *, validation: float, held_out: float, seed: int) -> Members:
    """Shares of so many members, drawn once by this seed; raises InputRefused when a part would be empty."""
    order = np.random.default_rng([seed, 7]).permutation(count)
    kept, chosen = round(held_out * count), round(validation * count)
    if min(kept, chosen, count - kept - chosen) < 1:
        raise InputRefused(f"{count} members are too few to learn from some and test with others")
    return np.sort(order[kept + chosen :]), np.sort(order[kept : kept + chosen]), np.sort(order[:kept])


def split(rows: Rows, *, validation: float, held_out: float, seed: int) -> Parts:
    """Shares of the members, drawn once by this seed.

    Raises:
        InputRefused: one class alone, or too few members for three parts.
    """
    members = drawn(len(rows), validation=validation, held_out=held_out, seed=seed)
    if len(np.unique(rows.labels[members[0]])) < 2:
        raise InputRefused("all members have the same answer: there is nothing to learn")
    train, validating, held = (rows.of(part) for part in members)
    return Parts(train=train, validation=validating, held_out=held, members=members)


@dataclass(slots=True, kw_only=True, eq=False)
class Classifier:
    """A network while it learns: what a checkpoint holds, and how one epoch goes."""

    name: str
    network: nn.Module  # inputs -> logits (N, classes)
    parts: Parts
    recipe: Recipe
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)  # weights after the kept epoch
    optimiser: torch.optim.AdamW = field(init=False)

    def __post_init__(self) -> None:
        self.network.to(self.device)
        weights = [w for w in self.network.parameters() if w.requires_grad]
        matrices, others = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=self.recipe.lr, weight_decay=self.recipe.weight_decay)

    @property
    def epochs(self) -> int:
        """At most so many."""
        return self.recipe.epochs

    @property
    def patience(self) -> int:
        """Epochs without a smaller validation loss after which it stops."""
        return self.recipe.patience

    @property
    def identity(self) -> Mapping[str, Any]:
        """Recipe, shapes of the weights, and a digest of the data."""
        plain = {name: value for name, value in asdict(self.recipe).items() if name not in FREE}
        shapes = {name: list(weight.shape) for name, weight in self.network.state_dict().items()}
        return {**plain, "network": shapes, "data": self.parts.fingerprint()}

    def epoch(self, told: Callable[[float], None] = lambda _share: None) -> Epoch:
        """Learn from every member once, then measure; told of the share that is done."""
        number, recipe, train = len(self.history), self.recipe, self.parts.train
        order = np.random.default_rng([recipe.seed, number + 1]).permutation(len(train))
        steps = math.ceil(len(train) / recipe.batch)
        losses, right, lr = 0.0, 0, 0.0
        self.network.train()
        with _drawn(recipe.seed * 1_000_003 + number, self.device):
            for step in range(steps):
                rows = train.of(order[step * recipe.batch : (step + 1) * recipe.batch])
                lr = learning_rate(recipe, number * steps + step, steps)
                for group in self.optimiser.param_groups:
                    group["lr"] = lr
                loss, hits = self._step(rows)
                losses, right = losses + loss * len(rows), right + hits
                told((step + 1) / steps)
        learned = Measure(loss=losses / len(train), accuracy=right / len(train))
        validation, held_out = self.measure(self.parts.validation), self.measure(self.parts.held_out)
        if not math.isfinite(learned.loss + validation.loss):
            raise InputRefused(f"{self.name}: the loss is no number any more; take a smaller learning rate")
        line = Epoch(number=number + 1, lr=lr, train=learned, validation=validation, held_out=held_out)
        if not self.history or validation.loss < min(e.validation.loss for e in self.history):
            self.best = {name: weight.cpu().clone() for name, weight in self.network.state_dict().items()}
        self.history.append(line)
        return line

    def _step(self, rows: Rows) -> tuple[float, int]:
        labels = torch.from_numpy(rows.labels).to(self.device)
        with mixed(self.device):
            logits = self.network(*self._tensors(rows))  # (N, classes)
            loss = functional.cross_entropy(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        return float(loss.detach()), int((logits.detach().argmax(dim=1) == labels).sum())

    @torch.no_grad()
    def measure(self, rows: Rows) -> Measure:
        """Loss and accuracy of the network as it is now."""
        logits = self.logits(rows)
        labels = torch.from_numpy(rows.labels)
        loss = float(functional.cross_entropy(logits.double(), labels))
        return Measure(loss=loss, accuracy=float((logits.argmax(dim=1) == labels).double().mean()))

    @torch.no_grad()
    def logits(self, rows: Rows) -> Tensor:
        """(N, classes), on the CPU."""
        self.network.eval()
        given = []
        for start in range(0, len(rows), MEASURED):
            part = rows.of(np.arange(start, min(start + MEASURED, len(rows))))
            given.append(self.network(*self._tensors(part)).float().cpu())
        return torch.cat(given)

    def _tensors(self, rows: Rows) -> tuple[Tensor, ...]:
        return tuple(torch.from_numpy(np.ascontiguousarray(one)).to(self.device) for one in rows.inputs)

    def best_network(self) -> nn.Module:
        """A copy with the weights of the kept epoch, on the CPU, ready to be used."""
        network = copy.deepcopy(self.network).cpu()
        network.load_state_dict(self.best)
        return network.eval()

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "history": [_plain(epoch) for epoch in self.history],
            "best": self.best,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Stand where that checkpoint stood."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = [_epoch(line) for line in state["history"]]
        self.best = state["best"]


def seeded(seed: int, build: Callable[[], nn.Module]) -> nn.Module:
    """A network with random weights; the same for equal seeds, whatever torch's own generator has drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Rises in a line, then falls along half a cosine; `step` counts from 0, `steps` are those of one epoch.

    >>> [round(learning_rate(Recipe(lr=1.0, warmup=0.5, epochs=4), step, 1), 2) for step in range(4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    total = recipe.epochs * steps
    rising = max(1, round(recipe.warmup * total))
    if step < rising:
        return recipe.lr * (step + 1) / rising
    return recipe.lr * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, total - rising)))


def chosen_device(name: str) -> torch.device:
    """`cpu`, `cuda`, or `auto`: a GPU where there is one; raises InputRefused."""
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InputRefused("--device: PyTorch finds no GPU here")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def mixed(device: torch.device) -> Any:
    """Multiply in bfloat16 where a GPU can; weights, sums and the loss stay float32, so that nothing is scaled."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _drawn(seed: int, device: torch.device) -> Iterator[None]:
    """Torch's own generator begins here, for dropout, and is as before afterwards."""
    with torch.random.fork_rng(devices=[0] if device.type == "cuda" else []):
        torch.manual_seed(seed % 2**63)
        yield


def _plain(epoch: Epoch) -> dict[str, Any]:
    parts = {part: [getattr(epoch, part).loss, getattr(epoch, part).accuracy] for part in PARTS}
    return {"number": epoch.number, "lr": epoch.lr, **parts}


def _epoch(line: Mapping[str, Any]) -> Epoch:
    parts = {part: Measure(loss=line[part][0], accuracy=line[part][1]) for part in PARTS}
    return Epoch(number=line["number"], lr=line["lr"], **parts)
