"""Behaviour, recommending, learning."""

from visavis.storage.migrate import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """All of it in one transaction."""
    run_sql("0004_*.sql")
