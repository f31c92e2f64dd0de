"""`visavis evaluate closed-set`: is the right one of a known group named?"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, err, out, print_json, settings
from visavis.cli.pack_option import PackName, chosen_pack
from visavis.cli.people import PeopleFolder, Plot, Which, WhichFace
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.learning.faces.closed_set import ClosedSetReport

EPILOG = "`visavis evaluate closed-set ./people --ways 40 --repeats 20 --json`"


def closed_set(
    folder: PeopleFolder,
    train_share: Annotated[
        float,
        typer.Option(min=0.05, max=0.95, help=say("Share of each person's pictures to train with, rounded up.")),
    ] = 0.6,
    repeats: Annotated[int, typer.Option(min=1, max=10_000, help=say("How many random splits."))] = 10,
    ways: Annotated[
        int | None,
        typer.Option(min=2, help=say("People drawn at random for each split."), show_default=say("everybody")),
    ] = None,
    min_pictures: Annotated[int, typer.Option(min=2, help=say("Pictures that a person must have to take part."))] = 4,
    face: WhichFace = Which.CENTRAL,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of the random splits."))] = 1,
    plot: Plot = None,
    pack: PackName = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Accuracy with its interval, and who was taken for whom."""
    from datetime import UTC, datetime

    import numpy as np

    from visavis.learning.faces.closed_set import evaluate_closed_set
    from visavis.learning.faces.folders import Whose
    from visavis.learning.faces.plots import plot_confusion
    from visavis.learning.plots import check_plot
    from visavis.perception.observe import Observer
    from visavis.perception.packs import load_pack

    if plot:
        check_plot(plot)
    with progress_bar(err) as progress:
        report = evaluate_closed_set(
            folder,
            Observer(load_pack(chosen_pack(pack, settings(cache_dir=cache_dir).packs_dir, progress))),
            train_share=train_share,
            repeats=repeats,
            ways=ways,
            least=min_pictures,
            whose=Whose(face),
            rng=np.random.default_rng(seed),
            now=datetime.now(UTC),
            progress=progress,
        )
    if plot:
        plot_confusion(plot, report.confusion, report.accuracies)
    if json_:
        print_json(_document(report))
    else:
        _print(report)


def _document(report: "ClosedSetReport") -> dict[str, Any]:
    document = asdict(report)
    del document["confusion"]  # a square of all people; the worst of it is in `worst`
    return document


def _print(report: "ClosedSetReport") -> None:
    low, high = report.interval
    table = Table(show_header=False)
    table.add_row(say("model"), report.model)
    table.add_row(say("people in each split"), f"{report.people:,}")
    table.add_row(say("pictures tested"), f"{report.photographs:,}")
    table.add_row(say("without a face (errors)"), f"{len(report.without_face):,}")
    table.add_row(say("accuracy"), f"{report.accuracy:.2%}")
    table.add_row(say("95 % interval over pictures"), f"{low:.2%} … {high:.2%}")
    table.add_row(say("accuracy of the nearest mean"), f"{report.nearest_mean_accuracy:.2%}")
    table.add_row(say("mean -log P of the right person"), f"{report.log_loss:.4f}")
    out.print(table)
    if not report.worst:
        return
    wrong = Table(say("person"), say("taken for"), say("pictures"), title=say("Who was taken for whom most often"))
    for confusion in report.worst:
        taken_for = confusion.taken_for or say("nobody: no face found")
        wrong.add_row(confusion.person, taken_for, str(confusion.photographs))
    out.print(wrong)
