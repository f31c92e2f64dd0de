"""`visavis evaluate bandit`: which policy would have learned what this table holds, and how fast?"""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.bench_policy import show_report
from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, print_json
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar

EPILOG = "`visavis evaluate bandit --classification ./sessions.csv --label Revenue --seeds 5 --plot regret.svg`"
HELP = say("Rows of any table as contexts, its classes as choices: reward and regret of each policy while it learns.")


class Bandit(StrEnum):
    """As `visavis.learning.policies.agents.BANDITS`, which is not imported to show `--help`."""

    LINUCB = "linucb"
    THOMPSON = "thompson"
    SQUARECB = "squarecb"
    SOFTMAX = "softmax"
    EPSILON_GREEDY = "epsilon-greedy"
    GREEDY = "greedy"
    UNIFORM = "uniform"


def evaluate_bandit(
    classification: Annotated[Path, typer.Option(help=say("CSV or Parquet of examples."), show_default=False)],
    label: Annotated[str, typer.Option(help=say("Its column that holds the class."), show_default=False)],
    drop: Annotated[
        list[str] | None,
        typer.Option(help=say("Column that no policy is told; repeatable."), show_default=False),
    ] = None,
    policy: Annotated[
        list[Bandit] | None,
        typer.Option(help=say("Policy to evaluate; repeatable."), show_default=say("every one")),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help=say("Streams; the same for every policy."))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of the first stream; the others follow."))] = 1,
    in_file_order: Annotated[
        bool, typer.Option("--in-file-order", help=say("Rows in file order, for data that drift."))
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help=say("Measure MABWiser and Vowpal Wabbit, where they are installed."))
    ] = False,
    plot: Plot = None,
    json_: AsJson = False,
) -> None:
    """A policy is told the row, chooses a class, and hears whether that was right: nothing else."""
    from visavis.learning.plots import check_plot
    from visavis.learning.policies.agents import ours
    from visavis.learning.policies.peers import peers as installed
    from visavis.learning.policies.plots import plot_regret
    from visavis.learning.policies.replay import replay
    from visavis.learning.policies.rows import read_rows
    from visavis.learning.policies.worlds import Classes
    from visavis.types import PolicyName

    if plot:
        check_plot(plot)
    world = Classes(read_rows(classification, label, drop=drop or ()), shuffled=not in_file_order)
    entrants = [ours(PolicyName(name.value)) for name in policy or Bandit] + (installed() if peers else [])
    with progress_bar(err) as progress:
        report = replay(world, entrants, seeds=seeds, first_seed=seed, progress=progress)
    if plot:
        plot_regret(plot, [report])
    if json_:
        print_json(asdict(report))
    else:
        show_report(report)
