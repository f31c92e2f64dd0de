"""Cameras of a running site: members are recognised, lost cameras come back, and passwords are nowhere."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from loopback_cameras import closed_port, http_camera, motion_jpeg, rtsp_camera
from PIL import Image
from structlog.testing import capture_logs

from visavis.errors import CameraRefused
from visavis.perception.film import write_film
from visavis.perception.stream import Pace
from visavis.pipeline.watch import CameraState, camera_spec

from .conftest import OpenSite, SiteUnderTest, eventually


@pytest.fixture(scope="module")
def walk(hopper: bytes) -> list[bytes]:
    """The member comes closer, as JPEG frames of 1280 x 720."""
    head = Image.open(BytesIO(hopper))
    frames = []
    for number in range(10):
        picture = Image.new("RGB", (1280, 720), (110, 110, 110))
        size = 400 + 12 * number
        picture.paste(head.resize((round(size * head.width / head.height), size)), (300 + 20 * number, 720 - size))
        out = BytesIO()
        picture.save(out, format="JPEG", quality=85)
        frames.append(out.getvalue())
    return frames


@pytest.fixture
def door(walk: list[bytes]) -> "AsyncIterator[str]":
    """Address of a motion JPEG camera, with a password."""
    with http_camera(motion_jpeg(walk, fps=10, times=30)) as url:
        yield url.replace("http://", "http://admin:s3cr3t@") + "/video?key=s3cr3t"


def sample(metrics: str, name: str, camera: str) -> float:
    (value,) = re.findall(rf'^{name}{{camera="{camera}"}} (\S+)$', metrics, re.MULTILINE)
    return float(value)


async def test_a_member_is_welcomed_through_a_camera_of_the_settings(
    open_test_site: OpenSite,
    database_url: str,
    door: str,
    hopper: bytes,
    dump_hub: Callable[[], bytes],
) -> None:
    """From a frame of motion JPEG to a decision; the password is in no metric, log, state or table."""
    cameras = {"cameras": (f"door={door}@entrance",), "camera_fps": 10}
    async with AsyncExitStack() as stack:
        logs = stack.enter_context(capture_logs())
        site = await stack.enter_async_context(open_test_site(database_url=database_url, **cameras))
        (await site.join(photos=(hopper,))).raise_for_status()

        async def welcomed() -> bool:
            return site.site.tally.recognised_by_face > 0 and "camera_connected" in {log["event"] for log in logs}

        await eventually(welcomed, within_s=10)
        metrics = (await site.http.get("/metrics")).text
        (state,) = site.site.watch.states()
        dumped = dump_hub()
    assert sample(metrics, "visavis_camera_connected", "door") == 1
    assert sample(metrics, "visavis_camera_frames_total", "door") > 0
    assert sample(metrics, "visavis_camera_lag_seconds_count", "door") > 0
    assert (state.name, state.placement, state.address) == ("door", "entrance", "http://127.0.0.1")
    for told in (metrics, repr(state), repr(site.site.settings), repr(logs), dumped.decode()):
        assert "s3cr3t" not in told


async def test_cameras_are_added_and_removed_while_the_site_runs(site: SiteUnderTest, door: str) -> None:
    """One that does not answer disturbs none that does; a removed one leaves the metrics."""
    watch = site.site.watch
    with rtsp_camera(frames=400) as rtsp:
        lost = f"lost=rtsp://admin:s3cr3t@127.0.0.1:{closed_port()}/x@entrance"
        for text in (f"door={door}@entrance", f"hall={rtsp}@aisle-1", lost):
            watch.start(camera_spec(text, Pace(max_fps=10)))

        def by_name() -> dict[str, CameraState]:
            return {state.name: state for state in watch.states()}

        async def running() -> bool:
            states = by_name()
            return states["door"].frames > 5 and states["hall"].frames > 5 and states["lost"].reconnects > 0

        await eventually(running, within_s=10)
        states = by_name()
        assert {name: state.connected for name, state in states.items()} == {"door": True, "hall": True, "lost": False}
        assert (states["hall"].address, states["lost"].last_error) == ("rtsp://127.0.0.1", "refused")
        assert max(states["door"].late, states["hall"].late) == 0
        for name in states:
            await watch.stop(name)
    assert watch.states() == ()

    async def forgotten() -> bool:
        return "door" not in (await site.http.get("/metrics")).text

    await eventually(forgotten)


async def test_a_camera_that_cannot_be_read_stops_the_start(open_test_site: OpenSite) -> None:
    """Before anything slow begins, and without its password."""
    with pytest.raises(CameraRefused) as refused:
        async with open_test_site(cameras=("door=rtsp://admin:s3cr3t@/x@entrance",)):
            pass
    assert "s3cr3t" not in str(refused.value)


async def test_visavis_edge_reports_its_cameras(tmp_path: Path, pack_cache: Path, database_url: str) -> None:
    """A film is replayed for three seconds; the report is JSON, the log is not in it."""
    film = tmp_path / "film.mkv"
    write_film(film, (np.full((80, 96, 3), 90, np.uint8) for _ in range(10)), fps=10, size=(96, 80))
    places = ["--database-url", database_url, "--data-dir", str(tmp_path), "--cache-dir", str(pack_cache)]
    asked = ["--camera", f"film={film}@entrance", "--loop", "--seconds", "2", "--port", "0", "--json"]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "visavis", "edge", *asked, *places],
        env=os.environ | {"VISAVIS_LANG": "en", "VISAVIS_DEMONSTRATION": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (state,) = json.loads(done.stdout)
    assert (state["name"], state["connected"], state["address"]) == ("film", True, "film.mkv")
    assert 4 <= state["frames"] <= 16
