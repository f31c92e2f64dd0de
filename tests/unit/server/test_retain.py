"""When the retention job of a process runs: at its start, and when no process ran it for an hour."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from types import SimpleNamespace
from typing import cast

import pytest

from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.server import retention
from visavis.server.retention import Retain
from visavis.server.site import Site
from visavis.server.tally import Tally
from visavis.testing import FixedClock, MemoryAudit, a_scenario, memory_storage


class Place:
    """A site in memory; each sleep of its loop is an advance of the clock."""

    def __init__(self) -> None:
        self.memory, self.clock, self.inside, self.runs = memory_storage(), FixedClock(), 0, 0
        ports = {field.name: getattr(self.memory, field.name) for field in fields(self.memory)}
        storage = SimpleNamespace(**ports, only_one=self.only_one)
        edge = SimpleNamespace(audit=MemoryAudit(), members={})
        site = SimpleNamespace(
            law=load_jurisdiction("EU"),
            scenario=a_scenario(),
            storage=storage,
            erasures=self.memory.erasures,
            clock=self.clock,
            dropped=lambda _member: None,
            tally=Tally(),
            edge=edge,
        )
        self.retain = Retain(cast("Site", site))

    @asynccontextmanager
    async def only_one(self, name: str) -> AsyncIterator[None]:
        assert name == "retention"
        self.inside += 1
        yield
        self.inside -= 1

    async def at(self) -> object:
        return (await self.memory.visits.runs())["event"].at


async def test_r10_the_job_runs_at_start_and_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at every quarter of an hour, always under the lock, which is free in between."""
    place, seen = Place(), []

    async def sleep(seconds: float) -> None:
        assert place.inside == 0
        seen.append(await place.at())
        place.clock.advance(seconds)
        if len(seen) == 6:
            raise asyncio.CancelledError

    monkeypatch.setattr(retention.asyncio, "sleep", sleep)
    with suppress(asyncio.CancelledError):
        await place.retain.follow()
    start = seen[0]
    assert [round((at - start).total_seconds() / 60) for at in seen] == [0, 0, 0, 0, 60, 60]


async def test_r10_another_process_that_ran_it_just_now_is_enough() -> None:
    """Whoever finds a run younger than an hour waits."""
    place = Place()
    assert await place.retain._due()
    await place.memory.visits.ran("event", at=place.clock.now(), removed=3)
    place.clock.advance(3599)
    assert not await place.retain._due()
    place.clock.advance(1)
    assert await place.retain._due()
