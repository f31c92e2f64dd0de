"""The hub's role cannot read the edge, the edge's cannot read the hub, and logs cannot be rewritten."""

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from visavis.errors import DatabaseUnavailable
from visavis.storage.database import open_storage
from visavis.storage.migrate import ROLES, migrate, role_conninfo
from visavis.testing import a_member, an_event

OTHER = {"edge": "hub", "hub": "edge"}


def tables(url: str, schema: str) -> list[str]:
    with psycopg.connect(url) as owner:
        rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    return [row[0] for row in rows]


def refused(connection: "psycopg.Connection[tuple[object, ...]]", statement: str, *table: str) -> bool:
    try:
        connection.execute(sql.SQL(statement).format(sql.Identifier(*table) if table else sql.SQL("")))
    except InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize("half", ROLES)
def test_a_half_cannot_touch_the_other(database_url: str, half: str) -> None:
    """Invariant 2: every table of the other half refuses to be read or written, whichever way it is tried."""
    foreign = OTHER[half]
    found = tables(database_url, foreign)
    assert found
    with psycopg.connect(role_conninfo(database_url, half), autocommit=True) as connection:
        for table in found:
            assert refused(connection, "SELECT * FROM {}", foreign, table)
            assert refused(connection, "DELETE FROM {}", foreign, table)
            assert refused(connection, "COPY {} TO STDOUT", foreign, table)


@pytest.mark.parametrize("half", ROLES)
def test_a_half_cannot_become_another(database_url: str, half: str) -> None:
    """Neither the other half nor the owner, nor can it read the passwords or make a function that runs as another."""
    with psycopg.connect(role_conninfo(database_url, half), autocommit=True) as connection:
        for statement in (
            f"SET ROLE {ROLES[OTHER[half]]}",
            "SET ROLE visavis",
            "SET SESSION AUTHORIZATION visavis",
            "SELECT * FROM visavis.role",
            f"GRANT {ROLES[OTHER[half]]} TO {ROLES[half]}",
            f"ALTER SCHEMA {OTHER[half]} OWNER TO {ROLES[half]}",
            "CREATE TABLE public.leak (x text)",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('PG_VERSION')",
        ):
            assert refused(connection, statement), statement
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == (ROLES[half],)


@pytest.mark.parametrize(
    ("half", "table"),
    [("edge", t) for t in ("ledger", "audit")]
    + [("hub", t) for t in ("ledger", "audit", "event", "decision", "impression", "outcome")],
)
def test_logs_are_append_only(database_url: str, half: str, table: str) -> None:
    """Reading works; changing, deleting and emptying do not."""
    with psycopg.connect(role_conninfo(database_url, half), autocommit=True) as connection:
        change = "UPDATE {} SET seq = seq" if table == "audit" else "UPDATE {} SET id = id"
        assert not refused(connection, "SELECT * FROM {}", half, table)
        assert refused(connection, change, half, table)
        assert refused(connection, "DELETE FROM {}", half, table)
        assert refused(connection, "TRUNCATE {}", half, table)


def test_nobody_else_gets_in(database_url: str) -> None:
    """A role that was given nothing reads neither half, and cannot erase."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE stranger LOGIN")
    try:
        with psycopg.connect(psycopg.conninfo.make_conninfo(database_url, user="stranger"), autocommit=True) as guest:
            for statement in (
                "SELECT * FROM edge.member",
                "SELECT * FROM hub.event",
                "SELECT * FROM visavis.role",
                "SELECT * FROM hub.erase('token-1')",
            ):
                assert refused(guest, statement), statement
        with pytest.raises(DatabaseUnavailable, match="InsufficientPrivilege"):
            role_conninfo(psycopg.conninfo.make_conninfo(database_url, user="stranger"), "hub")
    finally:
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("DROP ROLE stranger")


async def test_one_half_alone(database_url: str) -> None:
    """A hub's machine connects with the hub's own URL, and its process has no edge to speak of."""
    async with open_storage(role_conninfo(database_url, "hub"), half="hub") as storage:
        assert await storage.events.append([an_event()]) == 1
        await storage.ping()
        with pytest.raises(DatabaseUnavailable, match="did not open the edge half"):
            await storage.roster.save(a_member())
        with pytest.raises(DatabaseUnavailable, match="did not open the edge half"):
            await anext(storage.edge_signals.subscribe("roster"))


async def test_a_role_cannot_open_the_other_half(database_url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="neither the owner nor visavis_edge"):
        async with open_storage(role_conninfo(database_url, "hub"), half="edge"):
            pass


def test_passwords_let_the_roles_in(database_url: str) -> None:
    """Where the server asks for passwords, the owner's URL is enough: the roles' are in the database."""
    with psycopg.connect(database_url) as owner:
        stored = dict(owner.execute("SELECT name, password FROM visavis.role").fetchall())
    assert stored.keys() == set(ROLES.values())
    assert all(len(password) >= 40 for password in stored.values())
    for half, role in ROLES.items():
        assert f"password={stored[role]}" in role_conninfo(database_url, half)


def test_a_role_keeps_its_password(database_url: str, empty_database_url: str) -> None:
    """A second database of the same server finds the roles, and does not lock the first one out."""
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as owner:
        assert owner.execute("SELECT * FROM visavis.role").fetchall() == []
    assert "password" not in role_conninfo(empty_database_url, "hub")
    with psycopg.connect(role_conninfo(empty_database_url, "hub")) as hub:  # this server asks for none
        assert hub.execute("SELECT count(*) FROM hub.event").fetchone() == (0,)
