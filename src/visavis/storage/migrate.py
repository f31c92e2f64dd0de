"""The database's version: make it this program's, or say that it is another's.

Alembic keeps the version, our own SQL does the work: each script of `migrations/versions` runs the files of its number
in `sql/migrations`. Everything from the first schema to the version number is one transaction under an advisory lock,
so a crash half-way leaves nothing and two processes that migrate at once are safe.

`visavis` is the owner's schema: the version, which every role may read, and the two login roles with their random
passwords, which only the owner may. A role that exists already, made by another visavis database of the same server,
keeps its password, which this one then does not know: such a server must let the roles in without one.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import sqlalchemy
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy.pool import NullPool

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, SettingInvalid
from visavis.storage.translate import translated

HERE = Path(__file__).parent
ROLES = {"edge": "visavis_edge", "hub": "visavis_hub"}
LEAST_SERVER = 160000

OWNER_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS visavis;
CREATE TABLE IF NOT EXISTS visavis.role (name text PRIMARY KEY, password text NOT NULL);
"""


def migrate(url: str) -> str:
    """Bring the database of an owner's URL to this program's version, creating roles; the version.

    Raises:
        DatabaseVersionMismatch: A newer visavis wrote it, or the server is older than PostgreSQL 16.
        DatabaseUnavailable: It cannot be reached, or this user may not create roles and schemas.
    """
    with _connected(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        raw = _raw(connection)
        raw.execute("SELECT pg_advisory_xact_lock(hashtext('visavis'), hashtext('migrate'))")
        raw.execute(OWNER_SCHEMA)
        for role in ROLES.values():
            _ensure_role(raw, role)
        _refuse_newer(connection)
        command.upgrade(config, "head")
        raw.execute("GRANT USAGE ON SCHEMA visavis TO visavis_edge, visavis_hub")
        raw.execute("GRANT SELECT ON visavis.alembic_version TO visavis_edge, visavis_hub")
    return _head()


def check_version(url: str) -> str:
    """The database's version, when it is this program's; raises DatabaseVersionMismatch when older or newer."""
    with _connected(url) as connection:
        return _refuse_other(connection)


def role_conninfo(url: str, half: str) -> str:
    """How one half connects: as its own role, checked to be of this program's version.

    Args:
        url: The owner's (then the role's password is read from the database) or already that role's own.
        half: "edge" or "hub".
    """
    role = ROLES[half]
    with _connected(url) as connection:
        _refuse_other(connection)
        raw = _raw(connection)
        row = raw.execute("SELECT current_user, has_table_privilege('visavis.role', 'SELECT')").fetchone()
        user, owner = row if row is not None else ("", False)
        if user == role:
            return url
        if not owner:
            raise DatabaseUnavailable(f"the database user is neither the owner nor {role}")
        found = raw.execute("SELECT password FROM visavis.role WHERE name = %s", [role]).fetchone()
    return psycopg.conninfo.make_conninfo(url, user=role, password=found[0] if found else None)


def run_sql(pattern: str) -> None:
    """Run the files of `sql/migrations` that match, in order of name; for the version scripts."""
    files = sorted((HERE / "sql" / "migrations").glob(pattern))
    if not files:
        raise FileNotFoundError(pattern)
    for file in files:
        _raw(op.get_bind()).execute(file.read_text(encoding="utf-8").encode())


def _ensure_role(raw: "psycopg.Connection[Any]", role: str) -> None:
    if raw.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
        return
    password = secrets.token_urlsafe(32)
    raw.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
    raw.execute(
        "INSERT INTO visavis.role VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET password = excluded.password",
        [role, password],
    )


@contextmanager
def _connected(url: str) -> Iterator[sqlalchemy.Connection]:
    """One transaction on one connection."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise SettingInvalid("database_url: not of the form postgresql://user:password@host:port/name") from None
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url, connect_timeout=10), poolclass=NullPool
    )
    with translated(), engine.begin() as connection:
        if _raw(connection).info.server_version < LEAST_SERVER:
            raise DatabaseVersionMismatch("the server is older than PostgreSQL 16")
        yield connection


def _raw(connection: sqlalchemy.Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _head() -> str:
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _current(connection: sqlalchemy.Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": "visavis"}).get_current_revision()


def _refuse_newer(connection: sqlalchemy.Connection) -> None:
    current = _current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseVersionMismatch(f"database {current[:32]}, program {_head()}: the database is newer")


def _refuse_other(connection: sqlalchemy.Connection) -> str:
    _refuse_newer(connection)
    current = _current(connection)
    if current != _head():
        raise DatabaseVersionMismatch(f"database {current or 'empty'}, program {_head()}: the database is older")
    return current
