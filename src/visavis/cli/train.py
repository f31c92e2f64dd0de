"""`visavis train`: own models."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import PeopleFolder, Which, WhichFace
from visavis.cli.progress import progress_bar
from visavis.cli.train_all import train_all_command
from visavis.cli.train_horizon import EPILOG as HORIZON_EPILOG
from visavis.cli.train_horizon import HELP as HORIZON_HELP
from visavis.cli.train_horizon import train_horizon_command
from visavis.cli.train_models import train_behaviour_command, train_recommend_command
from visavis.errors import ExtraMissing

if TYPE_CHECKING:
    from visavis.learning.faces.course import Outcome
    from visavis.learning.faces.train import Epoch

train_app = typer.Typer(no_args_is_help=True, help=say("Train models on your own data."))

train_app.command(
    "recommend",
    epilog="`visavis train recommend --scenario finance --simulated 40000 --beside --plot curves.png`",
    help=say("Train the recommending model: what members did -> the offer that suits."),
)(train_recommend_command)

train_app.command(
    "behaviour",
    epilog="`visavis train behaviour --scenario finance --simulated 10000 --beside`",
    help=say("Train the behaviour network: next item, behaviour class, time to the next visit."),
)(train_behaviour_command)
train_app.command(
    "all",
    epilog="`visavis train all --scenario finance --simulated 10000 --faces ./people --plot objective.png`",
    help=say("Train all models and show their joint objective L = L_face + L_behaviour + L_recommend."),
)(train_all_command)
train_app.command("horizon", epilog=HORIZON_EPILOG, help=HORIZON_HELP)(train_horizon_command)

EXTRA = {"torch", "onnxscript"}  # what `pip install 'visavis[learning]'` brings


class NetworkName(StrEnum):
    """As `visavis.learning.faces.recipe.Network`, which is not imported to show `--help`."""

    RESIDUAL = "residual"
    MOBILE = "mobile"
    PLAIN = "plain"
    REFERENCE = "reference"


class LossName(StrEnum):
    """As `visavis.learning.faces.recipe.Loss`."""

    CROSS_ENTROPY = "cross-entropy"
    ANGULAR_MARGIN = "angular-margin"


class ValidationName(StrEnum):
    """As `visavis.learning.faces.recipe.Validation`."""

    PICTURE = "picture"
    PERSON = "person"


@train_app.command(
    "faces",
    epilog="`visavis train faces ./people --network mobile --loss angular-margin --epochs 40 --name my-faces`",
    help=say("Train a face network on a folder with one folder a person, and make a model pack of it."),
)
def train_faces_command(
    folder: PeopleFolder,
    network: Annotated[
        NetworkName,
        typer.Option(
            help=say("Small residual network, MobileFaceNet, or a baseline: plain (two convolutions), reference.")
        ),
    ] = NetworkName.RESIDUAL,
    loss: Annotated[
        LossName, typer.Option(help=say("-log P(person | picture), or the same with an angular margin (ArcFace)."))
    ] = LossName.ANGULAR_MARGIN,
    epochs: Annotated[int, typer.Option(min=1, max=10_000, help=say("Times that each picture is shown."))] = 40,
    batch: Annotated[int, typer.Option(min=2, max=4096, help=say("Pictures a step."))] = 64,
    lr: Annotated[
        float, typer.Option(min=1e-7, max=10, help=say("Highest learning rate; it falls along half a cosine."))
    ] = 2e-3,
    seed: Annotated[
        int, typer.Option(min=0, help=say("Seed of weights, order, variations and held-out pictures."))
    ] = 1,
    threads: Annotated[int, typer.Option(min=1, help=say("Threads to compute with; part of what is repeatable."))] = 1,
    validation: Annotated[
        ValidationName,
        typer.Option(help=say("Test with other pictures of the same people, or with people never seen.")),
    ] = ValidationName.PICTURE,
    validation_share: Annotated[float, typer.Option(min=0.01, max=0.9, help=say("Share that is held out."))] = 0.2,
    patience: Annotated[int, typer.Option(min=1, help=say("Stop after so many epochs without a better one."))] = 15,
    min_pictures: Annotated[int, typer.Option(min=1, help=say("Pictures that a person must have to take part."))] = 2,
    face: WhichFace = Which.CENTRAL,
    name: Annotated[str, typer.Option(help=say("Name of the new pack."))] = "own-faces",
    out_dir: Annotated[Path, typer.Option("--out", help=say("Folder of checkpoint and curves."))] = Path("training"),
    resume: Annotated[bool, typer.Option("--resume", help=say("Go on from the checkpoint in --out."))] = False,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Print loss and accuracy of each epoch, keep a checkpoint after each, write pack and curves at the end."""
    from datetime import UTC, datetime

    try:
        from visavis.learning.faces.course import train_faces
    except ModuleNotFoundError as missing:
        if missing.name not in EXTRA:
            raise
        raise ExtraMissing("training: pip install 'visavis[learning]'") from missing
    from visavis.learning.faces.folders import Whose
    from visavis.learning.faces.recipe import Loss, Network, Recipe, Validation

    packs_dir = settings(cache_dir=cache_dir).packs_dir
    with progress_bar(err) as progress:
        outcome = train_faces(
            folder,
            Recipe(
                network=Network(network),
                loss=Loss(loss),
                epochs=epochs,
                batch=batch,
                lr=lr,
                seed=seed,
                threads=threads,
                validation=Validation(validation),
                validation_share=validation_share,
                patience=patience,
            ),
            base=chosen_pack(pack, packs_dir, progress),
            packs_dir=packs_dir,
            name=name,
            out=out_dir,
            resume=resume,
            least=min_pictures,
            whose=Whose(face),
            now=datetime.now(UTC),
            told=_ignore if json_ else _print_epoch,
            progress=progress,
        )
    if json_:
        print_json(asdict(outcome))
    else:
        _print_outcome(outcome)


def _ignore(_epoch: "Epoch") -> None:
    pass


def _print_epoch(epoch: "Epoch") -> None:
    """One line of the table, as soon as it is known."""
    names = ("epoch", "learning rate", "loss", "accuracy", "validation loss", "validation accuracy")
    titles = [say(name) for name in names]
    if epoch.number == 1:
        out.print("  ".join(f"{title:>13}" for title in titles), style="bold", highlight=False, soft_wrap=True)
    validation_loss = "–" if epoch.validation_loss is None else f"{epoch.validation_loss:.4f}"
    values = (str(epoch.number), f"{epoch.lr:.2e}", f"{epoch.loss:.4f}", f"{epoch.accuracy:.2%}", validation_loss)
    cells = (*values, f"{epoch.validation_accuracy:.2%}")
    out.print("  ".join(f"{cell:>13}" for cell in cells), highlight=False, soft_wrap=True)


def _print_outcome(outcome: "Outcome") -> None:
    out.print(
        say("Kept: epoch {epoch}, validation accuracy {accuracy}.").format(
            epoch=outcome.best.number, accuracy=f"{outcome.best.validation_accuracy:.2%}"
        )
    )
    for what, where in ((say("pack"), outcome.pack), (say("curves"), outcome.curves)):
        out.print(f"{what}: {where}", highlight=False, soft_wrap=True)
