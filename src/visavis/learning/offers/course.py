"""A whole course for the recommending model: from members with right answers to a model for the registry."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from visavis.learning.course.against import commonest, gain_over, offers_answered
from visavis.learning.course.card import LIMITS, Card, Figure
from visavis.learning.course.classifier import Classifier, Parts, Rows, seeded, split, threads
from visavis.learning.course.epoch import Epoch, Measure, best_epoch
from visavis.learning.course.recipe import Recipe
from visavis.learning.course.run import Progress, resume, run
from visavis.learning.course.trained import Trained, artefact, measured
from visavis.learning.estimate import Estimate
from visavis.learning.offers.examples import Examples
from visavis.learning.offers.export import Exported, export, seen_of
from visavis.learning.offers.networks import Network, Shape, build, stairs
from visavis.types import Artefact, ModelKind

VALIDATION, HELD_OUT = 0.1, 0.2  # shares of the members
OURS = Recipe(epochs=10, batch=64, lr=3e-3, width=128, depth=2, dropout=0.1, weight_decay=0.01)
"""Chosen on validation members of simulated data alone."""


def train_offers(
    examples: Examples,
    recipe: Recipe = OURS,
    network: Network = Network.SETS,
    *,
    scenario: str,
    licence: str,
    command: str,
    now: datetime,
    device: torch.device | None = None,
    serving: Artefact | None = None,
    beside: bool = False,
    checkpoint: Path | None = None,
    go_on: bool = False,
    told: Callable[[str, Epoch], None] = lambda _name, _epoch: None,
    progress: Progress = lambda _step, _share: None,
) -> Trained:
    """Train, measure, export.

    Args:
        examples: members with the offer that was right for each.
        recipe: how.
        network: which.
        scenario: name of the pack.
        licence: of the data, for the card.
        command: that does this again, for the card.
        now: stamped on the model.
        device: where; the CPU unless it is named.
        serving: the model that serves, to compare with.
        beside: train the reference network too, on the same members.
        checkpoint: written after each epoch.
        go_on: begin from it.
        told: called with each epoch as it ends.
        progress: told of the share that is done.

    Raises:
        InputRefused: too few members, or one answer alone.
        SettingInvalid: the checkpoint is of another run.
        ModelRefused: the exported network is not the trained one.
    """
    parts = split(examples.rows(), validation=VALIDATION, held_out=HELD_OUT, seed=recipe.seed)
    names = [network, *([Network.REFERENCE] if beside and network is not Network.REFERENCE else [])]
    learners = [_learner(name, examples, parts, recipe, device) for name in names]
    if go_on and checkpoint is not None:
        resume(learners, checkpoint)
    with threads(recipe.threads):
        run(learners, checkpoint=checkpoint, told=told, progress=progress)
        files = None if network is Network.REFERENCE else _exported(learners[0], examples)
        card = Card(
            title=f"Recommending model ({network.value})",
            scenario=scenario,
            source=examples.source,
            members={name: len(rows) for name, rows in _named(parts).items()},
            events=len(examples.series),
            period=examples.period and (examples.period[0].isoformat(), examples.period[1].isoformat()),
            network=network.value,
            weights=sum(weight.numel() for weight in learners[0].network.parameters()),
            recipe=asdict(recipe),
            figures=(*_figures(examples, learners[0]), *_same(files)),
            beside={one.name: _held_out(one) for one in learners[1:]},
            history=tuple(learners[0].history),
            kept=best_epoch(learners[0].history).number,
            limits=LIMITS,
            licence=licence,
            command=command,
            gain=_gain(examples, learners[0], serving),
        )
    model = None if files is None else artefact(ModelKind.RECOMMEND, scenario, files.files, card, now)
    return Trained(artefact=model, card=card)


def _gain(examples: Examples, learner: Classifier, serving: Artefact | None) -> dict[str, object]:
    """Over the model that serves or, without one, over the commonest answer."""
    rows, series, names = learner.parts.held_out, examples.series, np.array(examples.names)
    right = learner.logits(rows).argmax(dim=1).numpy() == rows.labels
    if serving is None:
        theirs = commonest(learner.parts.train.labels, len(rows)) == rows.labels
    else:
        said = offers_answered(serving, seen_of(rows), kinds=series.kinds, items=series.items)
        theirs = said == names[rows.labels]
    return gain_over(serving, right, theirs)


def validation_loss(examples: Examples, recipe: Recipe) -> float:
    """The least of any epoch, of our network; members that are held out for figures are not looked at."""
    parts = split(examples.rows(), validation=VALIDATION, held_out=HELD_OUT, seed=recipe.seed)
    learner = _learner(Network.SETS, examples, replace(parts, held_out=parts.validation), recipe, None)
    with threads(recipe.threads):
        run([learner])
    return best_epoch(learner.history).validation.loss


def _learner(
    network: Network, examples: Examples, parts: Parts, recipe: Recipe, device: torch.device | None
) -> Classifier:
    series = examples.series
    kind, _item, numbers = parts.train.inputs
    kinds = len(series.kinds)
    shape = Shape(
        kinds=kinds, items=len(series.items), classes=len(examples.names), stairs=stairs(kind, numbers, kinds)
    )
    built = seeded(
        recipe.seed, lambda: build(network, shape, width=recipe.width, depth=recipe.depth, dropout=recipe.dropout)
    )
    return Classifier(
        name=network.value, network=built, parts=parts, recipe=recipe, device=device or torch.device("cpu")
    )


def _exported(learner: Classifier, examples: Examples) -> Exported:
    tested, series = learner.parts.validation, examples.series
    some = tested.of(np.arange(min(len(tested), 512)))
    return export(learner.best_network(), kinds=series.kinds, items=series.items, names=examples.names, tested=some)


def _named(parts: Parts) -> dict[str, Rows]:
    return {"train": parts.train, "validation": parts.validation, "held_out": parts.held_out}


def _held_out(learner: Classifier) -> dict[str, float]:
    kept: Measure = best_epoch(learner.history).held_out
    return {"loss": kept.loss, "accuracy": kept.accuracy}


def _figures(examples: Examples, learner: Classifier) -> list[Figure]:
    """Of the kept epoch on members that chose nothing; beside the best that anybody could do, where that is known."""
    rows, members = learner.parts.held_out, learner.parts.members[2]
    learner.network.load_state_dict(learner.best)
    logits = learner.logits(rows).double()
    labels = torch.from_numpy(rows.labels)
    losses = functional.cross_entropy(logits, labels, reduction="none").numpy()
    answers, known = logits.argmax(dim=1), examples.chances
    chances = None if known is None else known[members]
    return measured(answers.numpy(), (answers == labels).numpy(), losses, chances)


def _same(files: Exported | None) -> list[Figure]:
    if files is None:
        return []
    same = Estimate(value=files.same_answers, low=files.same_answers, high=files.same_answers)
    return [Figure(name="same first answer in whole numbers", estimate=same, part="validation")]
