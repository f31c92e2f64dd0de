"""Train a face network: one recipe, one loop.

Each epoch draws its order and its variations from a generator of its own, seeded by the run's seed and the epoch's
number. So a run that goes on from a checkpoint gives the same weights, to the bit, as one that was never interrupted
(on one kind of processor, with one number of threads).
"""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from visavis.errors import InputRefused
from visavis.identity.closed_set import split_by_person
from visavis.learning.faces.crops import Crops
from visavis.learning.faces.networks import Head, build_head, build_network
from visavis.learning.faces.recipe import Recipe, Validation

MEAN, SCALE = 127.5, 1 / 127.5  # of pixels 0 to 255; the manifest of the pack says the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One line of the table."""

    number: int  # from 1
    lr: float  # of its last step
    loss: float  # mean over the varied training pictures, while learning
    accuracy: float  # of the same
    validation_loss: float | None  # None where the people are unknown to the network
    validation_accuracy: float  # right person (PICTURE), or nearest other picture is of the same person (PERSON)

    def beats(self, other: "Epoch") -> bool:
        """Whether its network is the one to keep: more accurate, or as accurate with less loss."""
        mine, theirs = -(self.validation_loss or 0.0), -(other.validation_loss or 0.0)
        return (self.validation_accuracy, mine) > (other.validation_accuracy, theirs)


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """A run as it stands after an epoch: what a checkpoint holds."""

    network: nn.Sequential
    head: Head
    optimiser: torch.optim.AdamW
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)  # weights of the network after its best epoch

    def best_epoch(self) -> Epoch:
        """The epoch whose weights are kept."""
        best = self.history[0]
        for epoch in self.history[1:]:
            best = epoch if epoch.beats(best) else best
        return best

    def best_network(self) -> nn.Sequential:
        """A copy of the network with its best weights, ready to be used."""
        network = copy.deepcopy(self.network)
        network.load_state_dict(self.best)
        return network.eval()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Which faces are learned from and which test."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    classes: NDArray[np.int64]  # (faces,): 0 to people - 1 of those that are learned; -1 for others
    people: int


def split(crops: Crops, recipe: Recipe) -> Split:
    """Hold out pictures of each person, or whole people; the same for equal seeds.

    Raises:
        InputRefused: too few people or pictures for that.
    """
    rng, labels = np.random.default_rng([recipe.seed, 0]), crops.labels
    match recipe.validation:
        case Validation.PICTURE:
            train, validation = split_by_person(labels, 1 - recipe.validation_share, rng)
        case Validation.PERSON:
            count = max(2, round(recipe.validation_share * crops.people))
            held_out = np.isin(labels, rng.permutation(crops.people)[:count])
            train, validation = np.flatnonzero(~held_out), np.flatnonzero(held_out)
            validation = validation[np.bincount(labels)[labels[validation]] > 1]  # others have nobody to resemble
    present = np.unique(labels[train])
    if len(present) < 2 or not len(validation):
        raise InputRefused("two people to learn and a picture to test with are the least; some people need several")
    classes = np.full(len(labels), -1)
    classes[np.isin(labels, present)] = np.searchsorted(present, labels[np.isin(labels, present)])
    return Split(train=np.sort(train), validation=np.sort(validation), classes=classes, people=len(present))


