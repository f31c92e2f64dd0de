"""Every port on PostgreSQL, opened and closed together.

    async with open_storage(data_dir=folder) as storage:      # embedded: started, migrated, watched, stopped
    async with open_storage("postgresql://...") as storage:   # any PostgreSQL 16 or newer, after `visavis migrate`
        await storage.events.append([event])

A URL is either the owner's (who migrated; each half then logs in as its own role) or, on a machine that runs one half
alone, that half's role's. The two halves never share a connection: what the hub's role cannot read, the hub cannot.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

from visavis.errors import SettingInvalid, VisavisError
from visavis.storage.accuracy import PostgresAccuracy
from visavis.storage.allowance import PostgresAllowance
from visavis.storage.audit import PostgresAudit
from visavis.storage.board import BoardReader
from visavis.storage.breach import BreachReader
from visavis.storage.checkpoints import PostgresCheckpoints
from visavis.storage.corrections import PostgresCorrections
from visavis.storage.decisions import PostgresDecisions
from visavis.storage.devices import PostgresDevices, PostgresPairings
from visavis.storage.eraser import PostgresEraser
from visavis.storage.erasures import PostgresErasures
from visavis.storage.events import PostgresEvents
from visavis.storage.half import Half
from visavis.storage.held import PostgresHeld
from visavis.storage.judged import PostgresJudged
from visavis.storage.ledger import PostgresLedger
from visavis.storage.log import LogReader
from visavis.storage.migrate import migrate, role_conninfo
from visavis.storage.models import PostgresModels
from visavis.storage.monitors import PostgresMonitors
from visavis.storage.only_one import only_one
from visavis.storage.outcomes import PostgresOutcomes
from visavis.storage.plays import PostgresPlays
from visavis.storage.policies import PostgresPolicies
from visavis.storage.retention import PostgresExpiry, PostgresVisits
from visavis.storage.reviews import PostgresReviews
from visavis.storage.roster import PostgresRoster
from visavis.storage.server import EmbeddedServer, start_server
from visavis.storage.signals import PostgresSignals
from visavis.storage.staff import PostgresApiKeys, PostgresSignInAttempts, PostgresStaff, PostgresStaffSessions
from visavis.storage.states import PostgresStates
from visavis.storage.wrapped import EDGE, HUB, PostgresWrapped

log = structlog.get_logger()

WATCH_S = 0.25  # how often the embedded server is looked at
AGAIN_S = 10.0  # and after it could not be started


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The ports of the halves that were opened; those of the other half raise DatabaseUnavailable."""

    roster: PostgresRoster
    edge_ledger: PostgresLedger
    audit: PostgresAudit  # what the edge did to whom
    checkpoints: PostgresCheckpoints
    breach: BreachReader
    edge_signals: PostgresSignals
    monitors: PostgresMonitors
    devices: PostgresDevices
    pairings: PostgresPairings
    corrections: PostgresCorrections
    accuracy: PostgresAccuracy
    reviews: PostgresReviews
    erasures: PostgresErasures
    visits: PostgresVisits
    edge_expiry: PostgresExpiry
    wrapped: PostgresWrapped
    edge_held: PostgresHeld

    hub_ledger: PostgresLedger
    events: PostgresEvents
    decisions: PostgresDecisions
    plays: PostgresPlays
    outcomes: PostgresOutcomes
    judged: PostgresJudged
    policies: PostgresPolicies
    models: PostgresModels
    states: PostgresStates
    allowance: PostgresAllowance
    eraser: PostgresEraser
    expiry: PostgresExpiry
    hub_audit: PostgresAudit
    hub_wrapped: PostgresWrapped
    hub_checkpoints: PostgresCheckpoints
    hub_held: PostgresHeld
    hub_breach: BreachReader
    board: BoardReader
    log: LogReader
    signals: PostgresSignals
    staff: PostgresStaff
    staff_sessions: PostgresStaffSessions
    sign_in_attempts: PostgresSignInAttempts
    api_keys: PostgresApiKeys

    halves: tuple[Half, ...]  # those that were opened
    recovered: bool  # a crash came before this start; everything acknowledged is there

    async def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer within two seconds."""
        await asyncio.gather(*(half.ping() for half in self.halves))

    def only_one(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait until no other process is inside under this name; see `visavis.storage.only_one`."""
        return only_one(self.halves[-1], name)


