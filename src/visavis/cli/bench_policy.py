"""`visavis bench policy`."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.learning.policies.propensities import PropensityCheck
    from visavis.learning.policies.replay import Report
    from visavis.learning.policies.worlds import World

EPILOG = "`visavis bench policy --classification ./sessions.csv --label Revenue --seeds 10 --json`"
HELP = say("How well and how fast each policy learns, beside MABWiser and Vowpal Wabbit in the same run, one thread.")


class Where(StrEnum):
    """What is measured in."""

    DIGITS = "digits"
    DRIFT = "drift"
    FILE = "file"


def bench_policy(
    worlds: Annotated[
        list[Where] | None,
        typer.Argument(help=say("What to measure in."), show_default=say("all, `file` where one is given")),
    ] = None,
    classification: Annotated[
        Path | None,
        typer.Option(help=say("CSV or Parquet of examples, for the world `file`."), show_default=False),
    ] = None,
    label: Annotated[str, typer.Option(help=say("Its column that holds the class."))] = "label",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help=say("Streams; the same for every policy."))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of the first stream; the others follow."))] = 1,
    draws: Annotated[
        int, typer.Option(min=0, max=100_000_000, help=say("Draws by which each policy's propensities are checked."))
    ] = 1_000_000,
    peers: Annotated[
        bool, typer.Option("--peers/--alone", help=say("Measure MABWiser and Vowpal Wabbit, where they are installed."))
    ] = True,
    plot: Plot = None,
    json_: AsJson = False,
) -> None:
    """Every policy with its default setting, whatever the world."""
    from visavis.learning.plots import check_plot
    from visavis.learning.policies.bench import bench_propensities, bench_worlds
    from visavis.learning.policies.plots import plot_regret
    from visavis.learning.policies.worlds import Classes, digits

    if plot:
        check_plot(plot)
    chosen = _worlds(worlds, classification, label)
    with progress_bar(err) as progress:
        benches = bench_worlds(chosen, seeds=seeds, first_seed=seed, with_peers=peers, progress=progress)
        checks = bench_propensities(Classes(digits()), draws=draws, seed=seed, progress=progress) if draws else []
    if plot:
        plot_regret(plot, [bench.report for bench in benches])
    if json_:
        print_json({"worlds": [asdict(b) for b in benches], "propensities": [asdict(c) for c in checks]})
        return
    for bench in benches:
        show_report(bench.report)
        if bench.best_peer is not None and bench.ahead is not None:
            text = say("{chosen} over {peer}, reward of a round on the same streams: {low} … {high}")
            low, high = f"{bench.ahead.low:+.4f}", f"{bench.ahead.high:+.4f}"
            text = text.format(chosen=bench.chosen, peer=bench.best_peer, low=low, high=high)
            out.print(text, highlight=False, soft_wrap=True)
    if checks:
        _show_checks(checks)


def _worlds(asked: list[Where] | None, classification: Path | None, label: str) -> "list[World]":
    from visavis.errors import SettingInvalid
    from visavis.learning.policies.rows import read_rows
    from visavis.learning.policies.worlds import Classes, Drift, digits

    every = [where for where in Where if where is not Where.FILE or classification is not None]
    found: list[World] = []
    for where in asked or every:
        match where:
            case Where.DIGITS:
                found.append(Classes(digits()))
            case Where.DRIFT:
                found.append(Drift())
            case Where.FILE if classification is not None:
                found.append(Classes(read_rows(classification, label)))
            case Where.FILE:
                raise SettingInvalid("file: give --classification FILE --label COLUMN")
    return found


def show_report(report: "Report") -> None:
    """A row a policy, best first."""
    title = say("{world}: {rounds} rounds, {choices} choices, {seeds} streams; mean (95 % interval)").format(
        world=report.world, rounds=f"{report.rounds:,}", choices=report.choices, seeds=report.seeds
    )
    table = Table(
        say("policy"),
        say("reward of a round"),
        say("cumulative regret"),
        "p50 µs",
        "p99 µs",
        say("of these processor"),
        title=title,
    )
    for result in report.results:
        reward, regret = result.reward, result.regret
        table.add_row(
            result.policy,
            f"{reward.value:.4f} ({reward.low:.4f} … {reward.high:.4f})",
            f"{regret.value:,.1f} ({regret.low:,.1f} … {regret.high:,.1f})",
            f"{result.p50_us:,.1f}",
            f"{result.p99_us:,.1f}",
            f"{result.p50_cpu_us:,.1f}, {result.p99_cpu_us:,.1f}",
            style="bold" if result.ours else "",
        )
    out.print(table)


def _show_checks(checks: "list[PropensityCheck]") -> None:
    title = say("Choices against logged propensities, {draws} draws each").format(draws=f"{checks[0].draws:,}")
    table = Table(say("policy"), "chi²", say("degrees of freedom"), "p", title=title)
    for check in checks:
        table.add_row(check.policy, f"{check.statistic:,.1f}", str(check.freedom), f"{check.p_value:.3f}")
    out.print(table)
