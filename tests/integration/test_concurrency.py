"""What holds when many write at once."""

import asyncio
import random
from contextlib import aclosing

import psycopg
import pytest

from visavis.errors import DatabaseUnavailable
from visavis.privacy.audit import verify
from visavis.storage.database import Storage, open_storage
from visavis.testing import T0, a_campaign, a_decision, an_event, an_impression, an_outcome
from visavis.types import Token


async def test_concurrent_duplicates_count_once(storage: Storage) -> None:
    """Eight senders of the same hundred events, impressions and outcomes, each in an order of its own."""

    async def send(seed: int) -> tuple[int, int, int]:
        numbers = random.Random(seed).sample(range(100), 100)
        return (
            await storage.events.append([an_event(id=f"e{n}") for n in numbers]),
            await storage.plays.append([an_impression(id=f"i{n}", decision_id=f"d{n}") for n in numbers]),
            await storage.outcomes.append([an_outcome(id=f"o{n}", decision_id=f"d{n}") for n in numbers]),
        )

    counts = await asyncio.gather(*(send(seed) for seed in range(8)))
    assert [sum(column) for column in zip(*counts, strict=True)] == [100, 100, 100]
    assert len(await storage.events.of(Token("token-1"))) == 100
    assert len(await storage.outcomes.after(0)) == 100


async def test_budgets_and_caps_hold_under_eight_writers(database_url: str) -> None:
    """Invariant 10: two processes' pools, eight tasks, 640 tries: exactly the budget, never above the cap."""
    campaign = a_campaign(budget_impressions=200, cap_per_member_day=30)
    tokens = [Token(f"token-{n}") for n in range(8)]
    granted: list[tuple[Token, str]] = []

    async def spend(storage: Storage, seed: int) -> None:
        rng = random.Random(seed)
        for n in range(80):
            token, decision = rng.choice(tokens), f"{seed}-{n}"
            if await storage.allowance.reserve(decision, campaign, token, T0):
                granted.append((token, decision))
                if rng.random() < 0.2:
                    await storage.allowance.release(decision)
                    granted.remove((token, decision))

    async with open_storage(database_url) as one, open_storage(database_url) as two:
        await asyncio.gather(*(spend((one, two)[seed % 2], seed) for seed in range(8)))
        by_token = {token: sum(t == token for t, _ in granted) for token in tokens}
        assert max(by_token.values()) <= 30
        assert len(granted) <= 200
        left = 200 - len(granted)
        more = [await one.allowance.reserve(f"more-{n}", campaign, None, T0) for n in range(left + 1)]
        assert more == [True] * left + [False]


async def test_a_decision_asked_for_eight_times_takes_one(storage: Storage) -> None:
    campaign = a_campaign(budget_impressions=2, cap_per_member_day=2)
    asked = (storage.allowance.reserve("same", campaign, Token("token-1"), T0) for _ in range(8))
    assert await asyncio.gather(*asked) == [True] * 8
    assert await storage.allowance.reserve("other", campaign, Token("token-1"), T0)
    assert not await storage.allowance.reserve("third", campaign, Token("token-1"), T0)


async def test_a_reader_of_outcomes_misses_none(storage: Storage) -> None:
    """Four writers, one reader that goes on from the last number it saw: it sees every outcome, in one order."""
    seen: list[str] = []
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for n in range(40):
            await storage.outcomes.append(
                [an_outcome(id=f"{writer}-{n}-{k}", decision_id=f"{writer}-{n}-{k}") for k in "ab"]
            )

    async def read() -> None:
        position = 0
        while not done.is_set() or await storage.outcomes.after(position, limit=1):
            for number, outcome in await storage.outcomes.after(position, limit=7):
                position = number
                seen.append(outcome.id)

    reader = asyncio.create_task(read())
    await asyncio.gather(*(write(writer) for writer in range(4)))
    done.set()
    await reader
    assert seen == [outcome.id for _, outcome in await storage.outcomes.after(0)]
    assert len(set(seen)) == len(seen) == 4 * 40 * 2


async def test_a_number_is_not_drawn_before_its_turn(storage: Storage, database_url: str) -> None:
    """While one writer has not committed, another waits: no later number becomes visible before an earlier one."""
    async with await psycopg.AsyncConnection.connect(database_url) as slow:
        await slow.execute("SET search_path = hub")
        await slow.execute("INSERT INTO outcome VALUES (DEFAULT, 'slow', 'd', 'k', 0, true, null, now())")
        quick = asyncio.create_task(storage.outcomes.append([an_outcome()]))
        await asyncio.sleep(0.2)
        assert not quick.done()
        assert await storage.outcomes.after(0) == []
        await slow.commit()
    assert await quick == 1
    assert [outcome.id for _, outcome in await storage.outcomes.after(0)] == ["slow", "outcome-1"]


