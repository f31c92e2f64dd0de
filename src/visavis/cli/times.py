"""Times as people give them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from visavis.cli.messages import say

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def time_of(text: str) -> datetime:
    """So long ago ("24h", "30m", "7d"), or ISO 8601; without a zone, UTC."""
    ago = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if ago:
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(say("give 24h, 7d or 2026-01-05T09:00")) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


Since = Annotated[
    datetime | None,
    typer.Option(
        parser=time_of, metavar="TIME", help=say("From then on: 24h, 7d or 2026-01-05T09:00."), show_default=False
    ),
]
