"""Where the database is, for people: never with a user or a password."""

from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from visavis.errors import SettingInvalid


def where(database_url: str | None, data_dir: Path) -> str:
    """Host, port and name of the database, or its folder; raises SettingInvalid."""
    if database_url is None:
        return f"embedded database in {data_dir / 'database'}"
    try:
        found = conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        raise SettingInvalid("database_url: not a PostgreSQL URL") from None
    host, port = found.get("host") or "local socket", found.get("port") or "5432"
    return f"PostgreSQL at {host}:{port}, database {found.get('dbname') or 'of the user'}"