async def test_the_audit_chain_does_not_fork(storage: Storage) -> None:
    """Eight writers, one chain."""

    async def write(actor: str) -> None:
        for n in range(5):
            await storage.audit.append(actor=actor, action="a", subject=str(n), detail={}, at=T0)

    await asyncio.gather(*(write(str(n)) for n in range(8)))
    entries = await storage.audit.after(0)
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert verify(entries) == entries[-1].sha256


# ------ connections that break


def cut(url: str) -> int:
    """End every other connection to the database, as a restart of the server would."""
    with psycopg.connect(url) as owner:
        ended = owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return ended.rowcount


async def test_a_broken_connection_is_not_the_callers_business(storage: Storage, database_url: str) -> None:
    """Every connection of the pool is cut; reads, writes and transactions go on without an error."""
    campaign = a_campaign(budget_impressions=9)
    await asyncio.gather(*(storage.decisions.get("x") for _ in range(16)))
    assert cut(database_url) >= 2
    assert await storage.events.append([an_event()]) == 1
    cut(database_url)
    assert (await storage.audit.append(actor="a", action="b", subject="c", detail={}, at=T0)).seq == 1
    cut(database_url)
    assert await storage.allowance.reserve("d", campaign, None, T0)
    cut(database_url)
    await storage.ping()


async def test_signals_come_back_after_a_cut(storage: Storage, database_url: str) -> None:
    """A subscriber is told to look again, and then hears what comes."""
    async with aclosing(storage.signals.subscribe("topic")) as messages:
        assert await asyncio.wait_for(anext(messages), 5) == ("ready", "")
        cut(database_url)
        assert await asyncio.wait_for(anext(messages), 5) == ("ready", "")
        await storage.signals.publish("topic", "after")
        assert await asyncio.wait_for(anext(messages), 5) == ("topic", "after")


async def test_who_falls_behind_is_told_to_look_again(storage: Storage) -> None:
    """A reader that sleeps through a flood keeps no more than the backlog, and knows that it missed some."""
    async with aclosing(storage.signals.subscribe("topic", "end")) as slow:
        assert await anext(slow) == ("ready", "")
        async with aclosing(storage.signals.subscribe("end")) as quick:
            assert await anext(quick) == ("ready", "")
            await asyncio.gather(*(storage.signals.publish("topic", str(n)) for n in range(1200)))
            await storage.signals.publish("end")
            assert await asyncio.wait_for(anext(quick), 10) == ("end", "")
        heard = [await anext(slow)]
        while heard[-1] != ("end", ""):
            heard.append(await anext(slow))
    assert heard[0] == ("ready", "")
    assert 2 <= len(heard) <= 1001


async def test_leaving_ends_every_subscription(database_url: str) -> None:
    async with open_storage(database_url) as storage:
        messages = storage.signals.subscribe("topic")
        assert await anext(messages) == ("ready", "")
    assert [message async for message in messages] == []


# ------ one at a time


async def test_only_one_is_inside(database_url: str) -> None:
    """A second process waits until the first has left; another name does not wait."""
    order = []

    async def enter(storage: Storage, who: str) -> None:
        async with storage.only_one("learner"):
            order.append(f"{who} in")
            await asyncio.sleep(0.2)
            order.append(f"{who} out")

    async with open_storage(database_url) as one, open_storage(database_url) as two:
        await asyncio.gather(enter(one, "a"), enter(two, "b"), _enter_another(two, order))
    assert order.index("other") < 3
    order.remove("other")
    assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])


async def _enter_another(storage: Storage, order: list[str]) -> None:
    async with storage.only_one("other"):
        order.append("other")


async def test_who_loses_the_lock_is_interrupted(storage: Storage, database_url: str) -> None:
    """Its connection gone, another may be inside: the body stops with a clear error, and the task lives on."""

    async def lose_it() -> None:
        async with storage.only_one("learner"):
            cut(database_url)
            await asyncio.sleep(30)

    with pytest.raises(DatabaseUnavailable, match="held the lock"):
        await lose_it()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    async with storage.only_one("learner"):
        pass


async def test_errors_inside_pass_through(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with storage.only_one("learner"):
            raise ZeroDivisionError


async def test_a_stopped_database_is_unavailable(database_url: str) -> None:
    """Asked after the pool was closed."""
    async with open_storage(database_url) as storage:
        pass
    with pytest.raises(DatabaseUnavailable):
        await storage.ping()
    with pytest.raises(DatabaseUnavailable):
        await storage.decisions.append(a_decision())
