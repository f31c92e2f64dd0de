"""Each port twice: in memory and on PostgreSQL. A suite asks for the port and does not know which it got."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from visavis.ports import (
    AccuracyLog,
    Allowance,
    ApiKeys,
    AuditLog,
    CheckpointStore,
    ConsentLedger,
    CorrectionLog,
    DecisionLog,
    DeviceStore,
    Eraser,
    ErasureList,
    EventLog,
    Expiry,
    Held,
    JudgedLog,
    MonitorStore,
    OutcomeLog,
    PairingStore,
    PlayLog,
    PolicyStore,
    ReviewQueue,
    Roster,
    Signals,
    SignInAttempts,
    StaffSessions,
    StaffStore,
    StateStore,
    VisitLog,
)
from visavis.privacy.checkpoints import FileCheckpoints
from visavis.privacy.erasure import FileErasures
from visavis.privacy.registry import Registry
from visavis.storage.database import Storage, open_storage
from visavis.storage.server import EmbeddedServer
from visavis.testing import FixedClock, MemoryKeys, MemoryStorage, memory_storage

Ports = MemoryStorage | Storage


@pytest.fixture(params=["memory", "postgres"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    """All ports of one implementation, empty."""
    if request.param == "memory":
        yield memory_storage()
        return
    async with open_storage(request.getfixturevalue("emptied_url")) as storage:
        yield storage


@pytest.fixture(scope="session")
def contract_database(postgres: EmbeddedServer, template: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The owner's connection to the one database of all suites."""
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE contract TEMPLATE {template}")
    with psycopg.connect(make_conninfo(postgres.url, dbname="contract"), autocommit=True) as owner:
        yield owner


@pytest.fixture
def emptied_url(contract_database: "psycopg.Connection[tuple[object, ...]]") -> str:
    """Owner's URL of that database, without a row; emptying is faster than cloning."""
    tables = contract_database.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('edge', 'hub')"
    ).fetchall()
    assert tables
    for table in tables:
        contract_database.execute(psycopg.sql.SQL("DELETE FROM {}").format(psycopg.sql.Identifier(*table)))
    return contract_database.info.dsn


@pytest.fixture
def roster(ports: Ports) -> Roster:
    return ports.roster


@pytest.fixture(params=["table", "file"])
def erasures(ports: Ports, request: pytest.FixtureRequest, tmp_path: Path) -> ErasureList:
    """That of the database and that beside it."""
    return ports.erasures if request.param == "table" else FileErasures(tmp_path / "erased")


@pytest.fixture
def visits(ports: Ports) -> VisitLog:
    return ports.visits


@pytest.fixture
def expiry(ports: Ports) -> Expiry:
    return ports.expiry


@pytest.fixture
def edge_expiry(ports: Ports) -> Expiry:
    return ports.edge_expiry


@pytest.fixture
def monitors(ports: Ports) -> MonitorStore:
    return ports.monitors


@pytest.fixture
def devices(ports: Ports) -> DeviceStore:
    return ports.devices


@pytest.fixture
def pairings(ports: Ports) -> PairingStore:
    return ports.pairings


@pytest.fixture
def accuracy(ports: Ports) -> AccuracyLog:
    return ports.accuracy


@pytest.fixture
def corrections(ports: Ports) -> CorrectionLog:
    return ports.corrections


@pytest.fixture
def reviews(ports: Ports) -> ReviewQueue:
    return ports.reviews


@pytest.fixture(params=["edge_ledger", "hub_ledger"])
def ledger(ports: Ports, request: pytest.FixtureRequest) -> ConsentLedger:
    """That of the edge and that of the hub."""
    found: ConsentLedger = getattr(ports, request.param)
    return found


@pytest.fixture
def edge_ledger(ports: Ports) -> ConsentLedger:
    return ports.edge_ledger


@pytest.fixture
def hub_ledger(ports: Ports) -> ConsentLedger:
    return ports.hub_ledger


@pytest.fixture
def events(ports: Ports) -> EventLog:
    return ports.events


@pytest.fixture
def states(ports: Ports) -> StateStore:
    return ports.states


@pytest.fixture
def decisions(ports: Ports) -> DecisionLog:
    return ports.decisions


@pytest.fixture
def plays(ports: Ports) -> PlayLog:
    return ports.plays


@pytest.fixture
def outcomes(ports: Ports) -> OutcomeLog:
    return ports.outcomes


@pytest.fixture
def policies(ports: Ports) -> PolicyStore:
    return ports.policies


@pytest.fixture
def models(ports: Ports) -> Registry:
    return Registry(store=ports.models, keys=MemoryKeys(), audit=ports.hub_audit, clock=FixedClock())


@pytest.fixture
def allowance(ports: Ports) -> Allowance:
    return ports.allowance


@pytest.fixture
def eraser(ports: Ports) -> Eraser:
    return ports.eraser


@pytest.fixture(params=["audit", "hub_audit"])
def audit(ports: Ports, request: pytest.FixtureRequest) -> AuditLog:
    """That of the edge and that of the hub."""
    found: AuditLog = getattr(ports, request.param)
    return found


@pytest.fixture(params=["checkpoints", "hub_checkpoints", "file"])
def checkpoints(ports: Ports, request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointStore:
    """That of the edge, that of the hub and that outside the database."""
    if request.param == "file":
        return FileCheckpoints(tmp_path / "checkpoints", "edge")
    found: CheckpointStore = getattr(ports, request.param)
    return found


@pytest.fixture
def held(ports: Ports) -> tuple[Held, Held]:
    """That of the edge and that of the hub."""
    return ports.edge_held, ports.hub_held


@pytest.fixture
def signals(ports: Ports) -> Signals:
    return ports.signals


@pytest.fixture
def staff(ports: Ports) -> StaffStore:
    return ports.staff


@pytest.fixture
def staff_sessions(ports: Ports) -> StaffSessions:
    return ports.staff_sessions


@pytest.fixture
def sign_in_attempts(ports: Ports) -> SignInAttempts:
    return ports.sign_in_attempts


@pytest.fixture
def api_keys(ports: Ports) -> ApiKeys:
    return ports.api_keys


@pytest.fixture
def judged(ports: Ports) -> JudgedLog:
    """The hub's decisions with what came of them."""
    return ports.judged
