"""What privacy costs on this machine: gate, vault, slots, withdrawal, renewal of keys, audit log.

Everything runs on the real parts: an embedded PostgreSQL and key files in a temporary folder, every write durable.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from uuid import uuid4

import numpy as np

from visavis.config import Settings
from visavis.errors import AuditBroken
from visavis.identity.enrol import enrol
from visavis.identity.rotation import Rotations
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Erasures
from visavis.pipeline.hub import Hub
from visavis.pipeline.rekey import rekey
from visavis.privacy.audit import chain
from visavis.privacy.consent import grant, permit, withdraw
from visavis.privacy.erasure import FileErasures
from visavis.privacy.keys import FileSiteKey, SiteKey
from visavis.privacy.vault import new_wrapped_key, open_embedding, seal_embedding
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.server.bench.fair import Spread
from visavis.server.notaries import site_notaries
from visavis.server.site import Progress
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage, open_storage
from visavis.types import AuditEntry, Consent, Decision, Embedding, Item, MemberId, Placement, Purpose, Scenario

MODEL, DIM = "bench@000000000000", 128
EACH = 5  # templates a member
BATCH = 50_000  # entries a transaction
CALLS = 2000  # of what takes microseconds, in a round
RATES = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="none")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing measured, over the rounds."""

    what: str
    unit: str
    value: Spread
    target: str = ""  # such as "≤ 1"; empty where nothing was promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How much of everything."""

    rounds: int = 5
    entries: int = 200_000  # of the audit log
    templates: int = 10_000  # that get fresh keys
    members: int = 100  # who withdraw, in all rounds together


class Blind:
    """An observer that is asked for its model alone."""

    model, dim = MODEL, DIM


class Nowhere:
    """Implements `ports.Channel`: nothing is shown."""

    async def deliver(self, decision: Decision, item: Item, placement: Placement) -> None:
        """Nothing."""


def bench_privacy(settings: Settings, amounts: Amounts, progress: Progress) -> tuple[Figure, ...]:
    """Measure everything in turn."""
    scenario = load_scenario(settings.scenario)
    with TemporaryDirectory(prefix="visavis-bench-") as name:
        folder = Path(name)
        keys = FileSiteKey(folder / "site.key")
        figures = [*_gate(scenario, amounts), *_vault(keys, amounts, progress)]
        figures += asyncio.run(_stored(settings, folder, keys, scenario, amounts, progress))
    return tuple(figures)


# ------ in memory, and in the file of the slots


def _gate(scenario: Scenario, amounts: Amounts) -> Iterator[Figure]:
    """A member of a year: each purpose given and withdrawn twice, and given again."""
    now, ids = datetime.now(UTC), lambda: str(uuid4())
    history: list[object] = []
    for notice in scenario.notices.values():
        for _ in range(3):
            consent = _consent(scenario, notice.purpose, now)
            history += [consent, withdraw(consent, method="bench", now=now, ids=ids)]
        history.pop()
    purpose = next(iter(scenario.notices))

    def passes() -> object:
        return permit(
            cast("list[Consent]", history),
            purpose=purpose,
            scenario=scenario.name,
            site="bench",
            notice_version=scenario.notices[purpose].version,
            at=now,
        )

    taken = [list(_timed(passes, CALLS * 5)) for _ in range(amounts.rounds)]
    yield from _latencies(f"gate, history of {len(history)}", "ms", taken, 1e3, target="≤ 1")


def _consent(scenario: Scenario, purpose: Purpose, now: datetime) -> Consent:
    return grant(
        scenario.notices[purpose],
        subject="bench",
        site="bench",
        scenario=scenario.name,
        locale="en",
        method="bench",
        evidence="bench",
        now=now,
        consent_days=1,
        consent_id=str(uuid4()),
    )