@asynccontextmanager
async def open_storage(
    database_url: str | None = None,
    *,
    data_dir: Path | None = None,
    half: Literal["edge", "hub", "both"] = "both",
    connections: int = 8,
) -> AsyncIterator[Storage]:
    """Connect; everything is closed, and the embedded server stopped by its last user, on leaving.

    Args:
        database_url: Without it an embedded server runs in `data_dir` and is migrated.
        data_dir: Where the embedded server keeps its files.
        half: What this process runs.
        connections: At most so many a half; signals and locks have one each besides.

    Raises:
        DatabaseVersionMismatch: The database was not migrated to this version, or is newer.
        DatabaseUnavailable: It does not answer, or does not let this user in.
        StorageFull, SettingInvalid: From `start_server`.
    """
    opened = ("edge", "hub") if half == "both" else (half,)
    async with AsyncExitStack() as stack:
        server = None
        if database_url is None:
            server = await _embedded(stack, data_dir)
            database_url = server.url
        halves = {}
        for name in ("edge", "hub"):
            conninfo = await asyncio.to_thread(role_conninfo, database_url, name) if name in opened else None
            halves[name] = Half(name, conninfo, connections)
            stack.push_async_callback(halves[name].close)
            await halves[name].open()
        storage = _compose(halves["edge"], halves["hub"], recovered=server is not None and server.recovered)
        stack.push_async_callback(storage.signals.close)
        stack.push_async_callback(storage.edge_signals.close)
        yield storage


async def _embedded(stack: AsyncExitStack, data_dir: Path | None) -> EmbeddedServer:
    """Start, migrate, and watch until the stack is left."""
    if data_dir is None:
        raise SettingInvalid("database_url: neither a database URL nor a data directory was given")
    server = await asyncio.to_thread(start_server, data_dir)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    await asyncio.to_thread(migrate, server.url)
    watch = asyncio.create_task(_keep_alive(server))
    stack.push_async_callback(_cancel, watch)
    return server


async def _keep_alive(server: EmbeddedServer) -> None:
    """Start the embedded server again when it dies under us."""
    while True:
        await asyncio.sleep(WATCH_S)
        if server.pid is None:
            try:
                await asyncio.to_thread(server.revive)
            except VisavisError as error:
                log.warning("database_not_revived", error=error.code())
                await asyncio.sleep(AGAIN_S)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _compose(edge: Half, hub: Half, *, recovered: bool) -> Storage:
    return Storage(
        roster=PostgresRoster(edge),
        edge_ledger=PostgresLedger(edge),
        audit=PostgresAudit(edge),
        checkpoints=PostgresCheckpoints(edge),
        breach=BreachReader(edge),
        edge_signals=PostgresSignals(edge),
        monitors=PostgresMonitors(edge),
        devices=PostgresDevices(edge),
        pairings=PostgresPairings(edge),
        corrections=PostgresCorrections(edge),
        accuracy=PostgresAccuracy(edge),
        reviews=PostgresReviews(edge),
        erasures=PostgresErasures(edge),
        visits=PostgresVisits(edge),
        edge_expiry=PostgresExpiry(edge),
        wrapped=PostgresWrapped(edge, EDGE),
        edge_held=PostgresHeld(edge),
        hub_ledger=PostgresLedger(hub),
        events=PostgresEvents(hub),
        decisions=PostgresDecisions(hub),
        plays=PostgresPlays(hub),
        outcomes=PostgresOutcomes(hub),
        judged=PostgresJudged(hub),
        policies=PostgresPolicies(hub),
        models=PostgresModels(hub),
        states=PostgresStates(hub),
        allowance=PostgresAllowance(hub),
        eraser=PostgresEraser(hub),
        expiry=PostgresExpiry(hub),
        hub_audit=PostgresAudit(hub),
        hub_wrapped=PostgresWrapped(hub, HUB),
        hub_checkpoints=PostgresCheckpoints(hub),
        hub_held=PostgresHeld(hub),
        hub_breach=BreachReader(hub),
        board=BoardReader(hub),
        log=LogReader(hub),
        signals=PostgresSignals(hub),
        staff=PostgresStaff(hub),
        staff_sessions=PostgresStaffSessions(hub),
        sign_in_attempts=PostgresSignInAttempts(hub),
        api_keys=PostgresApiKeys(hub),
        halves=tuple(half for half in (edge, hub) if half.opened),
        recovered=recovered,
    )
