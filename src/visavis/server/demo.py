"""`visavis demo`: the whole loop on one machine, on real parts.

A portrait is enrolled through the API and walks past a camera together with a stranger, and simulated members come
and go through the same routes that a kiosk and a screen use. Nothing in the engine knows that they are not people.
"""

import asyncio
import json
import shutil
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import structlog
from PIL import Image, ImageEnhance

from visavis.config import Settings
from visavis.server.run import serving, stop_asked
from visavis.server.site import Progress, Site
from visavis.simulation.people import Population, Visit
from visavis.simulation.walk_by import Portrait, walk_by
from visavis.types import Event, Purpose

log = structlog.get_logger()

MEMBERS = 200
FPS = 5.0
VISITS_PER_S = 60.0
WARM_SCENE_S = 0.25  # the kiosk's own pages stay quick beside the crowd
LOCALE = "en"
NICKNAME = "Grace"


@dataclass(slots=True)
class Rewards:
    """What the visitors' reactions were worth: to the policy's choice, and to a uniform one on the same visit."""

    policy: list[float] = field(default_factory=list)
    uniform: list[float] = field(default_factory=list)

    def last_quarter(self) -> dict[str, float]:
        """Means over the last quarter of the visits, and their ratio (0 where uniform earned nothing)."""
        tail = max(1, len(self.policy) // 4)
        ours = float(np.mean(self.policy[-tail:] or [0.0]))
        theirs = float(np.mean(self.uniform[-tail:] or [0.0]))
        return {
            "visits": len(self.policy),
            "policy": round(ours, 4),
            "uniform": round(theirs, 4),
            "ratio": round(ours / theirs, 3) if theirs else 0.0,
        }


async def run_demo(
    settings: Settings,
    *,
    data_dir: Path | None,
    headless: bool,
    seconds: float | None,
    camera: bool | None,
    progress: Progress,
    announce: Callable[[Site, str], None],
) -> dict[str, Any]:
    """Run the demonstration until Ctrl-C or for so many seconds; the report.

    Args:
        settings: Port, scenario, cache and seed; the data folder is replaced.
        data_dir: Where to keep the data; None deletes it at the end.
        headless: Play the screens too, as a browser would.
        seconds: How long to run, counted from the first page; None waits for Ctrl-C.
        camera: Whether a visitor uses this machine's camera; None looks for one.
        progress: Told of each step of starting.
        announce: Called once with the site and its address when the pages are there.
    """
    stop = stop_asked()
    use_camera = not headless and (camera if camera is not None else _has_camera())
    async with AsyncExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(_temporary_folder()))
        given = settings.model_copy(update={"data_dir": folder})
        site, address = await stack.enter_async_context(serving(given, progress=progress))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))
        visitor = Client(site, http)
        crowd = Crowd(visitor, seed=given.seed or 0)
        work = [crowd.visits]
        if not use_camera:
            progress("enrolling the example member", 0.0)
            await visitor.join(NICKNAME, photos=_enrolment_photos())
            progress("enrolling the example member", 1.0)
            work.append(lambda: walk_past(site, np.random.default_rng(given.seed)))
        if headless:
            work += [lambda p=p: visitor.play(p, crowd) for p in _camera_placements(site)]
        await crowd.join(progress)
        announce(site, address)
        raise NotImplementedError
