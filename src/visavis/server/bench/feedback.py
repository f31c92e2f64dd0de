"""How soon what somebody did changes what is decided: over HTTP, on a running site with its own PostgreSQL."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from visavis.config import Settings
from visavis.errors import NothingToShow
from visavis.server.bench.fair import Spread
from visavis.server.demo import visitors_key
from visavis.server.run import serving
from visavis.server.site import Progress, Site
from visavis.server.visitors import Client, Happened
from visavis.types import Purpose

ASK_EVERY_S = 0.005
MEMBERS = 8  # who take turns: each may come once a second
LATEST_S = 30.0
ALLOWED = (Purpose.PERSONALISE, Purpose.IMPROVE)
PROMISED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Seconds from sending a reaction to a decision, of somebody else, by a policy that learned from it."""

    rounds: int
    seconds: Spread
    slowest: float
    promised: float = PROMISED_S


def bench_feedback(settings: Settings, rounds: int, progress: Progress) -> Feedback:
    """A fresh site in a temporary folder; one member reacts, another is decided for until it shows."""
    with TemporaryDirectory(prefix="visavis-bench-") as folder:
        return asyncio.run(_measure(settings, Path(folder), rounds, progress))


async def _measure(settings: Settings, folder: Path, rounds: int, progress: Progress) -> Feedback:
    chosen = settings.model_copy(update={"data_dir": folder, "demonstration": True, "port": 0})
    taken = []
    async with (
        serving(chosen, progress=progress) as (site, address),
        visitors_key(site) as headers,
        httpx.AsyncClient(base_url=address, timeout=LATEST_S, headers=headers) as http,
    ):
        client = Client(http=http, clock=site.clock)
        placement = next(iter(site.scenario.placements))
        joined = [await client.join(f"Member {n}", placement=placement, purposes=ALLOWED) for n in range(MEMBERS)]
        for number in range(rounds):
            pins = [joined[(number + turn) % MEMBERS]["pin"] for turn in (0, MEMBERS // 2)]
            taken.append(await _round(site, client, pins, placement))
            progress("measuring feedback", (number + 1) / rounds)
    return Feedback(rounds=rounds, seconds=Spread.of(taken), slowest=round(max(taken), 4))


async def _round(site: Site, client: Client, pins: list[str], placement: str) -> float:
    shown = await _decision(client, pins[0], placement)
    await client.show(shown, "rendered", "on_glass")
    kind = next(name for name, meaning in site.scenario.event_types.items() if meaning.reaction and meaning.reward)
    before, since = site.hub.policy.version, time.perf_counter()
    await client.tell(shown, [Happened(kind=kind, item_id=shown["item"]["id"], at=site.clock.now())])
    while site.hub.policy.version <= before and time.perf_counter() - since < LATEST_S:  # noqa: ASYNC110 - the site's own
        await asyncio.sleep(ASK_EVERY_S)
    next_one = await _decision(client, pins[1], placement)
    taken = time.perf_counter() - since
    made = await site.storage.decisions.get(next_one["decision_id"])
    return taken if made is not None and made.policy_version > before else LATEST_S


async def _decision(client: Client, pin: str, placement: str) -> dict[str, Any]:
    decision = await client.identify(pin, placement)
    if decision is None:
        raise NothingToShow(placement)
    return decision
