"""`visavis bench cameras`."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, Scenario, err, out, print_json, settings
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.server.bench_cameras import FirstDecision, Load

EPILOG = "`visavis bench cameras --seconds 600 --cameras 4`"
HELP = say("Replay several 1280 x 720 cameras before a whole site: lag a minute, drops, and whether it keeps up.")


def bench_cameras(
    cameras: Annotated[int, typer.Option(min=1, max=64, help=say("How many cameras at once."))] = 4,
    fps: Annotated[int, typer.Option(min=1, max=60, help=say("Frames a second of each camera."))] = 10,
    seconds: Annotated[float, typer.Option(min=5, help=say("How long to watch."))] = 60.0,
    video: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=say("A video to show instead of the example people; its person is enrolled and decisions are timed."),
            show_default=False,
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, max=1000, help=say("How often each video is played to time its decision."))
    ] = 10,
    max_fps: Annotated[
        float | None, typer.Option(help=say("Frames a second looked at while decisions are timed."), show_default="5")
    ] = None,
    scenario: Scenario = None,
    cache_dir: CacheDir = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 when this machine does not keep up."""
    from visavis.server.bench_cameras import bench_first_decision, bench_load
    from visavis.server.logs import configure

    configure("error", pretty=False)
    given = settings(scenario=scenario, cache_dir=cache_dir, camera_fps=max_fps)

    async def work() -> "tuple[list[FirstDecision], Load]":
        with progress_bar(err) as progress:
            decisions = await bench_first_decision(given, videos=video or (), rounds=rounds, progress=progress)
            load = await bench_load(
                given, cameras=cameras, fps=fps, seconds=seconds, videos=video or (), progress=progress
            )
        return decisions, load

    decisions, load = asyncio.run(work())
    if json_:
        print_json({"load": asdict(load), "first_decision": [asdict(d) for d in decisions]})
    else:
        _show(load, decisions)
    raise typer.Exit(0 if load.verdict == "keeps up" else 1)


def _show(load: "Load", decisions: "list[FirstDecision]") -> None:
    title = f"{load.cameras} x {load.width} x {load.height}, {load.fps:g}/s, {load.cores} CPU"
    columns = ("minute", "frames", "p50 ms", "p95 ms", "dropped", "CPU %", "RSS MB")
    table = Table(*(say(column) for column in columns), title=title)
    for m in load.minutes:
        _row(table, m.number, m.frames, m.p50_ms, m.p95_ms, m.dropped, m.cpu_percent, m.rss_mb)
    out.print(table)
    said = say("{verdict}: the median lag grew by {growth_ms} ms in {seconds} s; {late} frames were late.")
    out.print(said.format(**asdict(load) | {"verdict": say(load.verdict)}), highlight=False)
    by_camera = ", ".join(f"{dropped:,}" for dropped in load.dropped_by_camera)
    out.print(say("dropped, camera by camera: {numbers}").format(numbers=by_camera), highlight=False)
    if decisions:
        _show_decisions(decisions)


def _show_decisions(decisions: "list[FirstDecision]") -> None:
    columns = ("clip", "rounds", "decided", "arrivals", "p50 ms", "p95 ms", "at most ms", "embeddings a track")
    title = say("first usable frame to decision")
    table = Table(*(say(column) for column in (*columns, "at most", "in time")), title=title)
    for d in decisions:
        in_time = d.in_time if d.in_time is None else say("yes" if d.in_time else "no")
        figures = (d.p50_ms, d.p95_ms, d.max_ms, d.embeddings_a_track, d.most_embeddings_a_track)
        _row(table, d.clip, d.rounds, d.decided, d.arrivals, *figures, in_time)
    out.print(table)


def _row(table: Table, *cells: Any) -> None:
    table.add_row(*("" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells))
