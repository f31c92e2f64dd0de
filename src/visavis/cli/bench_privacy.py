"""`visavis bench privacy`."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar

EPILOG = "`visavis bench privacy --entries 1000000 --rounds 3 --json`"
HELP = say("Measure what privacy costs: gate, vault, withdrawal, renewal of keys, audit log.")


def bench_privacy(
    rounds: Annotated[int, typer.Option(min=1, max=100, help=say("Rounds of each measurement."))] = 5,
    entries: Annotated[int, typer.Option(min=1000, max=100_000_000, help=say("Entries of the audit log."))] = 200_000,
    templates: Annotated[int, typer.Option(min=5, max=1_000_000, help=say("Templates that get fresh keys."))] = 10_000,
    members: Annotated[int, typer.Option(min=1, max=10_000, help=say("Members who withdraw, in all rounds."))] = 100,
    scenario: Scenario = None,
    json_: AsJson = False,
) -> None:
    """On an embedded PostgreSQL and key files in a temporary folder."""
    from visavis.server.bench.privacy import Amounts
    from visavis.server.bench.privacy import bench_privacy as measure

    amounts = Amounts(rounds=rounds, entries=entries, templates=templates, members=members)
    with progress_bar(err) as progress:
        figures = measure(settings(scenario=scenario), amounts, progress)
    if json_:
        print_json([asdict(figure) for figure in figures])
        return
    title = say("Median (quartiles) over {rounds} rounds").format(rounds=rounds)
    table = Table("", "", say("measured"), say("promised"), title=title)
    for figure in figures:
        table.add_row(figure.what, figure.unit, str(figure.value), figure.target)
    out.print(table)
