"""`visavis evaluate recommend`: does the list hold what members chose next?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.people import Plot
from visavis.cli.progress import progress_bar
from visavis.learning.recommend.names import HoldOut

if TYPE_CHECKING:
    from visavis.learning.recommend.report import Figures, RecommendReport

EPILOG = "`visavis evaluate recommend --interactions ratings.csv --seeds 5 --plot lists.svg --json`"
HELP = say("Full ranking of what members chose next, beside popularity, item-to-item and implicit.")

WIDE = "Intervals are over the seeds; over the members the blend's NDCG@{k} lies in {low:.4f} … {high:.4f}."


def evaluate_recommend(
    interactions: Annotated[
        Path,
        typer.Option(help=say("Who chose what and when: CSV, tab-separated, RecBole or Parquet."), show_default=False),
    ],
    user: Annotated[str | None, typer.Option(help=say("Column of members."), show_default="user, user_id")] = None,
    item: Annotated[str | None, typer.Option(help=say("Column of items."), show_default="item, item_id")] = None,
    time: Annotated[str | None, typer.Option(help=say("Column of times."), show_default="time, timestamp")] = None,
    protocol: Annotated[HoldOut, typer.Option(help=say("How choices are held out."))] = HoldOut.LEAVE_ONE_OUT,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help=say("Length of the list."))] = 10,
    seeds: Annotated[int, typer.Option(min=1, max=100, help=say("Runs with seeds of their own."))] = 5,
    seed: Annotated[int, typer.Option(min=0, help=say("The first of them."))] = 1,
    peers: Annotated[
        bool, typer.Option("--peers/--alone", help=say("Measure item-to-item and implicit in the same run."))
    ] = True,
    network: Annotated[
        bool, typer.Option("--network", help=say("Train the behaviour network too, and blend it in: minutes a seed."))
    ] = False,
    refreshed: Annotated[
        bool,
        typer.Option("--refreshed", help=say("Also the blend whose statistics know the second last choice.")),
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(min=1, help=say("Members to test, drawn at random."), show_default=say("everybody")),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help=say("Threads to fit with."))] = 2,
    plot: Plot = None,
    per_member: Annotated[
        Path | None, typer.Option(help=say("CSV to write: a row a tested member."), show_default=False)
    ] = None,
    json_: AsJson = False,
) -> None:
    """Every model gets the same histories, masks and lots."""
    from visavis.learning.plots import check_plot
    from visavis.learning.recommend.interactions import find_column, read_interactions
    from visavis.learning.recommend.names import Peer
    from visavis.learning.recommend.output import check_members, plot_recommend, write_members
    from visavis.learning.recommend.protocols import Plan
    from visavis.learning.recommend.protocols import evaluate_recommend as evaluate
    from visavis.learning.recommend.recipe import ORDERED, UNORDERED

    if plot:
        check_plot(plot)
    if per_member:
        check_members(per_member)
    data = read_interactions(
        interactions,
        user=find_column(interactions, user, "user", "user_id"),
        item=find_column(interactions, item, "item", "item_id"),
        time=find_column(interactions, time, "time", "timestamp"),
    )
    plan = Plan(
        protocol=protocol,
        recipe=ORDERED if protocol is HoldOut.LEAVE_ONE_OUT else UNORDERED,
        seeds=tuple(range(seed, seed + seeds)),
        k=k,
        peers=tuple(Peer) if peers else (),
        network=network,
        refreshed=refreshed,
        most=most,
        threads=threads,
    )
    with progress_bar(err) as progress:
        report = evaluate(data, plan, progress)
    if plot:
        plot_recommend(plot, report)
    if per_member:
        write_members(per_member, report)
    if json_:
        print_json(_document(report))
    else:
        _print(report)


def _document(report: "RecommendReport") -> dict[str, Any]:
    document = asdict(report)
    for large in ("members_tested", "ndcg_by_member", "rank_by_member"):
        del document[large]
    return document


def _print(report: "RecommendReport") -> None:
    k = report.k
    title = say("{protocol}, {tested} members tested of {members}, {items} items, {events} choices, {seeds} seeds")
    table = Table(
        "",
        f"NDCG@{k}",
        f"HR@{k}",
        "MRR",
        say("coverage"),
        "Gini",
        say("NDCG@{k}, seen not masked").format(k=k),
        say("HR@{k}, seen not masked").format(k=k),
        say("fit, s"),
        title=title.format(
            protocol=say(report.protocol),
            tested=f"{report.tested:,}",
            members=f"{report.members:,}",
            items=f"{report.items:,}",
            events=f"{report.events:,}",
            seeds=len(report.seeds),
        ),
    )
    for model in report.models:
        table.add_row(say(model.name), *_cells(model.masked), *_unmasked(model.unmasked), f"{model.fit_s:,.1f}")
    out.print(table)
    blend = next(model.masked for model in report.models if model.name == "blend")
    over = blend.ndcg_over_members
    lines = [
        say(WIDE).format(k=k, low=over.low, high=over.high),
        say("Weights of the blend: {weights}").format(
            weights=", ".join(f"{say(name)} {weight:+.2f}" for name, weight in report.weights.items())
        ),
    ]
    if report.left_out:
        lines.append(say("Too many items for: {names}").format(names=", ".join(map(say, report.left_out))))
    if report.repeats:
        lines.append(say("Left out: {repeats} later choices of the same item.").format(repeats=f"{report.repeats:,}"))
    if report.too_short:
        lines.append(
            say("{count} members have fewer than three choices: they are learned from, not tested.").format(
                count=f"{report.too_short:,}"
            )
        )
    for line in lines:
        out.print(line, highlight=False)


def _cells(figures: "Figures") -> tuple[str, ...]:
    ndcg, hits = figures.ndcg, figures.hit_rate
    return (
        f"{ndcg.value:.4f} ({ndcg.low:.4f} … {ndcg.high:.4f})",
        f"{hits.value:.4f} ({hits.low:.4f} … {hits.high:.4f})",
        f"{figures.mrr.value:.4f}",
        f"{figures.coverage:.1%}",
        f"{figures.gini:.3f}",
    )


def _unmasked(figures: "Figures") -> tuple[str, str]:
    return f"{figures.ndcg.value:.4f}", f"{figures.hit_rate.value:.4f}"
