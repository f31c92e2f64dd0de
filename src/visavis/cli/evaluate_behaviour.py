"""`visavis evaluate behaviour`: what comes next, of what class is the member, when do they come again?"""

from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.errors import ExtraMissing

if TYPE_CHECKING:
    from visavis.learning.behaviour.evaluate import BehaviourReport
    from visavis.learning.behaviour.train import Epoch, Part
    from visavis.learning.estimate import Estimate

EPILOG = "`visavis evaluate behaviour --events events.csv --member customer --label segment --plot epochs.svg --json`"
HELP = say("Learn from the past of an event log, foretell the rest: next item, behaviour class, next visit.")
EXTRA = {"torch", "pyarrow"}


class CellName(StrEnum):
    """As `visavis.learning.behaviour.recipe.Cell`, which is not imported to show `--help`."""

    GRU = "gru"
    LSTM = "lstm"


def evaluate_behaviour(
    events: Annotated[
        Path, typer.Option(help=say("A row an event: CSV with a header, or Parquet."), show_default=False)
    ],
    member: Annotated[str, typer.Option(help=say("Column of members."))] = "member",
    time: Annotated[str, typer.Option(help=say("Column of times: ISO 8601, or seconds since 1970."))] = "time",
    kind: Annotated[str | None, typer.Option(help=say("Column of kinds of events."), show_default="kind")] = None,
    item: Annotated[str | None, typer.Option(help=say("Column of items."), show_default="item")] = None,
    placement: Annotated[str | None, typer.Option(help=say("Column of places."), show_default="placement")] = None,
    value: Annotated[
        str | None, typer.Option(help=say("Column of amounts, minutes or counts."), show_default="value")
    ] = None,
    dwell: Annotated[str | None, typer.Option(help=say("Column of seconds stayed."), show_default="dwell")] = None,
    label: Annotated[
        str | None, typer.Option(help=say("Column of the behaviour class at the event."), show_default="class")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help=say("Time zone of times that name none."), show_default=False)
    ] = None,
    validation_share: Annotated[
        float, typer.Option(min=0.01, max=0.5, help=say("Share of events that says when to stop."))
    ] = 0.1,
    test_share: Annotated[
        float, typer.Option(min=0.01, max=0.5, help=say("Share of events that tests: the last ones."))
    ] = 0.2,
    network: Annotated[
        CellName, typer.Option(help=say("GRU of 128, or the reference: two LSTM layers of 256 and 128."))
    ] = CellName.GRU,
    epochs: Annotated[int, typer.Option(min=1, max=1000, help=say("Times that each event is learned from."))] = 25,
    batch: Annotated[int, typer.Option(min=1, max=4096, help=say("Members a step."))] = 16,
    lr: Annotated[
        float, typer.Option(min=1e-7, max=10, help=say("Highest learning rate; it falls along half a cosine."))
    ] = 2e-3,
    patience: Annotated[int, typer.Option(min=1, help=say("Stop after so many epochs without a better one."))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    threads: Annotated[int, typer.Option(min=1, help=say("Threads to compute with; part of what is repeatable."))] = 1,
    plot: Plot = None,
    json_: AsJson = False,
) -> None:
    """Beside the plainest answers, with intervals over members; nothing of the future is learned from."""
    from datetime import UTC, datetime

    try:
        from visavis.learning.behaviour.evaluate import evaluate_behaviour as measure
    except ModuleNotFoundError as missing:
        if missing.name not in EXTRA:
            raise
        raise ExtraMissing("evaluation of behaviour: pip install 'visavis[learning]'") from missing
    from visavis.learning.behaviour.log_file import Columns, read_log
    from visavis.learning.behaviour.recipe import REFERENCE, Recipe
    from visavis.learning.plots import check_plot, plot_curves

    if plot:
        check_plot(plot)
    columns = Columns(
        member=member,
        time=time,
        kind=kind,
        item=item,
        placement=placement,
        value=value,
        dwell=dwell,
        label=label,
        zone=zone,
    )
    base = Recipe() if network is CellName.GRU else REFERENCE
    recipe = replace(base, epochs=epochs, batch=batch, lr=lr, patience=patience, seed=seed, threads=threads)
    log = read_log(events, columns, now=datetime.now(UTC))
    with progress_bar(err) as progress:
        report = measure(
            log,
            recipe,
            validation_share=validation_share,
            test_share=test_share,
            told=_ignore if json_ else print_epoch,
            progress=progress,
        )
    if plot:
        plot_curves(plot, curves(report.history))
    if json_:
        print_json(asdict(report))
    else:
        _print(report)


