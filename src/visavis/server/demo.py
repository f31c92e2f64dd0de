"""`visavis demo`: the whole loop on one machine, on real parts.

A portrait is enrolled through the API and walks past a camera together with a stranger, and simulated members come
and go through the same routes that a kiosk and a screen use. Nothing in the engine knows that they are not people.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image, ImageEnhance

from visavis.config import Settings
from visavis.pipeline.camera import Camera
from visavis.scenarios.loader import load_scenario
from visavis.server.permissions import Permission
from visavis.server.run import serving, stop_asked
from visavis.server.site import Progress, Site
from visavis.server.visitors import Client, Happened
from visavis.simulation.people import Population, Seen, Visit
from visavis.simulation.walk_by import Portrait, walk_by
from visavis.types import Purpose, Scenario, Surface

MEMBERS = 200
FPS = 5.0
VISITS_PER_S = 40.0
NICKNAME = "Grace"
SCOPES = (Permission.RUN_KIOSK, Permission.PLAY, Permission.SEND_EVENTS, Permission.READ_DECISIONS)
MEMBER, STRANGER = Portrait.HOPPER, Portrait.COLLINS
ALLOWED = (Purpose.PERSONALISE, Purpose.IMPROVE)


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
        headless: Play the screen too, as a browser would.
        seconds: How long to run once the pages are there; None waits for Ctrl-C.
        camera: Whether a visitor uses this machine's camera; None looks for one.
        progress: Told of each step of starting.
        announce: Called with the site and its address when the pages are there.
    """
    stop = stop_asked()
    with_visitor = not headless and (camera if camera is not None else _has_camera())
    async with AsyncExitStack() as stack:
        folder = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="visavis-demo-")))
        site, address = await stack.enter_async_context(
            serving(settings.model_copy(update=_demonstrated(settings, folder)), progress=progress)
        )
        headers = await stack.enter_async_context(visitors_key(site))
        http = httpx.AsyncClient(base_url=address, timeout=30, headers=headers)
        show = Show(site=site, http=await stack.enter_async_context(http))
        announce(site, address)
        await show.enrol_crowd(progress)
        parts = [show.visits(VISITS_PER_S if headless else VISITS_PER_S / 4)]
        if not with_visitor:
            await show.enrol_member(progress)
            parts.append(show.walk_past())
        if headless:
            parts.append(show.play_screen())
        async with _running(parts) as failed:
            await _first(stop.wait(), failed.wait(), seconds=seconds)
        return await show.report()


def _demonstrated(settings: Settings, folder: Path) -> dict[str, Any]:
    """A staff member looks on at the desk, where a portrait cannot show that it is alive."""
    desk = _kiosks(load_scenario(settings.scenario))[-1]
    return {"data_dir": folder, "demonstration": True, "attended": (*settings.attended, desk)}


def _kiosks(scenario: Scenario) -> list[str]:
    """Where members stand alone, in the order of the pack; any place where there is no such."""
    return [p.id for p in scenario.placements.values() if p.surface is Surface.KIOSK] or [*scenario.placements][:1]


@asynccontextmanager
async def visitors_key(site: Site) -> AsyncIterator[dict[str, str]]:
    """What the simulated visitors come in with, also once staff has accounts and kiosks must be paired."""
    keys = site.accounts.keys
    key, text = await keys.add("demonstration", SCOPES, days=1, by="demonstration")
    try:
        yield {"Authorization": f"Bearer {text}"}
    finally:
        await keys.revoke(key.prefix, by="demonstration")


def _has_camera() -> bool:
    return any(Path("/dev").glob("video*"))


@asynccontextmanager
async def _running(parts: list[Coroutine[Any, Any, None]]) -> AsyncIterator[asyncio.Event]:
    """Run parts beside the body; the event is set when one ends early. Its error is raised on leaving."""
    ended = asyncio.Event()
    tasks = [asyncio.create_task(part) for part in parts]
    for task in tasks:
        task.add_done_callback(lambda _: ended.set())
    yield ended
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


async def _first(*waits: Coroutine[Any, Any, Any], seconds: float | None) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


