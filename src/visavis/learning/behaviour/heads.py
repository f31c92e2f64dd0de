"""What the three heads lose, and how often they are right."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from visavis.learning.behaviour.network import BehaviourNetwork
from visavis.learning.behaviour.recipe import Recipe
from visavis.learning.behaviour.sequences import NONE, Answers, Batch

TOP = 10
JUDGED = 8  # while learning, one answer in so many is judged


@dataclass(slots=True)
class Tally:
    """Loss and hits of one head, summed over answers."""

    answers: int = 0
    judged: int = 0
    loss: float = 0.0
    right: float = 0.0

    def add(self, loss: Tensor, answers: int, right: Tensor) -> None:
        """One batch: mean loss over its answers, and whether each that can be judged was right."""
        self.answers += answers
        self.loss += float(loss.detach()) * answers
        self.judged += len(right)
        self.right += float(right.sum())

    @property
    def figures(self) -> "Figures | None":
        """Means; None where nothing was asked."""
        if not self.answers:
            return None
        accuracy = self.right / self.judged if self.judged else None
        return Figures(loss=self.loss / self.answers, accuracy=accuracy, answers=self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one head on one part of the data."""

    loss: float  # mean -log P of what came
    accuracy: float | None  # next item: among the ten likeliest; class: the likeliest; visit: within a factor of two
    answers: int


def losses(
    network: BehaviourNetwork,
    batch: Batch,
    answers: Answers,
    recipe: Recipe,
    tallies: tuple[Tally, Tally, Tally],
    rivals: "Rivals | None" = None,
) -> Tensor:
    """The joint loss L = w1 L_item + w2 L_class + w3 L_visit of a batch; tallies are told of each.

    Args:
        network: in training or evaluation mode.
        batch: sequences.
        answers: as training or as validation knows them.
        recipe: weights of the heads.
        tallies: of next item, class, next visit.
        rivals: what the right item is compared with; None: all items.
    """
    device = network.popularity.device
    memory = network(batch.names.to(device), batch.decimals.to(device))
    memory = memory.reshape(-1, memory.shape[-1])[batch.where.to(device)].float()  # (P, W)
    total: Tensor = memory.new_zeros(())
    if recipe.next_item:
        chosen, item = _answered(answers.item[batch.rows], device)
        if len(chosen):
            loss, right = _item_loss(network, memory[chosen], item, rivals)
            tallies[0].add(loss, len(item), right)
            total = total + recipe.next_item * loss
    if recipe.behaviour:
        chosen, label = _answered(answers.label[batch.rows], device)
        if len(chosen):
            logits = network.classes(memory[chosen])
            loss = functional.cross_entropy(logits, label)  # -log P(u | b)
            tallies[1].add(loss, len(label), logits.argmax(dim=1) == label)
            total = total + recipe.behaviour * loss
    if recipe.next_visit:
        rows = np.flatnonzero(np.isfinite(answers.visit_s[batch.rows]))
        if len(rows):
            seconds = torch.from_numpy(answers.visit_s[batch.rows[rows]]).to(device)
            visited = torch.from_numpy(answers.visited[batch.rows[rows]]).to(device)
            mean, spread = network.visit_time(memory[torch.from_numpy(rows).to(device)])
            loss = visit_loss(mean, spread, seconds, visited)
            near = (mean - torch.log(seconds.clamp(min=1.0))).abs() <= np.log(2.0)
            tallies[2].add(loss, len(rows), near[visited])
            total = total + recipe.next_visit * loss
    return total


def visit_loss(mean: Tensor, spread: Tensor, seconds: Tensor, visited: Tensor) -> Tensor:
    """-log likelihood of a log-normal time, (N,) each -> mean.

    A visit that came counts with the density of the log of its time; where none came so far, with the probability
    that it takes longer (right censoring).
    """
    z = (torch.log(seconds.clamp(min=1.0)) - mean) / spread
    came = 0.5 * z**2 + torch.log(spread) + 0.5 * np.log(2 * np.pi)
    not_yet = -torch.special.log_ndtr(-z)
    loss: Tensor = torch.where(visited, came, not_yet).mean()
    return loss


def _answered(answers: NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
    rows = np.flatnonzero(answers != NONE)
    return torch.from_numpy(rows).to(device), torch.from_numpy(answers[rows]).to(device)


def _item_loss(
    network: BehaviourNetwork, memory: Tensor, item: Tensor, rivals: "Rivals | None"
) -> tuple[Tensor, Tensor]:
    """Cross-entropy over all items, or over those of this step and some drawn ones (sampled softmax)."""
    if rivals is None:
        logits = network.item_logits(memory)  # (P, I)
        return functional.cross_entropy(logits, item), _among_the_first(logits, item, network.training)
    present, rarity = rivals.draw(item)  # (K,) in rising order
    logits = network.item_logits(memory, present)  # (P, K)
    place = torch.searchsorted(present, item)[:, None]
    right = logits.gather(1, place)
    weighed = (logits + rarity).scatter(1, place, right)  # the right item is there for certain
    return functional.cross_entropy(weighed, place[:, 0]), _among_the_first(logits, place[:, 0], network.training)


def _among_the_first(logits: Tensor, item: Tensor, learning: bool) -> Tensor:
    """Whether each right item is; while learning every eighth is judged, which is enough and costs an eighth."""
    step = JUDGED if learning else 1
    logits, item = logits.detach()[::step], item[::step, None]
    return (logits > logits.gather(1, item)).sum(dim=1) < TOP


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rivals:
    """Items that a right one is compared with: those that came in the same step, and some drawn evenly.

    An item that is there with probability q stands for 1 / q of itself, so that the sum over all items is right on
    average (Bengio and Senecal 2008).
    """

    count: int  # drawn
    shares: NDArray[np.float64]  # (I,): of each item in what training sees
    rng: np.random.Generator

    def draw(self, item: Tensor) -> tuple[Tensor, Tensor]:
        """Items of this step in rising order (K,), and -log of the probability that each is there (K,)."""
        own = item.cpu().numpy()
        present = np.union1d(own, self.rng.integers(0, len(self.shares), self.count))
        absent = (1 - self.shares[present]) ** (len(own) - 1) * (1 - 1 / len(self.shares)) ** self.count
        rarity = -np.log(np.maximum(1 - absent, 1e-12)).astype(np.float32)
        return torch.from_numpy(present).to(item.device), torch.from_numpy(rarity).to(item.device)


def rivals_of(answers: Answers, items: int, count: int, rng: np.random.Generator) -> Rivals | None:
    """As a recipe asks for; None for 0: all items."""
    if not count:
        return None
    known = answers.item[answers.item != NONE]
    return Rivals(count=count, shares=np.bincount(known, minlength=items) / max(1, len(known)), rng=rng)
