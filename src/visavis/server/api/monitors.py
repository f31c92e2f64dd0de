"""`/v1/edge/monitors`: cameras that outlive the browser. For staff; an address goes in and never comes out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from visavis.errors import VisavisError
from visavis.perception.blur import jpeg, smaller, without_faces
from visavis.pipeline.watch import CameraState
from visavis.server.access import needs
from visavis.server.api.uploads import example
from visavis.server.permissions import Permission
from visavis.server.principal import Principal
from visavis.server.readings import Look, Why
from visavis.server.site import Site, site_of
from visavis.server.staff_read import StaffRead
from visavis.types import Frame, Monitor

router = APIRouter(prefix="/v1/edge/monitors", tags=["monitors"])

READ = needs(Permission.READ_CAMERAS)
Manager = Annotated[Principal, needs(Permission.MANAGE_CAMERAS)]
Name = Annotated[str, Path(max_length=32)]
PREVIEW_EVERY_S = 0.5
PREVIEW_FRAMES = 120  # a minute; whoever looks on asks again
BOUNDARY = "frame"


class NewMonitor(BaseModel):
    """A camera to watch from now on."""

    model_config = example(
        {
            "name": "door",
            "address": "rtsp://viewer:secret@10.0.0.7/live",
            "placement": "entrance",
            "max_fps": 5,
            "enabled": True,
        }
    )

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")
    address: str = Field(min_length=1, max_length=2048, repr=False)
    placement: str = Field(max_length=64)
    max_fps: float = Field(default=5.0, ge=0.1, le=60)
    enabled: bool = True


class MonitorChange(BaseModel):
    """What to change; the rest stays."""

    model_config = example({"max_fps": 2, "enabled": False})

    address: str | None = Field(default=None, min_length=1, max_length=2048, repr=False)
    placement: str | None = Field(default=None, max_length=64)
    max_fps: float | None = Field(default=None, ge=0.1, le=60)
    enabled: bool | None = None


class MonitorState(BaseModel):
    """How its camera is doing; nothing here is about a person."""

    connected: bool
    fps: float
    lag_s: float | None
    frames: int
    dropped: int
    late: int
    damaged: int
    reconnects: int
    last_error: str | None


A_MONITOR = {
    "name": "door",
    "address": "rtsp://10.0.0.7",
    "placement": "entrance",
    "max_fps": 5.0,
    "enabled": True,
    "created_at": "2026-01-05T09:00:00Z",
    "state": {
        "connected": True,
        "fps": 4.9,
        "lag_s": 0.06,
        "frames": 51234,
        "dropped": 12,
        "late": 0,
        "damaged": 0,
        "reconnects": 1,
        "last_error": None,
    },
    "trouble": None,
}


class MonitorView(BaseModel):
    """A monitor as staff sees it: of its address, scheme and host."""

    model_config = example(A_MONITOR)

    name: str
    address: str
    placement: str
    max_fps: float
    enabled: bool
    created_at: datetime
    state: MonitorState | None  # None while it does not run in this process
    trouble: str | None  # the code of the error for which it could not be started


class MonitorList(BaseModel):
    """All of them, by name."""

    model_config = example({"monitors": [A_MONITOR]})

    monitors: list[MonitorView]


def monitor_view(site: Site, monitor: Monitor) -> MonitorView:
    """Without what is secret."""
    state = site.monitors.states().get(monitor.name) if monitor.enabled else None
    return MonitorView(
        name=monitor.name,
        address=site.monitors.label(monitor),
        placement=monitor.placement,
        max_fps=monitor.max_fps,
        enabled=monitor.enabled,
        created_at=monitor.created_at,
        state=state_view(state) if state else None,
        trouble=site.monitors.trouble(monitor.name),
    )


def state_view(state: CameraState) -> MonitorState:
    """The counts of a camera."""
    return MonitorState(
        connected=state.connected,
        fps=state.fps,
        lag_s=None if state.lag_s is None else round(state.lag_s, 3),
        frames=state.frames,
        dropped=state.dropped,
        late=state.late,
        damaged=state.damaged,
        reconnects=state.reconnects,
        last_error=state.last_error,
    )


@router.post("", status_code=HTTPStatus.CREATED)
async def add(request: Request, body: NewMonitor, by: Manager) -> MonitorView:
    """Watch a camera from now on, also after a restart. Its address is sealed under the site key."""
    site = site_of(request)
    monitor = await site.monitors.add(
        name=body.name,
        address=body.address,
        placement=body.placement,
        max_fps=body.max_fps,
        enabled=body.enabled,
        actor=by.actor,
    )
    return monitor_view(site, monitor)


@router.get("", dependencies=[READ])
async def every(request: Request) -> MonitorList:
    """Every monitor with its state."""
    site = site_of(request)
    return MonitorList(monitors=[monitor_view(site, monitor) for monitor in await site.monitors.all()])


@router.get("/{name}", dependencies=[READ])
async def one(request: Request, name: Name) -> MonitorView:
    """One monitor with its state."""
    site = site_of(request)
    return monitor_view(site, await site.monitors.get(name))


@router.patch("/{name}")
async def change(request: Request, name: Name, body: MonitorChange, by: Manager) -> MonitorView:
    """Change address, placement, rate, or whether it runs; the camera is connected anew."""
    site = site_of(request)
    monitor = await site.monitors.change(
        name, address=body.address, placement=body.placement, max_fps=body.max_fps, enabled=body.enabled, actor=by.actor
    )
    return monitor_view(site, monitor)


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
async def remove(request: Request, name: Name, by: Manager) -> None:
    """Stop watching and forget the camera."""
    await site_of(request).monitors.remove(name, actor=by.actor)


# ------ what happened


class HappeningView(BaseModel):
    """One line of what happened; strangers are a count, members a pseudonym."""

    number: int
    at: datetime
    kind: str
    faces: int
    member: str | None
    decision_id: str | None
    trouble: str | None


class Events(BaseModel):
    """Lines in order; ask on with `next`."""

    model_config = example(
        {
            "events": [
                {
                    "number": 1767603600000000,
                    "at": "2026-01-05T09:00:00Z",
                    "kind": "recognised",
                    "faces": 0,
                    "member": "k3v9qd2x",
                    "decision_id": "9d2f…",
                    "trouble": None,
                }
            ],
            "next": 1767603600000000,
            "missed": False,
        }
    )

    events: list[HappeningView]
    next: int
    missed: bool  # older lines are gone: only the last thousand are kept


@router.get("/{name}/events", dependencies=[READ])
async def events(
    request: Request,
    name: Name,
    look: Annotated[Look, Depends(StaffRead(Why.CAMERAS))],
    *,
    after: Annotated[int, Query(ge=0, description="`next` of the last answer; 0 for all that is kept.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Events:
    """What lately happened before this camera: connections, arrivals, members who were greeted. In memory only."""
    site = site_of(request)
    await site.monitors.get(name)
    found, missed = site.monitors.happenings.after(name, after, limit)
    await look.at(line.member for line in found if line.member)
    return Events(
        events=[HappeningView(**asdict(line)) for line in found],
        next=found[-1].number if found else after,
        missed=missed,
    )


# ------ preview


class Jpeg(Response):
    """For the OpenAPI document."""

    media_type = "image/jpeg"


@router.get("/{name}/preview", response_class=Jpeg, dependencies=[needs(Permission.PREVIEW_CAMERAS)])
async def preview(
    request: Request, name: Name, *, stream: Annotated[bool, Query(description="MJPEG for a minute.")] = False
) -> Response:
    """The newest frame with every face hidden; never stored. 503 while the camera gives none."""
    site = site_of(request)
    first = await hidden(site, await site.watch.snapshot(name))
    if not stream:
        return Jpeg(first)
    return StreamingResponse(parts(site, name, first), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}")


async def parts(site: Site, name: str, first: bytes) -> AsyncIterator[bytes]:
    """One part a frame, until the camera is lost or the minute is over."""
    picture = first
    for _ in range(PREVIEW_FRAMES):
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        yield head.encode() + picture + b"\r\n"
        await asyncio.sleep(PREVIEW_EVERY_S)
        try:
            picture = await hidden(site, await site.watch.snapshot(name))
        except VisavisError:
            return


async def hidden(site: Site, frame: Frame) -> bytes:
    """A small JPEG without faces, made in a thread."""

    def work() -> bytes:
        small = site.frame(smaller(frame.pixels), source=frame.source)
        return jpeg(without_faces(small.pixels, site.preview_observer.observe(small)))

    return await asyncio.to_thread(work)
