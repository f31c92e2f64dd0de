"""`visavis train behaviour` and `recommend`: on the site's own members, a file of events, or simulated members."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
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
    serving,
)
from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.learning.course.behaviour import Lives
    from visavis.learning.course.card import Card
    from visavis.learning.course.epoch import Epoch
    from visavis.learning.course.trained import Trained
    from visavis.learning.offers.examples import Examples
    from visavis.types import Scenario as Pack

Progress = Callable[[str, float], None]
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


class CellName(StrEnum):
    """As `visavis.learning.behaviour.recipe.Cell`, and the reference description's network."""

    GRU = "gru"
    LSTM = "lstm"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked of a course on the command line."""

    given: "Settings"
    pack: "Pack"
    out: Path
    recipe_file: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)  # of the recipe
    seed: int = 1
    threads: int = 1
    device: str = "auto"
    beside: bool = False
    resume: bool = False
    quiet: bool = False
    keep: bool = True  # in the registry, compared with what serves there

    def course(self) -> dict[str, Any]:
        """What every course takes."""
        return {
            "scenario": self.pack.name,
            "command": command_line(),
            "now": datetime.now(UTC),
            "beside": self.beside,
            "told": _ignore if self.quiet else print_epoch,
        }


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
    wish = wished(
        settings(scenario=scenario, data_dir=data_dir, database_url=database_url),
        out_dir,
        recipe_file=recipe_file,
        changes={"epochs": epochs, "batch": batch, "lr": lr, "patience": patience},
        seed=seed,
        threads=threads,
        device=device.value,
        beside=beside,
        resume=resume,
        quiet=json_,
        keep=keep,
        plot=plot,
    )
    with progress_bar(err) as progress:
        data = gathered(wish.given, wish.pack, events=events, simulated=simulated, noise=noise, seed=seed)
        trained = recommend_trained(wish, data, network.value, progress)
    shown(trained, kept_version(wish, trained, data), plot, json_=json_)


def train_behaviour_command(
    scenario: Scenario = None,
    events: EventsFile = None,
    simulated: Simulated = None,
    noise: Noise = 0.0,
    network: Annotated[
        CellName, typer.Option(help=say("GRU, LSTM, or the reference: LSTM 256, LSTM 128, softmax."))
    ] = CellName.GRU,
    beside: Beside = False,
    recipe_file: RecipeFile = None,
    epochs: Epochs = None,
    batch: Batch = None,
    lr: Rate = None,
    patience: Patience = None,
    seed: Seed = 1,
    threads: Threads = 1,
    out_dir: OutDir = Path("training"),
    resume: Resume = False,
    plot: Plot = None,
    keep: Keep = True,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Print loss and accuracy of each epoch, keep a checkpoint after each, register a shadow at the end."""
    wish = wished(
        settings(scenario=scenario, data_dir=data_dir, database_url=database_url),
        out_dir,
        recipe_file=recipe_file,
        changes={"epochs": epochs, "batch": batch, "lr": lr, "patience": patience},
        seed=seed,
        threads=threads,
        beside=beside,
        resume=resume,
        quiet=json_,
        keep=keep,
        plot=plot,
    )
    with progress_bar(err) as progress:
        data = gathered(wish.given, wish.pack, events=events, simulated=simulated, noise=noise, seed=seed)
        trained = behaviour_trained(wish, data, network.value, progress)
    shown(trained, kept_version(wish, trained, data), plot, json_=json_)


def wished(given: "Settings", out_dir: Path, *, plot: Path | None, **asked: Any) -> Wish:
    """With the pack, and whatever can be refused at once refused."""
    from visavis.scenarios.loader import load_scenario

    with learning_installed():
        from visavis.learning.course.classifier import chosen_device
        from visavis.learning.plots import check_plot

    chosen_device(asked.get("device", "auto"))
    if plot is not None:
        check_plot(plot)
    return Wish(given=given, pack=load_scenario(given.scenario), out=out_dir, **asked)


