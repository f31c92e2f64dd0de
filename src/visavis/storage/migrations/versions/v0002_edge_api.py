"""The edge's monitors, corrections and reviews."""

from visavis.storage.migrate import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """All of it in one transaction."""
    run_sql("0002_*.sql")
