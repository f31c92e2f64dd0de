"""`visavis bench`: how long each step of the loop takes on this machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from visavis.behaviour.profile import profile
from visavis.config import Settings
from visavis.delivery.open_items import open_items
from visavis.identity.gallery import Gallery
from visavis.perception.observe import Observer
from visavis.perception.packs import build_default_pack, load_pack
from visavis.privacy.consent import grant, permit
from visavis.recommend.decide import decide
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.server.site import Progress
from visavis.simulation.walk_by import Portrait, Scene, walk_by
from visavis.storage.database import open_storage
from visavis.types import Campaign, Embedding, Event, MemberId, Purpose, Scenario, Token

ROUNDS = 200
GALLERY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One step, timed many times, in microseconds."""

    step: str
    rounds: int
    p50_us: float
    p95_us: float
    p99_us: float


def _timing(step: str, taken_s: list[float]) -> Timing:
    p50, p95, p99 = (round(float(q) * 1e6, 1) for q in np.quantile(taken_s, (0.5, 0.95, 0.99)))
    return Timing(step=step, rounds=len(taken_s), p50_us=p50, p95_us=p95, p99_us=p99)


def _time(step: str, work: Callable[[], object], rounds: int = ROUNDS) -> Timing:
    work()  # warm
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return _timing(step, taken)


async def _time_async(step: str, work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> Timing:
    await work()
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - begin)
    return _timing(step, taken)


def bench_perception(settings: Settings, progress: Progress) -> list[Timing]:
    """One thread, 640 x 480 frame with one face, the default pack; search in a gallery of 10,000 templates."""
    pack = load_pack(build_default_pack(settings.packs_dir, progress), threads=1)
    observer = Observer(pack, min_face_px=settings.min_face_px)
    rng = np.random.default_rng(0)
    scene = Scene(people=(Portrait.HOPPER,), seconds=2.0)
    frame, _ = next(walk_by(rng, source="bench", starts_at=datetime.now(UTC), scenes=(scene,)))
    faces = observer.observe(frame)
    gallery = Gallery(model=observer.model, dim=128)
    for number in range(GALLERY):
        vector = rng.standard_normal(128).astype(np.float32)
        gallery.add(MemberId(str(number)), "t", Embedding(vector=vector / np.linalg.norm(vector), model=observer.model))
    probe = observer.embed(frame, faces)
    return [
        _time("observe: detect, align, judge", lambda: observer.observe(frame)),
        _time("embed one face", lambda: observer.embed(frame, faces)),
        _time("embed eight faces", lambda: observer.embed(frame, faces * 8), rounds=50),
        _time(f"search {GALLERY:,} templates", lambda: gallery.search(probe)),
    ]


def bench_decide(settings: Settings) -> list[Timing]:
    """Gate, profile of 50 events, rules, decision and update, in memory."""
    scenario, now = load_scenario(settings.scenario), datetime.now(UTC)
    notice = scenario.notices[Purpose.PERSONALISE]
    consent = grant(
        notice,
        subject="t",
        site="s",
        scenario=scenario.name,
        locale="en",
        method="api",
        evidence="bench",
        now=now,
        consent_days=1,
        consent_id="c",
    )
    events = _events(scenario, now, 50)
    person = profile(Token("t"), events, scenario, now)
    placement = next(iter(scenario.placements.values()))
    policy = build_policy(scenario)

    def rules() -> object:
        return open_items(scenario, placement, people_in_view=1, exhausted=frozenset(), now=now)

    candidates = open_items(scenario, placement, people_in_view=1, exhausted=frozenset(), now=now)

    def choose() -> object:
        return decide(
            profile=person,
            candidates=candidates,
            scenario=scenario,
            policy=policy,
            draw=0.5,
            decision_id="d",
            site="s",
            placement=placement.id,
            token=Token("t"),
            sighting_id=None,
            receipt_id="c",
            now=now,
        )

    def gate() -> object:
        return permit(
            [consent],
            purpose=Purpose.PERSONALISE,
            scenario=scenario.name,
            site="s",
            notice_version=notice.version,
            at=now,
        )

    features = policy.person(person)
    item = candidates[0].item_id
    return [
        _time("consent gate", gate, rounds=2000),
        _time("profile of 50 events", lambda: profile(Token("t"), events, scenario, now)),
        _time("rules over all items", rules),
        _time(f"decide among {len(candidates)}", choose),
        _time("policy update", lambda: policy.update(features, item, 1.0, first=True)),
    ]


async def bench_storage(settings: Settings) -> list[Timing]:
    """Embedded PostgreSQL, every write durable on return."""
    scenario, now = load_scenario(settings.scenario), datetime.now(UTC)
    with TemporaryDirectory(prefix="visavis-bench-") as folder:
        async with open_storage(data_dir=Path(folder)) as storage:
            campaign = Campaign(id="bench", items=(), budget_impressions=10**9, cap_per_member_day=10**6)
            return [
                await _time_async("append 1 event", lambda: storage.events.append(_events(scenario, now, 1))),
                await _time_async(
                    "append 1,000 events", lambda: storage.events.append(_events(scenario, now, 1000)), rounds=20
                ),
                await _time_async("events of a member", lambda: storage.events.of(Token("t"), 100)),
                await _time_async(
                    "reserve budget and cap",
                    lambda: storage.allowance.reserve(str(uuid4()), campaign, Token("t"), now),
                ),
            ]


def _events(scenario: Scenario, now: datetime, count: int) -> list[Event]:
    items = list(scenario.items)
    kind = next(name for name, meaning in scenario.event_types.items() if meaning.interest > 0)
    return [
        Event(id=str(uuid4()), kind=kind, occurred_at=now, token=Token("t"), item_id=items[n % len(items)])
        for n in range(count)
    ]


def run_bench(settings: Settings, parts: list[str], progress: Progress) -> dict[str, list[Timing]]:
    """The parts that were asked for, in order."""
    results: dict[str, list[Timing]] = {}
    for number, part in enumerate(parts):
        progress(f"measuring {part}", 0.0)
        match part:
            case "perception":
                results[part] = bench_perception(settings, progress)
            case "decide":
                results[part] = bench_decide(settings)
            case _:
                results[part] = asyncio.run(bench_storage(settings))
        progress(f"measuring {part}", (number + 1) / len(parts))
    return results