def _vault(keys: SiteKey, amounts: Amounts, progress: Progress) -> Iterator[Figure]:
    """Templates sealed and opened under the member's key; keys destroyed one by one and together."""
    member, embedding = MemberId("bench"), _embeddings(1)[0]
    wrapped = new_wrapped_key(keys, member)
    sealed = seal_embedding(keys, wrapped, embedding, member_id=member)

    def seal() -> object:
        return seal_embedding(keys, wrapped, embedding, member_id=member)

    def opened() -> object:
        return open_embedding(keys, wrapped, sealed, member_id=member, model=MODEL)

    def destroyed(count: int) -> float:
        made = _wrapped(keys, count)
        begin = time.perf_counter()
        keys.destroy(made)
        return count / (time.perf_counter() - begin)

    def one_by_one() -> float:
        made = _wrapped(keys, 50)
        return 50 / sum(_timed(lambda: keys.destroy([made.pop()]), 50))

    for what, work in (("vault: templates sealed", seal), ("vault: templates opened", opened)):
        yield Figure(what=what, unit="/s", value=_rate(work, CALLS, amounts.rounds))
        progress("measuring the vault", 0.5)
    singly = Spread.of([one_by_one() for _ in range(amounts.rounds)])
    yield Figure(what="member keys destroyed, one by one", unit="/s", value=singly)
    together = Spread.of([destroyed(1000) for _ in range(amounts.rounds)])
    yield Figure(what="member keys destroyed, 1,000 together", unit="/s", value=together)
    progress("measuring the vault", 1.0)


def _wrapped(keys: SiteKey, count: int) -> list[bytes]:
    with keys.together():
        return [new_wrapped_key(keys, MemberId("bench")) for _ in range(count)]


# ------ on PostgreSQL


async def _stored(
    settings: Settings, folder: Path, keys: SiteKey, scenario: Scenario, amounts: Amounts, progress: Progress
) -> list[Figure]:
    async with _site(folder, keys, scenario) as (storage, edge):
        figures = [*await _withdrawals(edge, amounts, progress)]
        figures.append(await _rekeying(storage, edge, keys, amounts, progress))
        figures += await _audit(settings, storage, keys, amounts, progress)
    return figures


@asynccontextmanager
async def _site(folder: Path, keys: SiteKey, scenario: Scenario) -> AsyncIterator[tuple[Storage, Edge]]:
    """Edge and hub without cameras."""
    clock, ids = WallClock(), lambda: str(uuid4())
    async with open_storage(data_dir=folder) as storage:
        hub = Hub(
            site="bench",
            scenario=scenario,
            ledger=storage.hub_ledger,
            events=storage.events,
            states=storage.states,
            decisions=storage.decisions,
            plays=storage.plays,
            outcomes=storage.outcomes,
            allowance=storage.allowance,
            eraser=storage.eraser,
            audit=storage.hub_audit,
            channel=Nowhere(),
            policy=build_policy(scenario),
            clock=clock,
            rng=np.random.default_rng(0),
            ids=ids,
        )
        edge = Edge(
            site="bench",
            scenario=scenario,
            observer=cast("Observer", Blind()),
            calibration=RATES,
            false_match_rate=0.01,
            keys=keys,
            roster=storage.roster,
            ledger=storage.edge_ledger,
            erasures=Erasures(FileErasures(folder / "erased.jsonl"), storage.erasures),
            link=hub,
            audit=storage.audit,
            clock=clock,
            ids=ids,
        )
        yield storage, edge


