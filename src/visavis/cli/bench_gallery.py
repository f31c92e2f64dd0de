"""`visavis bench gallery`."""

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, err, out, print_json
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.server.bench.gallery import GalleryBench

EPILOG = "`visavis bench gallery --size 100000 --size 1000000 --clustered --json`"
HELP = say("Search among many templates with one thread, beside FAISS flat, usearch and hnswlib in the same run.")


class PeerName(StrEnum):
    """What is measured beside."""

    FLAT = "faiss-flat"
    USEARCH = "usearch"
    HNSWLIB = "hnswlib"


def bench_gallery(
    size: Annotated[
        list[int] | None,
        typer.Option(min=100, max=10_000_000, help=say("Templates; repeatable."), show_default="100000"),
    ] = None,
    dim: Annotated[int, typer.Option(min=8, max=2048, help=say("Numbers in each template."))] = 128,
    clustered: Annotated[
        bool, typer.Option("--clustered", help=say("Templates in clusters, as networks give them, not spread evenly."))
    ] = False,
    probes: Annotated[int, typer.Option(min=10, max=100_000, help=say("Searches in each round."))] = 1000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help=say("Rounds; the programs take turns."))] = 5,
    peer: Annotated[
        list[PeerName] | None,
        typer.Option(
            help=say("Beside these only, at any size; repeatable. usearch and hnswlib take long above 100,000."),
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("Seed of everything that is drawn."))] = 1,
    json_: AsJson = False,
) -> None:
    """Every probe has a cosine of 0.40 to one of the templates."""
    from visavis.server.bench.gallery import Peer
    from visavis.server.bench.gallery import bench_gallery as measure

    with progress_bar(err) as progress:

        def measured(templates: int) -> "GalleryBench":
            return measure(
                templates,
                dim=dim,
                clustered=clustered,
                probes=probes,
                rounds=rounds,
                peers=[Peer(name) for name in peer or ()],
                seed=seed,
                progress=progress,
            )

        results = [measured(templates) for templates in size or [100_000]]
    if json_:
        print_json([asdict(result) for result in results])
        return
    for result in results:
        _show(result)


def _show(result: "GalleryBench") -> None:
    title = say("{templates} templates of {dim}, one thread; median (quartiles) over {rounds} rounds").format(
        templates=f"{result.templates:,}", dim=result.dim, rounds=result.rounds
    )
    table = Table("", "p50 ms", "p95 ms", say("agrees with exact"), say("times as fast"), say("ready, s"), title=title)
    for searcher in result.searchers:
        if searcher.note:
            table.add_row(searcher.name, say("not measured: {how}").format(how=searcher.note))
            continue
        ratio = "" if searcher.times_as_fast is None else str(searcher.times_as_fast)
        cells = (str(searcher.p50_ms), str(searcher.p95_ms), f"{searcher.agreement:.2%}", ratio)
        table.add_row(searcher.name, *cells, f"{searcher.build_s:,.1f}")
    out.print(table)
    seen = say("yes") if result.edits_seen else say("no")
    text = say("Adding one takes {add} ms, dropping one {drop} ms; seen by the next search: {seen}.")
    out.print(text.format(add=result.add_ms, drop=result.drop_ms, seen=seen), highlight=False)
