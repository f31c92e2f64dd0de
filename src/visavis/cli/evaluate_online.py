"""`visavis evaluate online`: a model of clicks or sales that learns at every row, on anybody's log."""

from dataclasses import asdict
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
    from visavis.learning.estimate import Estimate
    from visavis.learning.online import OnlineReport

EPILOG = "`visavis evaluate online --rows clicks.csv --label clicked --drop row_id --peers --plot tenths.png`"
HELP = say("Predict each row of a log, then learn it: AUC and log loss by tenth, beside a model that learns at night.")


def evaluate_online_command(
    rows: Annotated[
        Path, typer.Option("--rows", help=say("CSV or Parquet, oldest row first."), show_default=False, dir_okay=False)
    ],
    label: Annotated[
        str, typer.Option("--label", help=say("Column that says whether it happened."), show_default=False)
    ],
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help=say("Column that is not looked at; give it as often as needed."))
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help=say("Value of the label that counts."), show_default=say("the larger number, or yes")),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help=say("An empty number is a value of its own, not a mistake."))
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help=say("Measure Vowpal Wabbit on the same rows in the same run."))
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    plot: Plot = None,
    json_: AsJson = False,
) -> None:
    """Rows are taken in the order of the file; no row is seen before its turn."""
    try:
        from visavis.learning.online import evaluate_online, plot_online, read_log
    except ModuleNotFoundError as missing:
        if missing.name != "pyarrow":
            raise
        raise ExtraMissing("tables: pip install 'visavis[learning]'") from missing
    from visavis.learning.plots import check_plot

    if plot:
        check_plot(plot)
    log = read_log(rows, label, drop=drop or (), positive=positive, empty=allow_empty)
    with progress_bar(err) as progress:
        report = evaluate_online(log, seed=seed, peers=peers, progress=progress)
    if plot:
        plot_online(plot, report)
    if json_:
        print_json(asdict(report))
    else:
        _print(report)


def _print(report: "OnlineReport") -> None:
    out.print(
        say("{rows} rows, {rate} of them {positive}; {events} events a second.").format(
            rows=f"{report.rows:,}",
            rate=f"{report.rate:.2%}",
            positive=repr(report.positive),
            events=f"{report.events_per_s:,.0f}",
        ),
        highlight=False,
    )
    tenths = Table(say("tenth"), say("rate"), "AUC", say("log loss"), say("AUC, learned at night"), say("log loss"))
    for number, tenth in enumerate(report.tenths, start=1):
        tenths.add_row(
            str(number),
            f"{tenth.rate:.2%}",
            _figure(tenth.auc),
            _figure(tenth.log_loss),
            _figure(tenth.nightly_auc),
            _figure(tenth.nightly_log_loss),
        )
    tenths.add_row(say("all"), f"{report.rate:.2%}", _interval(report.auc), _figure(report.log_loss), "", "")
    out.print(tenths)
    compared = Table("", "AUC", say("log loss"), say("AUC less than ours"), title=say("From the second tenth on"))
    for way in report.compared:
        gain = "" if way.gain is None else _interval(way.gain)
        compared.add_row(say(way.name), _interval(way.auc), _figure(way.log_loss), gain)
    out.print(compared)
    out.print(
        say("Clicks expected for each that came: {calibration}").format(calibration=f"{report.calibration:.3f}"),
        highlight=False,
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(found: "Estimate") -> str:
    return f"{found.value:.4f} ({found.low:.4f} … {found.high:.4f})"
