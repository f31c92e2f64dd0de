"""Train a behaviour network: one recipe, one loop.

Each epoch draws order, dropout and negatives from generators of its own, seeded by the run's seed and the epoch's
number. So a run that goes on from a checkpoint gives the same weights, to the bit, as one that was never interrupted
(on one kind of processor, with one number of threads).
"""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from visavis.behaviour.encode import Vocabulary
from visavis.learning.behaviour.heads import Figures, Tally, losses, rivals_of
from visavis.learning.behaviour.network import BehaviourNetwork, build_network
from visavis.learning.behaviour.recipe import Keep, Recipe
from visavis.learning.behaviour.sequences import Sequences, count_batches, training_batches, validation_batches

HEADS = ("next item", "behaviour class", "next visit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The three heads on one part of the data; None where nothing was asked."""

    next_item: Figures | None
    behaviour: Figures | None
    next_visit: Figures | None

    @classmethod
    def of(cls, tallies: tuple[Tally, Tally, Tally]) -> "Part":
        """The means of three tallies."""
        item, label, visit = (tally.figures for tally in tallies)
        return cls(next_item=item, behaviour=label, next_visit=visit)

    def joint(self, recipe: Recipe) -> float:
        """L = w1 L_item + w2 L_class + w3 L_visit."""
        weighed = (
            (recipe.next_item, self.next_item),
            (recipe.behaviour, self.behaviour),
            (recipe.next_visit, self.next_visit),
        )
        return sum(weight * figures.loss for weight, figures in weighed if figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One line of the table."""

    number: int  # from 1
    lr: float  # of its last step
    loss: float  # joint, while learning
    validation_loss: float  # joint, of what lies behind the fences
    training: Part
    validation: Part
    ndcg: float | None = None  # NDCG@10 of the next item, where the recipe keeps by it

    def beats(self, other: "Epoch") -> bool:
        """Whether its network is the one to keep."""
        return (self.ndcg or 0.0, -self.validation_loss) > (other.ndcg or 0.0, -other.validation_loss)


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """A run as it stands after an epoch: what a checkpoint holds."""

    network: BehaviourNetwork
    optimiser: torch.optim.AdamW
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)  # weights of the network after its best epoch

    def best_epoch(self) -> Epoch:
        """The epoch whose weights are kept."""
        best = self.history[0]
        for epoch in self.history[1:]:
            best = epoch if epoch.beats(best) else best
        return best

    def best_network(self) -> BehaviourNetwork:
        """A copy of the network with its best weights, on the processor, ready to be used."""
        network = copy.deepcopy(self.network).cpu()
        network.load_state_dict(self.best)
        return network.eval()


def start(recipe: Recipe, vocabulary: Vocabulary, data: Sequences) -> Run:
    """Random weights, and the scale of the time between visits as training knows it."""
    network = build_network(recipe, vocabulary)
    seen = data.training.visit_s[data.training.visited]
    if len(seen) > 1:
        logs = np.log(np.maximum(seen, 1.0, dtype=np.float64))
        network.visit_scale.copy_(torch.tensor([logs.mean(), max(logs.std(), 0.1)]))
    network.to(_device())
    weights = list(network.parameters())
    matrices, others = [w for w in weights if w.ndim > 1], [w for w in weights if w.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.weight_decay)
    return Run(network=network, optimiser=optimiser)


def fit(
    data: Sequences,
    recipe: Recipe,
    run: Run,
    *,
    keep: Callable[[Run], None] = lambda _run: None,
    ndcg: Callable[[BehaviourNetwork], float] | None = None,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> Run:
    """Train until the epochs are done or nothing gets better any more.

    Args:
        data: what is seen and asked.
        recipe: how.
        run: where to begin: `start`, or a checkpoint of a run with the same recipe and events.
        keep: called after each epoch with the run as it stands.
        ndcg: measures the next item on validation data, for a recipe that keeps by it.
        progress: told of the share of all steps that is done.
    """
    network, steps = run.network, count_batches(data, size=recipe.batch, longest=recipe.longest)
    with threads(recipe.threads), torch.random.fork_rng():
        for epoch in range(len(run.history), recipe.epochs):
            if run.history and epoch - run.best_epoch().number >= recipe.patience:
                break
            rng = np.random.default_rng([recipe.seed, epoch + 1])
            torch.manual_seed(int(rng.integers(2**62)))
            tallies, joint, lr = (Tally(), Tally(), Tally()), 0.0, 0.0
            rivals = rivals_of(data.training, len(network.popularity), recipe.negatives, rng)
            network.train()
            batches = training_batches(data, size=recipe.batch, longest=recipe.longest, rng=rng)
            for step, batch in enumerate(batches):
                lr = learning_rate(recipe, epoch * steps + step, steps)
                for group in run.optimiser.param_groups:
                    group["lr"] = lr
                with mixed():
                    loss = losses(network, batch, data.training, recipe, tallies, rivals)
                run.optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
                nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
                run.optimiser.step()
                joint += float(loss.detach())
                progress("training", (epoch * steps + step + 1) / (recipe.epochs * steps))
            validation = validate(network, data, recipe)
            run.history.append(
                Epoch(
                    number=epoch + 1,
                    lr=lr,
                    loss=joint / steps,
                    validation_loss=validation.joint(recipe),
                    training=Part.of(tallies),
                    validation=validation,
                    ndcg=ndcg(network.eval()) if ndcg and recipe.keep is Keep.NDCG else None,
                )
            )
            if run.best_epoch() is run.history[-1]:
                run.best = copy.deepcopy(network.state_dict())
            keep(run)
    progress("training", 1.0)
    return run


@torch.no_grad()
def validate(network: BehaviourNetwork, data: Sequences, recipe: Recipe) -> Part:
    """The three heads on what lies behind the fences."""
    network.eval()
    tallies = (Tally(), Tally(), Tally())
    rivals = rivals_of(data.training, len(network.popularity), recipe.negatives, np.random.default_rng(recipe.seed))
    for batch in validation_batches(data, size=recipe.batch, longest=recipe.longest):
        losses(network, batch, data.validation, recipe, tallies, rivals)
    return Part.of(tallies)


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


def mixed() -> AbstractContextManager[object]:
    """Half precision for what bears it, where there is a GPU."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if torch.cuda.is_available() else nullcontext()


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
