"""A whole course of training: from a folder of people to a pack that can be loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from visavis.learning.course.checkpoint import check_place
from visavis.learning.faces.checkpoint import fingerprint, load_checkpoint, save_checkpoint
from visavis.learning.faces.crops import cut_faces, scaled_alignment
from visavis.learning.faces.export import publish
from visavis.learning.faces.folders import Progress, Whose, read_people
from visavis.learning.faces.recipe import Recipe
from visavis.learning.faces.train import Epoch, Run, fit, split, start
from visavis.learning.plots import check_plot, plot_curves
from visavis.perception.observe import Observer
from visavis.perception.packs import load_pack

CHECKPOINT, CURVES = "checkpoint.pt", "curves.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a course gave."""

    pack: Path
    checkpoint: Path
    curves: Path
    people: int  # that were learned
    pictures: int  # to learn from
    validation_pictures: int
    without_face: int  # photographs that were left out
    weights: int  # numbers that were learned, without the last layer
    best: Epoch
    history: tuple[Epoch, ...]


def train_faces(
    folder: Path,
    recipe: Recipe,
    *,
    base: Path,
    packs_dir: Path,
    name: str,
    out: Path,
    resume: bool,
    least: int,
    whose: Whose,
    now: datetime,
    told: Callable[[Epoch], None],
    progress: Progress,
) -> Outcome:
    """Cut the faces, train, write the pack and the curves.

    Args:
        folder: one folder a person.
        recipe: how to train.
        base: folder of the pack that finds the faces and says how they are aligned.
        packs_dir: where the new pack is put.
        name: of the new pack.
        out: folder of checkpoint and curves; made if it is not there.
        resume: go on from the checkpoint in `out`; without it, there must be none.
        least: pictures that a person must have to take part.
        whose: which face of several.
        now: stamped on the frames.
        told: called with each epoch as it ends.
        progress: told of the share that is done.

    Raises:
        InputRefused: the folder, or what is on its pictures, does not suffice.
        SettingInvalid: `out` cannot be used, or its checkpoint belongs to another run.
        ExtraMissing: matplotlib is not installed.
    """
    checkpoint = check_place(out, CHECKPOINT, resume=resume)
    check_plot(out / CURVES)
    pack = load_pack(base, threads=recipe.threads)
    crops = cut_faces(
        read_people(folder, least=least),
        Observer(pack),
        scaled_alignment(pack.alignment, recipe.network.side),
        whose=whose,
        now=now,
        progress=progress,
    )
    parts, faces = split(crops, recipe), fingerprint(crops)
    run = load_checkpoint(checkpoint, crops, recipe) if resume else start(recipe, parts.people)

    def keep(state: Run) -> None:
        save_checkpoint(checkpoint, state, recipe, faces)
        told(state.history[-1])

    fit(crops, recipe, run, keep=keep, progress=progress)
    _draw(out / CURVES, run)
    return Outcome(
        pack=publish(run, recipe, crops, parts, packs_dir=packs_dir, name=name, base=base),
        checkpoint=checkpoint,
        curves=out / CURVES,
        people=parts.people,
        pictures=len(parts.train),
        validation_pictures=len(parts.validation),
        without_face=crops.without_face,
        weights=sum(weight.numel() for weight in run.network.parameters()),
        best=run.best_epoch(),
        history=tuple(run.history),
    )


def _draw(path: Path, run: Run) -> None:
    history = run.history
    plot_curves(
        path,
        {
            "loss": {
                "training (varied)": [epoch.loss for epoch in history],
                "validation": [epoch.validation_loss for epoch in history],
            },
            "accuracy": {
                "training (varied)": [epoch.accuracy for epoch in history],
                "validation": [epoch.validation_accuracy for epoch in history],
            },
        },
    )
