"""`visavis train recommend`: on the site's own members, a file of events, or simulated members."""

import sys
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visavis.cli.lessons import (
    Data,
    EventsFile,
    Noise,
    Simulated,
    gathered,
    learning_installed,
    registered,
)
from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.learning.course.card import Card
    from visavis.learning.course.epoch import Epoch
    from visavis.learning.course.recipe import Recipe
    from visavis.learning.offers.course import Trained
    from visavis.learning.offers.examples import Examples
    from visavis.types import Scenario as Pack

CHECKPOINT = "checkpoint.pt"
PARTS = ("train", "validation", "held_out")


class NetworkName(StrEnum):
    """As `visavis.learning.offers.networks.Network`, which is not imported to show `--help`."""

    SETS = "sets"
    REFERENCE = "reference"


class DeviceName(StrEnum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


Epochs = Annotated[
    int | None, typer.Option(min=1, max=10_000, help=say("Times that each member is learned from."), show_default=False)
]
Batch = Annotated[int | None, typer.Option(min=1, max=65_536, help=say("Members a step."), show_default=False)]
Rate = Annotated[
    float | None,
    typer.Option("--lr", min=1e-7, max=10, help=say("Highest learning rate; it falls along half a cosine.")),
]
Seed = Annotated[int, typer.Option(min=0, help=say("Seed of simulated members, parts, weights and order."))]
Threads = Annotated[int, typer.Option(min=1, help=say("Threads to compute with; part of what is repeatable."))]
Patience = Annotated[
    int | None,
    typer.Option(min=1, help=say("Stop after so many epochs without a better one."), show_default=False),
]
Device = Annotated[DeviceName, typer.Option(help=say("Where to compute: a GPU multiplies in half precision."))]
RecipeFile = Annotated[
    Path | None,
    typer.Option("--recipe", help=say("Hyper-parameters, as `visavis tune` writes them."), show_default=False),
]
OutDir = Annotated[Path, typer.Option("--out", help=say("Folder of checkpoint and curves."))]
Resume = Annotated[bool, typer.Option("--resume", help=say("Go on from the checkpoint in --out."))]
Beside = Annotated[bool, typer.Option("--beside", help=say("Train the reference network too, on the same members."))]
Keep = Annotated[
    bool, typer.Option("--keep/--no-keep", help=say("Put the model into the site's registry, as a shadow."))
]


def train_recommend_command(
    scenario: Scenario = None,
    events: EventsFile = None,
    simulated: Simulated = None,
    noise: Noise = 0.0,
    network: Annotated[
        NetworkName, typer.Option(help=say("Ours, or the reference: Embedding 64, Dense 128, Dense 1024, softmax."))
    ] = NetworkName.SETS,
    beside: Beside = False,
    recipe_file: RecipeFile = None,
    epochs: Epochs = None,
    batch: Batch = None,
    lr: Rate = None,
    patience: Patience = None,
    seed: Seed = 1,
    threads: Threads = 1,
    device: Device = DeviceName.AUTO,
    out_dir: OutDir = Path("training"),
    resume: Resume = False,
    plot: Plot = None,
    keep: Keep = True,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Print loss and accuracy of each epoch, keep a checkpoint after each, register a shadow at the end."""
    from datetime import UTC, datetime

    with learning_installed():
        from visavis.learning.course.checkpoint import check_place
        from visavis.learning.course.classifier import chosen_device
        from visavis.learning.offers.course import OURS, train_offers
        from visavis.learning.offers.networks import Network
        from visavis.learning.plots import check_plot
    from visavis.scenarios.loader import load_scenario

    given = settings(scenario=scenario, data_dir=data_dir, database_url=database_url)
    pack = load_scenario(given.scenario)
    recipe = recipe_of(OURS, recipe_file, epochs=epochs, batch=batch, lr=lr, patience=patience, seed=seed)
    recipe, where = replace(recipe, threads=threads), chosen_device(device.value)
    checkpoint = check_place(out_dir / "recommend", CHECKPOINT, resume=resume)
    if plot is not None:
        check_plot(plot)
    with progress_bar(err) as progress:
        data = gathered(given, pack, events=events, simulated=simulated, noise=noise, seed=seed)
        trained = train_offers(
            offers_of(data, pack),
            recipe,
            Network(network.value),
            scenario=pack.name,
            licence=data.licence,
            command=command_line(),
            now=datetime.now(UTC),
            device=where,
            beside=beside,
            checkpoint=checkpoint,
            go_on=resume,
            told=_ignore if json_ else print_epoch,
            progress=progress,
        )
    version = None
    if keep and trained.artefact is not None:
        version = registered(given, pack, trained.artefact, data, "trained")
    shown(trained, version, plot, json_=json_)


def shown(trained: "Trained", version: int | None, plot: Path | None, *, json_: bool) -> None:
    """The card, in one of its forms, and the curves."""
    from visavis.learning.course.epoch import curves
    from visavis.learning.plots import plot_curves

    if plot is not None:
        plot_curves(plot, curves(trained.history))
    if json_:
        print_json({**asdict(trained.card), "kept": trained.kept.number, "version": version})
        return
    print_figures(trained.card, trained.kept.number)
    if version is not None:
        out.print(say("In the registry as version {version}, a shadow.").format(version=version))


def offers_of(data: Data, pack: "Pack") -> "Examples":
    """What was right for each: as the simulator knows it, or the offer that they took last."""
    import numpy as np

    from visavis.learning.offers.examples import Examples, last_taken

    if data.truth is not None:
        now = np.full(len(data.series.members), data.series.at.max() + 1)
        return Examples(
            series=data.series,
            now=now,
            answers=data.truth.offers,
            names=data.truth.items,
            chances=data.truth.offer_posterior,
            source=data.source,
        )
    kinds = [kind.kind for kind in pack.event_types.values() if kind.reward > 0]
    return last_taken(data.series, kinds, source=data.source)


def recipe_of(base: "Recipe", file: Path | None, **given: Any) -> "Recipe":
    """The base, changed by the file, changed by what was given on the command line."""
    from visavis.learning.course.recipe import read_recipe

    found = base if file is None else read_recipe(file, base)
    return replace(found, **{name: value for name, value in given.items() if value is not None})


def command_line() -> str:
    """What was typed, without folders of this machine."""
    words = [word if not word.startswith("/") else Path(word).name for word in sys.argv[1:]]
    return " ".join(["visavis", *words])


def print_epoch(name: str, epoch: "Epoch") -> None:
    """One line of the table, as soon as it is known."""
    columns = (f"{part.replace('_', ' ')} {what}" for part in PARTS for what in ("loss", "accuracy"))
    titles = ["network", "epoch", *columns]
    if epoch.number == 1:
        out.print("  ".join(f"{say(title):>19}" for title in titles), style="bold", highlight=False, soft_wrap=True)
    cells = [name, str(epoch.number)]
    for part in PARTS:
        measure = getattr(epoch, part)
        cells += [f"{measure.loss:.4f}", f"{measure.accuracy:.2%}"]
    out.print("  ".join(f"{cell:>19}" for cell in cells), highlight=False, soft_wrap=True)


def print_figures(card: "Card", kept: int) -> None:
    """What was measured on members that chose nothing."""
    out.print(say("Kept: epoch {epoch}, by the validation loss.").format(epoch=kept))
    for figure in card.figures:
        e = figure.estimate
        text = f"{say(figure.name)} ({say(figure.part.replace('_', ' '))}): {e.value:.4f} ({e.low:.4f} … {e.high:.4f})"
        out.print(text, highlight=False, soft_wrap=True)
    for name, one in card.beside.items():
        out.print(
            say("Beside it, {name}: loss {loss}, accuracy {accuracy}.").format(
                name=name, loss=f"{one['loss']:.4f}", accuracy=f"{one['accuracy']:.4f}"
            )
        )


def _ignore(_name: str, _epoch: "Epoch") -> None:
    pass
