"""`visavis edge`: cameras at placements."""

import asyncio
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import (
    AsJson,
    CacheDir,
    DatabaseUrl,
    DataDir,
    Port,
    Scenario,
    err,
    out,
    print_json,
    run,
    settings,
)
from visavis.cli.progress import progress_bar

if TYPE_CHECKING:
    from visavis.pipeline.watch import CameraState
    from visavis.server.site import Site

Cameras = Annotated[
    list[str] | None,
    typer.Option(
        "--camera",
        metavar="NAME=ADDRESS@PLACEMENT",
        help=say("A camera: rtsp://, http:// (MJPEG), /dev/videoN or a video file. May be given several times."),
        show_default=False,
    ),
]
CameraFps = Annotated[
    float | None,
    typer.Option("--max-fps", help=say("Frames a second of each camera that are looked at."), show_default="5"),
]
CameraEvery = Annotated[
    int | None, typer.Option("--every", help=say("Look only at every k-th picture of a camera."), show_default="1")
]
CameraLoop = Annotated[bool, typer.Option("--loop", help=say("Begin video files again at their end."))]


def edge(
    camera: Cameras = None,
    max_fps: CameraFps = None,
    every: CameraEvery = None,
    loop: CameraLoop = False,
    port: Port = None,
    scenario: Scenario = None,
    data_dir: DataDir = None,
    cache_dir: CacheDir = None,
    database_url: DatabaseUrl = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=1, help=say("Stop after so many seconds."), show_default=say("until Ctrl-C")),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Cameras, kiosks and the hub in one process."""
    from visavis.server.logs import configure
    from visavis.server.run import serving, stop_asked
    from visavis.server.secrets_given import forbid_core_dumps

    forbid_core_dumps()
    given = settings(
        cameras=tuple(camera) if camera else None,
        camera_fps=max_fps,
        camera_every=every,
        camera_loop=loop or None,
        port=port,
        scenario=scenario,
        data_dir=data_dir,
        cache_dir=cache_dir,
        database_url=database_url,
    )
    live = err.is_terminal and not json_
    configure("error" if live else given.log_level, pretty=sys.stderr.isatty())

    async def work() -> None:
        stop = stop_asked()
        with ExitStack() as bars:
            progress = bars.enter_context(progress_bar(err))
            async with serving(given, progress=progress) as (site, address):
                bars.close()
                err.print(say("Cameras run; pages are at {address}.").format(address=address), highlight=False)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await (_shown(site, stop) if live else stop.wait())
                states = site.watch.states()
        if json_:
            print_json([asdict(state) for state in states])
        else:
            out.print(_table(states))

    run(work)


async def _shown(site: "Site", stop: asyncio.Event) -> None:
    with Live(console=err, transient=True, auto_refresh=False) as live:
        while not stop.is_set():
            live.update(_table(site.watch.states()), refresh=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)


def _table(states: "tuple[CameraState, ...]") -> Table:
    columns = ("camera", "placement", "connected", "fps", "lag", "frames", "dropped", "late", "reconnects", "trouble")
    table = Table(*(say(column) for column in columns))
    for s in states:
        lag = "" if s.lag_s is None else f"{s.lag_s * 1000:,.0f} ms"
        counts = (f"{n:,}" for n in (s.frames, s.dropped, s.late, s.reconnects))
        connected = say("yes") if s.connected else say("no")
        table.add_row(s.name, s.placement, connected, f"{s.fps:.1f}", lag, *counts, s.last_error or "")
    return table
