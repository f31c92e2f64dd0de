"""`visavis train all`: the three models one after the other, and their joint objective epoch by epoch."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.lessons import EventsFile, Noise, Simulated, gathered
from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.cli.train_models import (
    CHECKPOINT,
    Beside,
    Keep,
    OutDir,
    Progress,
    Resume,
    Seed,
    Threads,
    Wish,
    behaviour_trained,
    kept_version,
    print_figures,
    recommend_trained,
    wished,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from visavis.learning.course.card import Card
    from visavis.learning.course.epoch import Epoch

LEFT_OUT = "Without --faces the objective has no L_face."


def train_all_command(
    scenario: Scenario = None,
    events: EventsFile = None,
    simulated: Simulated = None,
    noise: Noise = 0.0,
    faces: Annotated[
        Path | None,
        typer.Option(help=say("Folder with one folder a person, for the face network."), show_default=False),
    ] = None,
    faces_name: Annotated[str, typer.Option(help=say("Name of the face network's pack."))] = "own-faces",
    epochs: Annotated[int, typer.Option(min=1, max=10_000, help=say("Epochs of each model."))] = 10,
    beside: Beside = False,
    seed: Seed = 1,
    threads: Threads = 1,
    out_dir: OutDir = Path("training"),
    resume: Resume = False,
    plot: Plot = None,
    keep: Keep = True,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """L = L_face + L_behaviour + L_recommend; they share no weights, so each is made smaller by itself."""
    wish = wished(
        settings(scenario=scenario, data_dir=data_dir, database_url=database_url, cache_dir=cache_dir),
        out_dir,
        changes={"epochs": epochs},
        seed=seed,
        threads=threads,
        beside=beside,
        resume=resume,
        quiet=json_,
        keep=keep,
        plot=plot,
    )
    histories: dict[str, Sequence[Epoch]] = {}
    with progress_bar(err) as progress:
        if faces is not None:
            histories["face"] = _faces(wish, faces, faces_name, epochs, progress)
        data = gathered(wish.given, wish.pack, events=events, simulated=simulated, noise=noise, seed=seed)
        behaviour = behaviour_trained(_at(wish, "behaviour"), data, "gru", progress)
        recommend = recommend_trained(_at(wish, "recommend"), data, "sets", progress)
    histories |= {"behaviour": behaviour.history, "recommend": recommend.history}
    versions = {
        name: kept_version(wish, one, data) for name, one in (("behaviour", behaviour), ("recommend", recommend))
    }
    cards = {"behaviour": behaviour.card, "recommend": recommend.card}
    _shown(histories, cards, versions, plot, json_=json_)


def _at(wish: Wish, name: str) -> Wish:
    """A course that had not begun yet when all of them were stopped begins now."""
    return replace(wish, resume=wish.resume and (wish.out / name / CHECKPOINT).is_file())


def _faces(wish: Wish, folder: Path, name: str, epochs: int, progress: Progress) -> "list[Epoch]":
    from visavis.cli.pack_option import chosen_pack
    from visavis.cli.train_models import print_epoch
    from visavis.learning.course.epoch import Epoch, Measure
    from visavis.learning.faces.course import train_faces
    from visavis.learning.faces.folders import Whose
    from visavis.learning.faces.recipe import Loss, Recipe
    from visavis.learning.faces.train import Epoch as Own

    lines: list[Epoch] = []

    def line(own: Own) -> Epoch:
        tested = Measure(loss=own.validation_loss or 0.0, accuracy=own.validation_accuracy)
        train = Measure(loss=own.loss, accuracy=own.accuracy)
        return Epoch(number=own.number, lr=own.lr, train=train, validation=tested, held_out=tested)

    def told(own: Own) -> None:
        if not wish.quiet:
            print_epoch("face", line(own))

    packs_dir, place = wish.given.packs_dir, wish.out / "faces"
    outcome = train_faces(
        folder,
        Recipe(epochs=epochs, loss=Loss.CROSS_ENTROPY, seed=wish.seed, threads=wish.threads),
        base=chosen_pack(None, packs_dir, progress),
        packs_dir=packs_dir,
        name=name,
        out=place,
        resume=wish.resume and (place / CHECKPOINT).is_file(),
        least=2,
        whose=Whose.CENTRAL,
        now=wish.course()["now"],
        told=told,
        progress=progress,
    )
    lines += map(line, outcome.history)
    return lines


def _shown(
    histories: "Mapping[str, Sequence[Epoch]]",
    cards: "Mapping[str, Card]",
    versions: "Mapping[str, int | None]",
    plot: Path | None,
    *,
    json_: bool,
) -> None:
    from dataclasses import asdict

    from visavis.learning.course.epoch import PARTS, joint
    from visavis.learning.plots import plot_curves

    lines = joint(histories)
    if plot is not None:
        columns = {
            name: {part.replace("_", " "): [getattr(e, part).loss for e in history] for part in PARTS}
            for name, history in histories.items()
        }
        whole = {part.replace("_", " "): [line[part] for line in lines] for part in PARTS}
        plot_curves(plot, {**{f"L {name}": one for name, one in columns.items()}, "L joint": whole})
    if json_:
        tables = {name: [asdict(epoch) for epoch in history] for name, history in histories.items()}
        found: dict[str, Any] = {"terms": list(histories), "joint": lines, "epochs": tables, "versions": dict(versions)}
        print_json({**found, "cards": {name: asdict(card) for name, card in cards.items()}})
        return
    for card in cards.values():
        out.print(card.title, style="bold")
        print_figures(card)
    out.print(_table(histories, lines))
    if "face" not in histories:
        out.print(say(LEFT_OUT))
    for name, version in versions.items():
        if version is not None:
            text = say("{name}: in the registry as version {version}, a shadow.")
            out.print(text.format(name=name, version=version))


def _table(histories: "Mapping[str, Sequence[Epoch]]", lines: "Sequence[Mapping[str, float]]") -> Table:
    """The joint objective by epoch: the sum, and each term of the held-out part."""
    columns = ("epoch", "L train", "L validation", "L held out")
    table = Table(
        *(say(name) for name in columns), *(f"L {name}" for name in histories), title=say("The joint objective")
    )
    for number, line in enumerate(lines):
        terms = [
            f"{history[number].held_out.loss:.4f}" if number < len(history) else "–" for history in histories.values()
        ]
        sums = (f"{line[part]:.4f}" for part in ("train", "validation", "held_out"))
        table.add_row(str(number + 1), *sums, *terms)
    return table