def start(recipe: Recipe, people: int) -> Run:
    """Random weights; the same for equal seeds, whatever torch's own generator has drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = build_network(recipe.network, recipe.dimensions)
        head = build_head(recipe.loss, recipe.dimensions, people, recipe.scale)
    weights = [weight for module in (network, head) for weight in module.parameters()]
    matrices, others = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.weight_decay)
    return Run(network=network, head=head, optimiser=optimiser)


def fit(
    crops: Crops,
    recipe: Recipe,
    run: Run,
    *,
    keep: Callable[[Run], None] = lambda _run: None,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> Run:
    """Train until the epochs are done or nothing gets better any more.

    Args:
        crops: the faces.
        recipe: how.
        run: where to begin: `start`, or a checkpoint of a run with the same recipe and faces.
        keep: called after each epoch with the run as it stands.
        progress: told of the share of all steps that is done.

    Raises:
        InputRefused: too few people or pictures.
    """
    parts = split(crops, recipe)
    steps = max(1, len(parts.train) // recipe.batch)  # what is left over after whole batches waits for another epoch
    with _threads(recipe.threads):
        for epoch in range(len(run.history), recipe.epochs):
            if run.history and epoch - run.best_epoch().number >= recipe.patience:
                break
            rng = np.random.default_rng([recipe.seed, epoch + 1])
            order = rng.permutation(parts.train)
            losses, right, shown, lr = 0.0, 0, 0, 0.0
            run.network.train()
            for step in range(steps):
                chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
                lr = learning_rate(recipe, epoch * steps + step, steps)
                for group in run.optimiser.param_groups:
                    group["lr"] = lr
                pictures = tensor(crops.varied(chosen, recipe.augmentation, rng))  # (N, 3, H, W)
                people = torch.from_numpy(parts.classes[chosen])  # (N,)
                logits = run.head(run.network(pictures))  # (N, K)
                loss = functional.cross_entropy(run.head.hardened(logits, people, margin(recipe, epoch)), people)
                run.optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
                nn.utils.clip_grad_norm_(run.network.parameters(), 5.0)
                run.optimiser.step()
                losses += float(loss.detach()) * len(chosen)
                right += int((logits.detach().argmax(dim=1) == people).sum())
                shown += len(chosen)
                progress("training", (epoch * steps + step + 1) / (recipe.epochs * steps))
            validation_loss, validation_accuracy = validate(run, crops, parts, recipe)
            run.history.append(
                Epoch(
                    number=epoch + 1,
                    lr=lr,
                    loss=losses / shown,
                    accuracy=right / shown,
                    validation_loss=validation_loss,
                    validation_accuracy=validation_accuracy,
                )
            )
            if run.best_epoch() is run.history[-1]:
                run.best = copy.deepcopy(run.network.state_dict())
            keep(run)
    return run


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


def margin(recipe: Recipe, epoch: int) -> float:
    """In radians; from 0 in the first epoch to the whole one half-way: random weights cannot bear it at once."""
    return recipe.margin * min(1.0, 2 * epoch / recipe.epochs)


def tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Pictures (N, H, W, 3), 0 to 255 -> (N, 3, H, W), about -1 to 1."""
    values = (pictures.astype(np.float32) - np.float32(MEAN)) * np.float32(SCALE)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))


@torch.no_grad()
def embed(network: nn.Module, pictures: NDArray[np.uint8], batch: int) -> Tensor:
    """Pictures (N, H, W, 3) -> embeddings (N, D) as the network gives them."""
    network.eval()
    return torch.cat([network(tensor(pictures[i : i + batch])) for i in range(0, len(pictures), batch)])


def validate(run: Run, crops: Crops, parts: Split, recipe: Recipe) -> tuple[float | None, float]:
    """Loss and accuracy on the faces that were held out, not varied."""
    embeddings = embed(run.network, crops.plain(parts.validation), recipe.batch)
    match recipe.validation:
        case Validation.PICTURE:
            with torch.no_grad():
                logits, people = run.head(embeddings), torch.from_numpy(parts.classes[parts.validation])
                loss = float(functional.cross_entropy(logits, people))
            return loss, float((logits.argmax(dim=1) == people).double().mean())
        case Validation.PERSON:
            directions = functional.normalize(embeddings)
            alike = (directions @ directions.T).fill_diagonal_(-2)  # (N, N)
            people = torch.from_numpy(crops.labels[parts.validation])
            return None, float((people[alike.argmax(dim=1)] == people).double().mean())


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