async def _withdrawals(edge: Edge, amounts: Amounts, progress: Progress) -> Iterator[Figure]:
    """From the call to the end of every store: "forget me"; members had three templates and all consents."""
    each = max(1, amounts.members // amounts.rounds)
    join = partial(edge.enrol_embedded, name="Grace", locale="en", consents=tuple(edge.scenario.notices))
    taken = []
    for number in range(amounts.rounds):
        members = [(await join(_embeddings(3))).member.id for _ in range(each)]
        taken.append([await _seconds(partial(edge.forget, one, method="bench")) for one in members])
        progress("measuring withdrawal", (number + 1) / amounts.rounds)
    return _latencies(f"withdrawal, all stores, {each} a round", "ms", taken, 1e3, quantile=0.95, target="≤ 1,000")


async def _rekeying(storage: Storage, edge: Edge, keys: SiteKey, amounts: Amounts, progress: Progress) -> Figure:
    rotations = Rotations(keys, MODEL, DIM)
    members = max(1, amounts.templates // EACH)

    async def join(number: int) -> None:
        made = enrol(
            nickname=f"Grace {number}",
            locale="en",
            site="bench",
            scenario=edge.scenario,
            embeddings=rotations.turned(_embeddings(EACH)),
            purposes=tuple(edge.scenario.notices),
            same_person=-1.0,
            keys=keys,
            now=edge.clock.now(),
            ids=edge.ids,
        )
        await storage.roster.save(made.member)

    with keys.together():
        for begin in range(0, members, 100):
            await asyncio.gather(*(join(number) for number in range(begin, min(members, begin + 100))))
            progress("enrolling", min(1.0, (begin + 100) / members))

    async def renew() -> object:
        return await rekey(
            storage.roster, keys, storage.audit, edge.clock, model=MODEL, dim=DIM, progress=lambda *_: None
        )

    taken = []
    for number in range(amounts.rounds):
        taken.append(await _seconds(renew))
        progress("measuring rekey", (number + 1) / amounts.rounds)
    what = f"rekey of {members * EACH:,} templates of {members:,} members"
    return Figure(what=what, unit="s", value=Spread.of(taken), target="≤ 5" if amounts.templates <= 10_000 else "")


async def _audit(
    settings: Settings, storage: Storage, keys: SiteKey, amounts: Amounts, progress: Progress
) -> list[Figure]:
    clock = WallClock()
    log = storage.hub_audit

    async def append() -> object:
        return await log.append(actor="hub", action="consented", subject="t", detail={"n": "1"}, at=clock.now())

    appended = [[await _seconds(append) for _ in range(100)] for _ in range(amounts.rounds)]
    entries = _entries(*await log.last(), amounts.entries, progress)
    while batch := list(islice(entries, BATCH)):
        await log.copy(batch)
    notary = next(n for n in site_notaries(settings, storage, keys, clock) if n.half == "hub")
    rates = []
    for number in range(amounts.rounds):
        begin = time.perf_counter()
        checked = await notary.check(lambda _step, _share: None)
        rates.append(checked.entries / (time.perf_counter() - begin))
        if not checked.intact:
            raise AuditBroken("what was just written")
        progress("measuring audit verify", (number + 1) / amounts.rounds)
    verified = f"audit: verify {checked.entries:,} entries"
    return [
        *_latencies("audit: append, durable", "ms", appended, 1e3),
        Figure(what=verified, unit="/s", value=Spread.of(rates), target="≥ 100,000"),
    ]


def _entries(seq: int, previous: str, count: int, progress: Progress) -> Iterator[AuditEntry]:
    """As a site writes them: some have details like many others, some like none."""
    at = datetime.now(UTC)
    for number in range(seq + 1, seq + count + 1):
        match number % 4:
            case 0:
                action, detail = "read", {"purpose": "review", "what": "/v1/edge/reviews"}
            case 1:
                action, detail = "policy_learned", {"policy": "squarecb", "version": str(number)}
            case 2:
                action, detail = "consented", {"purposes": "improve personalise"}
            case _:
                action, detail = "erased", {"event": str(number % 97), "decision": str(number % 89), "outcome": "2"}
        token = f"{number % 5000:032x}"
        entry = chain(previous, number, at + timedelta(microseconds=7 * number), "hub", action, token, detail)
        previous = entry.sha256
        if number % 10_000 == 0:
            progress("writing entries", (number - seq) / count)
        yield entry


# ------ how it is measured


def _embeddings(count: int) -> tuple[Embedding, ...]:
    """Of one person: nearly alike."""
    rng = np.random.default_rng()
    rows = rng.standard_normal(DIM) + 0.01 * rng.standard_normal((count, DIM))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return tuple(Embedding(vector=row, model=MODEL) for row in rows)


def _timed(work: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        begin = time.perf_counter()
        work()
        yield time.perf_counter() - begin


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


def _rate(work: Callable[[], object], times: int, rounds: int) -> Spread:
    return Spread.of([times / sum(_timed(work, times)) for _ in range(rounds)])


def _latencies(
    what: str, unit: str, taken: list[list[float]], scale: float, *, quantile: float = 0.99, target: str = ""
) -> Iterator[Figure]:
    """Median and upper quantile of each round."""
    for q, promised in ((0.5, ""), (quantile, target)):
        value = Spread.of([float(np.quantile(one, q)) * scale for one in taken])
        yield Figure(what=f"{what}: p{q * 100:.0f}", unit=unit, value=value, target=promised)