def recommend_trained(wish: Wish, data: Data, network: str, progress: Progress) -> "Trained":
    """The recommending model."""
    from visavis.learning.course.checkpoint import check_place
    from visavis.learning.course.classifier import chosen_device
    from visavis.learning.course.recipe import read_recipe
    from visavis.learning.offers.course import OURS, train_offers
    from visavis.learning.offers.networks import Network

    base = OURS if wish.recipe_file is None else read_recipe(wish.recipe_file, OURS)
    return train_offers(
        offers_of(data, wish.pack),
        replace(base, **_named(wish)),
        Network(network),
        licence=data.licence,
        device=chosen_device(wish.device),
        checkpoint=check_place(wish.out / "recommend", CHECKPOINT, resume=wish.resume),
        go_on=wish.resume,
        progress=progress,
        serving=serving(wish.given, wish.pack, "recommend") if wish.keep else None,
        **wish.course(),
    )


def behaviour_trained(wish: Wish, data: Data, network: str, progress: Progress) -> "Trained":
    """The behaviour network."""
    from visavis.learning.behaviour.recipe import REFERENCE, Cell
    from visavis.learning.course.behaviour import OURS, train_behaviour
    from visavis.learning.course.checkpoint import check_place

    cells = {"gru": (Cell.GRU, OURS.widths), "lstm": (Cell.LSTM, OURS.widths)}
    cell, widths = cells.get(network, (REFERENCE.cell, REFERENCE.widths))
    base = replace(OURS, cell=cell, widths=widths)
    if wish.recipe_file is not None:
        from visavis.learning.course.tuned import read_behaviour_recipe

        base = read_behaviour_recipe(wish.recipe_file, base)
    return train_behaviour(
        lives_of(data),
        replace(base, **_named(wish)),
        licence=data.licence,
        checkpoint=check_place(wish.out / "behaviour", CHECKPOINT, resume=wish.resume),
        go_on=wish.resume,
        progress=progress,
        serving=serving(wish.given, wish.pack, "behaviour") if wish.keep else None,
        **wish.course(),
    )


def _named(wish: Wish) -> dict[str, Any]:
    named = {name: value for name, value in wish.changes.items() if value is not None}
    return {**named, "seed": wish.seed, "threads": wish.threads}


def kept_version(wish: Wish, trained: "Trained", data: Data) -> int | None:
    """Its version in the registry; None where it is not to be kept, or a baseline."""
    if not wish.keep or trained.artefact is None:
        return None
    return registered(wish.given, wish.pack, trained.artefact, data, "trained")


def shown(trained: "Trained", version: int | None, plot: Path | None, *, json_: bool) -> None:
    """The card, in one of its forms, and the curves."""
    from visavis.learning.course.epoch import curves
    from visavis.learning.plots import plot_curves

    if plot is not None:
        plot_curves(plot, curves(trained.history))
    if json_:
        print_json({**asdict(trained.card), "version": version})
        return
    print_figures(trained.card)
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


def lives_of(data: Data) -> "Lives":
    """Everybody's events, with their class where the simulator knows it; who did nothing is left out."""
    import numpy as np

    from visavis.learning.course.behaviour import Lives

    counts = np.diff(data.series.starts)
    there = np.flatnonzero(counts > 0)
    series = data.series if len(there) == len(counts) else data.series.of(there)
    if data.truth is None:
        return Lives(series=series, classes=(), source=data.source)
    truth = data.truth
    return Lives(
        series=series,
        classes=truth.classes,
        labels=truth.behaviour[there],
        chances=truth.behaviour_posterior[there],
        source=data.source,
    )


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


def print_figures(card: "Card") -> None:
    """What was measured on members that chose nothing."""
    out.print(say("Kept: epoch {epoch}, by the validation loss.").format(epoch=card.kept))
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
