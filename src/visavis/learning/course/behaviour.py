"""A whole course for the behaviour network: from members' events to a model for the registry."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.behaviour.encode import Vocabulary, encode_series
from visavis.behaviour.series import Series, moment
from visavis.errors import InputRefused
from visavis.learning.behaviour.answers import of_network
from visavis.learning.behaviour.checkpoint import FORMAT, fingerprint, load_checkpoint
from visavis.learning.behaviour.export import export
from visavis.learning.behaviour.heads import Figures
from visavis.learning.behaviour.network import BehaviourNetwork
from visavis.learning.behaviour.recipe import REFERENCE, Recipe
from visavis.learning.behaviour.sequences import NONE, Sequences, sequences
from visavis.learning.behaviour.train import Epoch as OwnEpoch
from visavis.learning.behaviour.train import Part, Run, fit, start, validate
from visavis.learning.course.against import classes_answered, commonest, gain_over
from visavis.learning.course.card import LIMITS, Card, Figure
from visavis.learning.course.checkpoint import read_state, write_state
from visavis.learning.course.classifier import Members, drawn
from visavis.learning.course.epoch import Epoch, Measure
from visavis.learning.course.run import Progress
from visavis.learning.course.trained import Trained, artefact, measured
from visavis.learning.estimate import Estimate
from visavis.types import Artefact, ModelKind

VALIDATION, HELD_OUT = 0.1, 0.2  # shares of the members
OURS = Recipe(epochs=10, batch=32, dropout=0.1, input_dropout=0.0)
Told = Callable[[str, Epoch], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lives:
    """What M members did and, where somebody knows, the class of each after all of it."""

    series: Series
    classes: tuple[str, ...]
    labels: NDArray[np.int64] | None = field(repr=False, default=None)  # (M,) index into classes
    chances: NDArray[np.float64] | None = field(repr=False, default=None)  # (M, classes) where a simulator knows them
    source: str  # in words

    def part(self, chosen: NDArray[np.intp], learned: NDArray[np.intp], vocabulary: Vocabulary) -> Sequences:
        """Those who are learned from with all that they did; of the others one event is seen, the rest is asked."""
        series = self.series.of(np.concatenate([learned, chosen]))
        counts = np.diff(series.starts)
        fence = np.where(np.arange(len(counts)) < len(learned), counts, 1)
        labels = np.full(len(series), NONE)
        if self.labels is not None:
            last = series.starts[1:][counts > 0] - 1
            labels[last] = self.labels[np.concatenate([learned, chosen])][counts > 0]
        until = np.full(len(counts), series.at.max())
        return sequences(series, vocabulary, fence=fence, until=until, labels=labels)


def train_behaviour(
    lives: Lives,
    recipe: Recipe = OURS,
    *,
    scenario: str,
    licence: str,
    command: str,
    now: datetime,
    serving: Artefact | None = None,
    beside: bool = False,
    checkpoint: Path | None = None,
    go_on: bool = False,
    told: Told = lambda _name, _epoch: None,
    progress: Progress = lambda _step, _share: None,
) -> Trained:
    """Train, measure, export.

    Args:
        lives: members.
        recipe: how; `REFERENCE`'s cell and widths give the baseline, which is measured and not served.
        scenario: name of the pack.
        licence: of the data, for the card.
        command: that does this again, for the card.
        now: stamped on the model.
        serving: the model that serves, to compare with.
        beside: train the reference network too, on the same members.
        checkpoint: written after each epoch; that of the reference beside it.
        go_on: begin from it, if it is there.
        told: called with each epoch as it ends.
        progress: told of the share that is done.

    Raises:
        InputRefused: too few members, or nobody did two things.
        SettingInvalid: the checkpoint is of another run.
        ModelRefused: the exported network is not the trained one.
    """
    if lives.labels is None:
        recipe = replace(recipe, behaviour=0.0)
    counts = np.diff(lives.series.starts)
    if (counts < 1).any():
        raise InputRefused("a member without an event teaches nothing; leave them out")
    members = drawn(len(counts), validation=VALIDATION, held_out=HELD_OUT, seed=recipe.seed)
    course = _Course(lives=lives, members=members, told=told, progress=progress)
    reference = replace(recipe, cell=REFERENCE.cell, widths=REFERENCE.widths)
    run, history = course.run(_name(recipe), recipe, checkpoint, go_on=go_on)
    others: dict[str, dict[str, float]] = {}
    if beside and recipe != reference:
        second = None if checkpoint is None else checkpoint.with_name(f"reference-{checkpoint.name}")
        other, table = course.run("reference", reference, second, go_on=go_on)
        kept = table[other.best_epoch().number - 1].held_out
        others["reference"] = {"loss": kept.loss, "accuracy": kept.accuracy}
    network, series = run.best_network(), lives.series
    card = Card(
        title=f"Behaviour network ({_name(recipe)})",
        scenario=scenario,
        source=lives.source,
        members=dict(zip(("train", "validation", "held_out"), map(len, members), strict=True)),
        events=len(series),
        period=(moment(int(series.at.min())).isoformat(), moment(int(series.at.max())).isoformat()),
        network=_name(recipe),
        weights=sum(weight.numel() for weight in network.parameters()),
        recipe=recipe.document(),
        figures=course.figures(network, recipe),
        beside=others,
        history=tuple(history),
        kept=run.best_epoch().number,
        limits=LIMITS,
        licence=licence,
        command=command,
        gain=course.gain(network, recipe, serving),
    )
    model = None
    if recipe != reference:
        longest = int(np.argmax(counts))
        probe = encode_series(series.of([longest]), course.vocabulary)
        files = export(network, recipe, course.vocabulary, probe)
        model = artefact(ModelKind.BEHAVIOUR, scenario, files, card, now)
    return Trained(artefact=model, card=card)


def validation_loss(lives: Lives, recipe: Recipe) -> float:
    """The least of any epoch; members that are held out for figures are not looked at."""
    members = drawn(len(lives.series.members), validation=VALIDATION, held_out=HELD_OUT, seed=recipe.seed)
    if lives.labels is None:
        recipe = replace(recipe, behaviour=0.0)
    series = lives.series
    known = Vocabulary(
        kinds=series.kinds, items=series.items, placements=series.placements, classes=lives.classes or ("any",)
    )
    data = lives.part(members[1], members[0], known)
    run = fit(data, recipe, start(recipe, known, data))
    return min(_measure(epoch.validation).loss for epoch in run.history)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Course:
    """The same members for every network."""

    lives: Lives
    members: Members
    told: Told
    progress: Progress

    @property
    def vocabulary(self) -> Vocabulary:
        series = self.lives.series
        classes = self.lives.classes or ("any",)
        return Vocabulary(kinds=series.kinds, items=series.items, placements=series.placements, classes=classes)

    @property
    def held_out(self) -> Sequences:
        """Beside one who was learned from and is asked nothing: somebody must have been seen twice."""
        train, _, held_out = self.members
        longest = int(np.argmax(np.diff(self.lives.series.starts)[train]))
        return self.lives.part(held_out, train[[longest]], self.vocabulary)

    def run(self, name: str, recipe: Recipe, checkpoint: Path | None, *, go_on: bool) -> tuple[Run, list[Epoch]]:
        """Learn, and measure those who choose nothing after each epoch."""
        train, validation, _ = self.members
        data, held_out = self.lives.part(validation, train, self.vocabulary), self.held_out
        events, history, run = fingerprint(data, self.vocabulary), list[Epoch](), None
        if go_on and checkpoint is not None and checkpoint.is_file():
            run = load_checkpoint(checkpoint, recipe, self.vocabulary, data)
            tested = read_state(checkpoint, "held_out")["held_out"]
            history = [
                _epoch(own, Measure(loss=loss, accuracy=accuracy))
                for own, (loss, accuracy) in zip(run.history, tested, strict=True)
            ]
        run = run or start(recipe, self.vocabulary, data)

        def keep(state: Run) -> None:
            history.append(_epoch(state.history[-1], _measure(validate(state.network, held_out, recipe))))
            if checkpoint is not None:
                save(checkpoint, state, recipe, events, history)
            self.told(name, history[-1])

        fit(data, recipe, run, keep=keep, progress=lambda _step, share: self.progress(f"training {name}", share))
        return run, history

    def figures(self, network: BehaviourNetwork, recipe: Recipe) -> list[Figure]:
        """Of members that chose nothing: their class, where it is known, otherwise their next items."""
        held_out, labels = self.held_out, self.lives.labels
        if labels is None:
            found = _measure(validate(network, held_out, recipe))
            return [
                Figure(name=name, estimate=Estimate(value=value, low=value, high=value), part="held_out")
                for name, value in (("loss of the next item", found.loss), ("next item among ten", found.accuracy))
            ]
        chances, right, whose = self._classes(network, recipe)
        losses = -np.log(np.maximum(chances[np.arange(len(right)), right], 1e-12))
        known, answers = self.lives.chances, chances.argmax(axis=1)
        true = None if known is None else known[whose]
        return measured(answers, answers == right, losses, true)

    def gain(self, network: BehaviourNetwork, recipe: Recipe, serving: Artefact | None) -> dict[str, object] | None:
        """Over the network that serves or, without one, over the commonest class; None where no class is known."""
        lives = self.lives
        if lives.labels is None:
            return None
        chances, right, whose = self._classes(network, recipe)
        if serving is None:
            theirs = commonest(lives.labels[self.members[0]], len(right)) == right
        else:
            theirs = classes_answered(serving, lives.series.of(whose)) == np.array(lives.classes)[right]
        return gain_over(serving, chances.argmax(axis=1) == right, theirs)

    def _classes(
        self, network: BehaviourNetwork, recipe: Recipe
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.intp]]:
        """Of those who choose nothing: chances of each class, the right one, and which member it is."""
        held_out, count = self.held_out, len(self.lives.classes)
        given = of_network(network, held_out, classes=count, longest=recipe.longest, masked=False, seed=recipe.seed)
        rows = np.flatnonzero((held_out.validation.label != NONE) & np.isfinite(given.classes[:, 0]))
        whose = np.searchsorted(held_out.starts, rows, side="right") - 2  # the first one was learned from
        return given.classes[rows].astype(np.float64), held_out.validation.label[rows], self.members[2][whose]


def save(checkpoint: Path, run: Run, recipe: Recipe, events: str, history: list[Epoch]) -> None:
    """As `learning.behaviour.checkpoint` reads it, with what was measured on members that choose nothing."""
    state = {
        "format": FORMAT,
        "recipe": recipe.document(),
        "events": events,
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "history": [asdict(epoch) for epoch in run.history],
        "best": run.best,
        "held_out": [[epoch.held_out.loss, epoch.held_out.accuracy] for epoch in history],
    }
    write_state(checkpoint, state)


def _name(recipe: Recipe) -> str:
    return f"{recipe.cell} {'-'.join(map(str, recipe.widths))}"


def _epoch(own: OwnEpoch, held_out: Measure) -> Epoch:
    train, validation = _measure(own.training), _measure(own.validation)
    return Epoch(number=own.number, lr=own.lr, train=train, validation=validation, held_out=held_out)


def _measure(part: Part) -> Measure:
    """-log P(u | b) of the behaviour class; of the next item where no class is known."""
    head: Figures | None = part.behaviour or part.next_item
    if head is None:
        raise InputRefused("nothing is known about what came next, nor any class: there is nothing to learn")
    return Measure(loss=head.loss, accuracy=head.accuracy or 0.0)
