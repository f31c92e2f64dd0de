"""`visavis tune`: search for hyper-parameters, on validation members alone."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visavis.cli.lessons import Data, EventsFile, Noise, Simulated, gathered, learning_installed
from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, err, out, print_json, settings
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.cli.train_models import Seed, Threads, Wish, lives_of, offers_of, wished
from visavis.errors import SettingInvalid

if TYPE_CHECKING:
    from visavis.learning.course.search import Range, Trial


class Tuned(StrEnum):
    """Models whose hyper-parameters can be searched."""

    RECOMMEND = "recommend"  # rate, batch, width, depth, dropout and decay
    BEHAVIOUR = "behaviour"  # rate, batch, width, embedding, dropout and decay


HELP = say("Search for hyper-parameters, on validation members alone.")
EPILOG = "`visavis tune recommend --scenario finance --simulated 5000 --trials 20 --out tuning`"

OutDir = Annotated[Path, typer.Option("--out", help=say("Folder of the journal and the best recipe."))]
Loss = Callable[[Mapping[str, int | float]], float]


def tune(
    model: Annotated[Tuned, typer.Argument(help=say("The model whose recipe is looked for."), show_default=False)],
    scenario: Scenario = None,
    events: EventsFile = None,
    simulated: Simulated = None,
    noise: Noise = 0.0,
    trials: Annotated[
        int, typer.Option(min=1, max=10_000, help=say("Recipes to try in all, those of before counted."))
    ] = 20,
    epochs: Annotated[int, typer.Option(min=1, max=1000, help=say("Epochs of each trial."))] = 4,
    seed: Seed = 1,
    threads: Threads = 1,
    out_dir: OutDir = Path("tuning"),
    plot: Plot = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Killed and started again, it goes on with the journal in --out to the same end."""
    given = settings(scenario=scenario, data_dir=data_dir, database_url=database_url)
    wish = wished(given, out_dir, plot=plot, seed=seed, threads=threads, quiet=json_)
    with progress_bar(err) as progress:
        data = gathered(wish.given, wish.pack, events=events, simulated=simulated, noise=noise, seed=seed)
        match model:
            case Tuned.RECOMMEND:
                how = _recommend(wish, data, epochs)
            case Tuned.BEHAVIOUR:
                how = _behaviour(wish, data, epochs)
        _searched(wish, model.value, how, (trials, epochs, digest(data)), plot, progress)


def _recommend(wish: Wish, data: Data, epochs: int) -> "tuple[Mapping[str, Range], Loss]":
    from visavis.learning.course.search import Range
    from visavis.learning.offers.course import OURS, validation_loss

    examples = offers_of(data, wish.pack)
    base = replace(OURS, epochs=epochs, seed=wish.seed, threads=wish.threads)
    space = {
        "lr": Range(least=3e-4, most=2e-2, log=True),
        "batch": Range(least=16, most=256, log=True, whole=True),
        "width": Range(least=32, most=256, log=True, whole=True),
        "depth": Range(least=1, most=3, whole=True),
        "dropout": Range(least=0.0, most=0.5),
        "weight_decay": Range(least=1e-6, most=0.1, log=True),
    }
    return space, lambda values: validation_loss(examples, replace(base, **values))


def _behaviour(wish: Wish, data: Data, epochs: int) -> "tuple[Mapping[str, Range], Loss]":
    from visavis.learning.course.behaviour import OURS, validation_loss
    from visavis.learning.course.search import Range

    lives = lives_of(data)
    base = replace(OURS, epochs=epochs, seed=wish.seed, threads=wish.threads)
    space = {
        "lr": Range(least=3e-4, most=2e-2, log=True),
        "batch": Range(least=8, most=64, log=True, whole=True),
        "width": Range(least=32, most=256, log=True, whole=True),
        "item_size": Range(least=8, most=64, log=True, whole=True),
        "dropout": Range(least=0.0, most=0.5),
        "weight_decay": Range(least=1e-6, most=0.1, log=True),
    }

    def loss(values: Mapping[str, int | float]) -> float:
        plain: dict[str, Any] = {name: value for name, value in values.items() if name != "width"}
        return validation_loss(lives, replace(base, widths=(int(values["width"]),), **plain))

    return space, loss


def _searched(
    wish: Wish,
    model: str,
    how: "tuple[Mapping[str, Range], Loss]",
    what: tuple[int, int, str],
    plot: Path | None,
    progress: Callable[[str, float], None],
) -> None:
    with learning_installed():
        from visavis.learning.course.search import best_trial, plot_search, search

    try:
        wish.out.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingInvalid(f"--out: {wish.out}: {failure.strerror}") from failure
    (space, loss), (trials, epochs, events) = how, what
    found = search(
        space,
        loss,
        trials=trials,
        seed=wish.seed,
        journal=wish.out / f"{model}.journal",
        identity={"model": model, "scenario": wish.pack.name, "epochs": epochs, "events": events},
        told=(lambda _trial: None) if wish.quiet else _print_trial,
        progress=progress,
    )
    best = best_trial(found)
    path = wish.out / f"{model}.json"
    document = {"model": model, "scenario": wish.pack.name, "validation_loss": best.loss, "trial": best.number}
    _write(path, {**document, "trials": len(found), "seed": wish.seed, "recipe": dict(best.values)})
    if plot is not None:
        plot_search(plot, found)
    if wish.quiet:
        print_json({"best": asdict(best), "recipe": str(path), "trials": [asdict(one) for one in found]})
        return
    text = say("Best: trial {trial}, validation loss {loss}. `visavis train {model} --recipe {path}` takes it.")
    line = text.format(trial=best.number, loss=f"{best.loss:.4f}", model=model, path=path)
    out.print(line, highlight=False, soft_wrap=True)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    from visavis.privacy.ring import replace_file

    replace_file(path, (json.dumps(document, indent=1) + "\n").encode())


def _print_trial(trial: "Trial") -> None:
    values = "  ".join(f"{name} {value:.4g}" for name, value in trial.values.items())
    out.print(f"{trial.number:>4}  {trial.loss:.4f}  {values}", highlight=False, soft_wrap=True)


def digest(data: Data) -> str:
    """SHA-256 of what is learned from."""
    found = hashlib.sha256()
    for name in ("starts", "kind", "item", "at", "value", "dwell_s"):
        found.update(getattr(data.series, name).tobytes())
    return found.hexdigest()
