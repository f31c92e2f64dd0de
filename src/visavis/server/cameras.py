"""The cameras of one process: from the settings to a watch, its metrics and its log."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import structlog

from visavis.config import Settings
from visavis.errors import AddressRefused, CameraRefused
from visavis.perception.address import CameraAddress, Kind
from visavis.perception.stream import Pace
from visavis.pipeline.camera import Camera, Seen
from visavis.pipeline.watch import CameraSpec, CameraState, Watch, camera_spec
from visavis.privacy.outside import Resolve, addresses_of, looked_up, networks
from visavis.server.tally import Tally
from visavis.types import Frame

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

REPORT_EVERY_S = 1.0


def pace_of(settings: Settings) -> Pace:
    """How much of each camera is looked at."""
    return Pace(max_fps=settings.camera_fps, every=settings.camera_every, loop=settings.camera_loop)


def camera_specs(settings: Settings) -> tuple[CameraSpec, ...]:
    """The cameras of the settings; raises CameraRefused."""
    specs = tuple(camera_spec(text, pace_of(settings)) for text in settings.cameras)
    for spec in specs:
        check_host(spec.address, settings.camera_hosts)
    return specs


def check_host(address: CameraAddress, hosts: Sequence[str], *, resolve: Resolve = looked_up) -> None:
    """Raises CameraRefused for a host that this site does not look at; a name is looked up, which takes a moment.

    Args:
        address: of a camera; devices and files of this machine have no host.
        hosts: names and networks of the settings; without any, everything but link-local and multicast addresses.
        resolve: name and port -> IP addresses.
    """
    host = urlsplit(address.url).hostname if address.kind in (Kind.RTSP, Kind.HTTP) else None
    if host is None or host in (name.lower() for name in hosts):
        return
    try:
        found = addresses_of(host, 0, resolve=resolve)
    except AddressRefused:
        if hosts:
            raise CameraRefused("its host is not known, nor named in VISAVIS_CAMERA_HOSTS") from None
        return  # a camera that is away for now is called again
    allowed = networks([text for text in hosts if "/" in text or _is_address(text)])
    for one in found:
        if one.is_link_local or one.is_multicast or one.is_unspecified:
            raise CameraRefused("its host is a link-local or multicast address")
        if hosts and not any(one in network for network in allowed):
            raise CameraRefused("its host is not in VISAVIS_CAMERA_HOSTS")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@asynccontextmanager
async def watching(site: "Site", specs: tuple[CameraSpec, ...]) -> AsyncIterator[None]:
    """Look through the cameras until the end of the block."""
    async with site.watch.running():
        for spec in specs:
            site.watch.start(spec)
        reporter = asyncio.create_task(_report(site.watch, site.tally))
        try:
            yield
        finally:
            reporter.cancel()


def site_watch(site: "Site") -> Watch:
    """A watch whose frames are counted; at once it looks at as many as there are cores."""

    async def see(camera: Camera, frame: Frame) -> Seen:
        seen = await site.see(camera, frame)
        site.monitors.saw(frame.source, seen)
        site.tally.camera_lag_s.labels(frame.source).observe((site.clock.now() - frame.captured_at).total_seconds())
        return seen

    watch = Watch(
        edge=site.edge, see=see, clock=site.clock, rng=np.random.default_rng(), workers=len(os.sched_getaffinity(0))
    )
    site.tally.cameras.states = watch.states
    return watch


async def _report(watch: Watch, tally: Tally) -> None:
    """Log what changed; forget the lag of a camera that has gone."""
    before: dict[str, CameraState] = {}
    while True:
        now = {state.name: state for state in watch.states()}
        for name, state in now.items():
            was = before.get(name)
            if state.connected and (was is None or not was.connected):
                log.info("camera_connected", camera=name)
            elif not state.connected and state.last_error and (was is None or was.connected):
                log.warning("camera_lost", camera=name, trouble=state.last_error)
        for gone in before.keys() - now.keys():
            tally.forget_camera(gone)
            log.info("camera_stopped", camera=gone)
        before = now
        await asyncio.sleep(REPORT_EVERY_S)
