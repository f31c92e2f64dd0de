"""`visavis bench recommend`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.learning.recommend.bench import RecommendBench

EPILOG = "`visavis bench recommend --members 6040 --items 3416 --events 1000000 --json`"
HELP = say("Fit candidates at any size, fold in a new member, rank: how long does each take?")


def bench_recommend(
    members: Annotated[int, typer.Option(min=10, max=10_000_000, help=say("Members who are made up."))] = 943,
    items: Annotated[int, typer.Option(min=10, max=10_000_000, help=say("Items that are made up."))] = 1682,
    events: Annotated[int, typer.Option(min=100, max=100_000_000, help=say("Their choices, about."))] = 100_000,
    interactions: Annotated[
        Path | None, typer.Option(help=say("Instead: a table as of `evaluate recommend`."), show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help=say("Candidates of each member."))] = 100,
    threads: Annotated[int, typer.Option(min=1, max=256, help=say("Threads to fit with."))] = 2,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    json_: AsJson = False,
) -> None:
    """Choices are made up with Zipf's popularity, tastes, and one leading to another."""
    import numpy as np

    from visavis.learning.recommend.bench import bench_recommend as measure
    from visavis.learning.recommend.interactions import find_column, read_interactions
    from visavis.learning.recommend.recipe import ORDERED
    from visavis.learning.recommend.synthetic import synthetic_choices

    with progress_bar(err) as progress:
        if interactions is None:
            progress("making choices up", 0.0)
            data = synthetic_choices(members, items, events, np.random.default_rng(seed))
        else:
            data = read_interactions(
                interactions,
                user=find_column(interactions, None, "user", "user_id"),
                item=find_column(interactions, None, "item", "item_id"),
                time=find_column(interactions, None, "time", "timestamp"),
            )
        found = measure(data, ORDERED, seed=seed, threads=threads, count=count, progress=progress)
    if json_:
        print_json(asdict(found))
    else:
        _show(found)


def _show(found: "RecommendBench") -> None:
    title = say("{members} members, {items} items, {events} choices, {threads} threads").format(
        members=f"{found.members:,}", items=f"{found.items:,}", events=f"{found.events:,}", threads=found.threads
    )
    fitted = Table(say("fitted"), say("seconds"), title=title)
    for name, seconds in found.seconds.items():
        fitted.add_row(say(name), f"{seconds:,.2f}")
    fitted.add_row(say("everything"), f"{found.wall_s:,.2f}")
    fitted.add_row(say("everything, processor time"), f"{found.cpu_s:,.2f}")
    out.print(fitted)
    steps = Table(say("step"), say("rounds"), "p50 µs", "p99 µs")
    for step in found.latencies:
        steps.add_row(say(step.step), f"{step.rounds:,}", f"{step.p50_us:,.0f}", f"{step.p99_us:,.0f}")
    out.print(steps)
    if found.left_out:
        out.print(say("Too many items for: {names}").format(names=", ".join(map(say, found.left_out))), highlight=False)
    out.print(
        say("Last choice of {tested} members: HR@10 {hits:.4f}, NDCG@10 {ndcg:.4f}").format(
            tested=found.tested, hits=found.hit_rate_at_10, ndcg=found.ndcg_at_10
        ),
        highlight=False,
    )