class Show:
    """The example people, and what they do."""

    def __init__(self, *, site: Site, http: httpx.AsyncClient) -> None:
        seed = site.settings.seed or 0
        self._site = site
        self._client = Client(http=http, clock=site.clock)
        self._people = Population(scenario=site.scenario, members=MEMBERS + 1, seed=seed)
        self._seen, self._seen_by_chance = Seen.of(site.scenario), Seen.of(site.scenario)
        self._rng = np.random.default_rng([seed, 7])
        self._pins: list[str] = []
        self._started = site.clock.now()
        self._rewards = Rewards()
        self._strangers_known = 0
        self._door, self._desk = _kiosks(site.scenario)[0], _kiosks(site.scenario)[-1]
        self._day = 0.0  # of the visitors, whose days are short
        self._aisles = [p for p in site.scenario.placements if p != self._door] or [self._door]

    # ------ members join

    async def enrol_crowd(self, progress: Progress) -> None:
        """Simulated members join with card and PIN, and bring what they bought before."""
        for member in range(MEMBERS):
            joined = await self._client.join(f"Member {member + 1}", placement=self._aisles[0], purposes=ALLOWED)
            self._pins.append(joined["pin"])
            await self._client.tell(joined["decision"], self._past(member))
            progress("enrolling simulated members", (member + 1) / MEMBERS)

    def _past(self, member: int) -> list[Happened]:
        now = self._site.clock.now()
        did = [
            Happened(kind=kind, at=now - timedelta(days=ago), item_id=item)
            for kind, item, ago in self._people.history(member)
        ]
        said = [
            Happened(kind=kind, at=now - timedelta(days=ago), value=value)
            for kind, value, ago in self._people.facts(member)
        ]
        return did + said

    async def enrol_member(self, progress: Progress) -> None:
        """The person of one portrait joins with three photos of it."""
        await self._client.join(
            NICKNAME, placement=self._desk, purposes=(Purpose.RECOGNISE, *ALLOWED), photos=_enrolment_photos(MEMBER)
        )
        progress("enrolling the example member", 1.0)

    # ------ members come and go

    async def visits(self, a_second: float) -> None:
        """One visit after another: PIN, offer, reaction; with what a uniform choice would have earned beside."""
        loop = asyncio.get_running_loop()
        begin, number = loop.time(), 0
        while True:
            visit = self._people.visit(number, self._aisles)
            self._day = visit.day
            if visit.member < MEMBERS:
                await self._visit(visit)
            number += 1
            await asyncio.sleep(max(0.0, begin + number / a_second - loop.time()))

    async def _visit(self, visit: Visit) -> None:
        decision = await self._client.identify(self._pins[visit.member], visit.placement)
        if decision is None:
            return
        candidates = await self._client.candidates(decision)
        by_chance = candidates[int(self._rng.integers(len(candidates)))]
        earned = await self._watch(visit, decision)
        self._rewards.policy.append(earned)
        shown = self._seen_by_chance.lately(visit, by_chance)
        self._rewards.uniform.append(self._people.reward(self._people.respond(visit, by_chance, shown=shown)))
        self._seen_by_chance.add(visit, by_chance)

    async def _watch(self, visit: Visit, decision: dict[str, Any]) -> float:
        """The offer comes on the glass, the visitor reacts or not, the offer goes; what that was worth."""
        item = decision["item"]["id"]
        reactions = self._people.respond(visit, item, shown=self._seen.lately(visit, item))
        self._seen.add(visit, item)
        await self._client.show(decision, "rendered", "on_glass")
        now = self._site.clock.now()
        await self._client.tell(decision, [Happened(kind=r.kind, at=now, item_id=item) for r in reactions])
        await self._client.show(decision, "ended")
        return self._people.reward(reactions)

    # ------ somebody walks past the camera

    async def walk_past(self) -> None:
        """Member and stranger walk by, alone and together; the truth about each frame is known."""
        camera = Camera(edge=self._site.edge, placement=self._door)
        rng = np.random.default_rng(self._site.settings.seed)
        frames = walk_by(rng, source="walk-by", starts_at=self._site.clock.now(), fps=FPS)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number, (frame, scene) in enumerate(frames):
            live = self._site.frame(frame.pixels, source=frame.source)
            seen = await self._site.see(camera, live)
            lane = frame.pixels.shape[1] / max(1, len(scene.people))
            for face in seen.known:
                person = scene.people[min(int((face.box[0] + face.box[2]) / 2 / lane), len(scene.people) - 1)]
                self._strangers_known += person is STRANGER
            await asyncio.sleep(max(0.0, begin + (number + 1) / FPS - loop.time()))

    async def play_screen(self) -> None:
        """Be the screen at the door, and the member before it."""
        number = 0
        async for decision in self._client.decisions(self._door):
            number -= 1  # visits of the crowd count upwards
            visit = Visit(number=2**40 + number, member=MEMBERS, placement=self._door, day=self._day)
            await self._watch(visit, decision)

    # ------ afterwards

    async def report(self) -> dict[str, Any]:
        """The funnel, the stranger, and the policy's reward beside uniform's."""
        site = self._site
        funnel = await site.storage.board.funnel(self._started, site.scenario.name)
        curve = await site.storage.board.reward_curve(site.scenario.name, last=1_000_000)
        return {
            "scenario": site.scenario.name,
            "seed": site.settings.seed,
            "seconds": round((site.clock.now() - self._started).total_seconds(), 1),
            "funnel": {
                "frames": site.tally.frames_seen,
                "faces": site.tally.faces_seen,
                "recognised": site.tally.recognised_by_face,
                "decisions": funnel.decided,
                "impressions": funnel.shown,
                "outcomes": sum(point.decisions for point in curve),
                "reactions": funnel.reacted,
            },
            "stranger_recognised": self._strangers_known,
            "policy_version": site.hub.policy.version,
            "last_quarter": self._rewards.last_quarter(),
        }


def _enrolment_photos(portrait: Portrait) -> list[bytes]:
    """Three photos as a kiosk takes them: as it is, darker and smaller, brighter and slightly turned."""
    with Image.open(BytesIO(portrait.photo())) as picture:
        picture.load()
    darker = ImageEnhance.Brightness(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))).enhance(0.8)
    turned = ImageEnhance.Brightness(picture.rotate(4, resample=Image.Resampling.BICUBIC)).enhance(1.1)
    return [_jpeg(photo) for photo in (picture, darker, turned)]


def _jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, format="JPEG", quality=92)
    return out.getvalue()
