"""Every port on PostgreSQL, opened and closed together.

    with start_server(data_dir) as server:           # or the URL of any PostgreSQL 16 or newer
        migrate(server.url)
        async with open_storage(server.url) as storage:
            await storage.events.append([event])

A URL is either the owner's (who migrated; each half then logs in as its own role) or, on a machine that runs one half
alone, that half's role's. The two halves never share a connection: what the hub's role cannot read, the hub cannot.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from visavis.storage.allowance import PostgresAllowance
from visavis.storage.audit import PostgresAudit
from visavis.storage.board import BoardReader
from visavis.storage.decisions import PostgresDecisions
from visavis.storage.eraser import PostgresEraser
from visavis.storage.events import PostgresEvents
from visavis.storage.half import Half
from visavis.storage.ledger import PostgresLedger
from visavis.storage.migrate import role_conninfo
from visavis.storage.outcomes import PostgresOutcomes
from visavis.storage.plays import PostgresPlays
from visavis.storage.policies import PostgresPolicies
from visavis.storage.roster import PostgresRoster
from visavis.storage.signals import PostgresSignals


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The ports of the halves that were opened; those of the other half raise DatabaseUnavailable."""

    roster: PostgresRoster
    edge_ledger: PostgresLedger
    edge_audit: PostgresAudit

    hub_ledger: PostgresLedger
    events: PostgresEvents
    decisions: PostgresDecisions
    plays: PostgresPlays
    outcomes: PostgresOutcomes
    policies: PostgresPolicies
    allowance: PostgresAllowance
    eraser: PostgresEraser
    hub_audit: PostgresAudit
    board: BoardReader

    signals: PostgresSignals
    halves: tuple[Half, ...]  # those that were opened

    async def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer within two seconds."""
        await asyncio.gather(*(half.ping() for half in self.halves))


@asynccontextmanager
async def open_storage(
    database_url: str, half: Literal["edge", "hub", "both"] = "both", *, connections: int = 8
) -> AsyncIterator[Storage]:
    """Connect, at most so many connections a half and one for signals; all are closed on leaving.

    Raises:
        DatabaseVersionMismatch: The database was not migrated to this version, or is newer.
        DatabaseUnavailable: It does not answer, or does not let this user in.
    """
    opened = ("edge", "hub") if half == "both" else (half,)
    halves = {}
    for name in ("edge", "hub"):
        conninfo = await asyncio.to_thread(role_conninfo, database_url, name) if name in opened else None
        halves[name] = Half(name, conninfo, connections)
    async with AsyncExitStack() as stack:
        for name in opened:
            stack.push_async_callback(halves[name].close)
            await halves[name].open()
        storage = _compose(halves["edge"], halves["hub"])
        stack.push_async_callback(storage.signals.close)
        yield storage


def _compose(edge: Half, hub: Half) -> Storage:
    return Storage(
        roster=PostgresRoster(edge),
        edge_ledger=PostgresLedger(edge),
        edge_audit=PostgresAudit(edge),
        hub_ledger=PostgresLedger(hub),
        events=PostgresEvents(hub),
        decisions=PostgresDecisions(hub),
        plays=PostgresPlays(hub),
        outcomes=PostgresOutcomes(hub),
        policies=PostgresPolicies(hub),
        allowance=PostgresAllowance(hub),
        eraser=PostgresEraser(hub),
        hub_audit=PostgresAudit(hub),
        board=BoardReader(hub),
        signals=PostgresSignals(edge if hub.conninfo is None else hub),
        halves=tuple(half for half in (edge, hub) if half.conninfo is not None),
    )