def _ignore(_epoch: "Epoch") -> None:
    pass


def print_epoch(epoch: "Epoch") -> None:
    """One line of the table, as soon as it is known: loss and accuracy of each head, learned and held out."""
    names = ("next item", "held out", "behaviour class", "held out", "next visit", "held out")
    if epoch.number == 1:
        out.print(
            "  ".join(f"{say(name):>16}" for name in ("epoch", *names)), style="bold", highlight=False, soft_wrap=True
        )
    cells = [str(epoch.number)]
    for head in ("next_item", "behaviour", "next_visit"):
        cells += [_cell(epoch.training, head), _cell(epoch.validation, head)]
    out.print("  ".join(f"{cell:>16}" for cell in cells), highlight=False, soft_wrap=True)


def _cell(part: "Part", head: str) -> str:
    figures = getattr(part, head)
    if figures is None:
        return "–"
    return f"{figures.loss:.4f} " + ("–" if figures.accuracy is None else f"{figures.accuracy:.2%}")


def curves(history: "tuple[Epoch, ...]") -> dict[str, dict[str, list[float | None]]]:
    """The loss of each head over the epochs, as `learning.plots.plot_curves` takes it."""
    parts = {"training": "training", "held out": "validation"}
    found: dict[str, dict[str, list[float | None]]] = {}
    for head in ("next_item", "behaviour", "next_visit"):
        lines = {
            name: [figures.loss if (figures := getattr(getattr(epoch, part), head)) else None for epoch in history]
            for name, part in parts.items()
        }
        if any(value is not None for line in lines.values() for value in line):
            found[f"loss: {head.replace('_', ' ')}"] = lines
    return found


def _print(report: "BehaviourReport") -> None:
    parts = ", ".join(f"{say(part)} {count:,}" for part, count in report.events.items())
    out.print(f"{say('events')}: {parts}", highlight=False)
    out.print(
        say("Learned from before {first:%Y-%m-%d %H:%M}, tested from {second:%Y-%m-%d %H:%M} UTC.").format(
            first=report.validation_from, second=report.test_from
        ),
        highlight=False,
    )
    table = Table("", *(say(answered.name) for answered in (report.network, *report.beside)))
    for name, cells in _rows(report).items():
        if any(cells):
            table.add_row(say(name), *(cell or "–" for cell in cells))
    out.print(table)
    plainest = "Plainest: the most popular items, the class last known, the member's own mean time between visits."
    out.print(say(plainest), highlight=False)
    masked = (
        "Items that a member had met do not compete." if report.masked else "All items compete, also those met before."
    )
    out.print(say(masked), highlight=False)
    if report.waiting:
        text = say("After {count} of the tested events no visit came before the log ended: their error is not known.")
        out.print(text.format(count=f"{report.waiting:,}"), highlight=False)
    if report.confusion:
        confusion = Table(say("right class"), *report.confusion, title=say("Answered class"))
        for name, said in report.confusion.items():
            confusion.add_row(name, *(f"{count:,}" for count in said.values()))
        out.print(confusion)


def _rows(report: "BehaviourReport") -> dict[str, list[str | None]]:
    """A line a figure, a column a way to answer."""
    answers = (report.network, *report.beside)
    items, classes = [a.next_item for a in answers], [a.classes for a in answers]
    visits = [a.next_visit for a in answers]
    return {
        "HR@10": [_share(i.hit_rate) if i else None for i in items],
        "NDCG@10": [_number(i.ndcg) if i else None for i in items],
        "class accuracy": [_share(c.accuracy) if c else None for c in classes],
        "class log-loss": [_number(c.log_loss) if c else None for c in classes],
        "visit error, h": [_number(v.error_h, 1) if v else None for v in visits],
        "visit within twice": [_share(v.within_twice) if v else None for v in visits],
    }


def _share(estimate: "Estimate") -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} … {estimate.high:.1%})"


def _number(estimate: "Estimate", digits: int = 4) -> str:
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f} … {estimate.high:.{digits}f})"
