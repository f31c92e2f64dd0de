"""Structured logs: a constant event name plus ids; what is personal or biometric is cut by type."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import structlog

from visavis.types import ApiKey, Embedding, Face, Frame, Member, Sealed, Staff, StaffSession

UNPRINTABLE = (bytes, bytearray, np.ndarray, Embedding, Face, Frame, Member, Sealed, Staff, StaffSession, ApiKey)
SECRET_KEYS = frozenset(
    {"nickname", "token", "pin", "card", "session", "key", "password", "authorization", "cookie", "login", "secret"}
)


def redact(_: Any, __: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace values that no log may hold: by type, and by the name of the key."""
    return {
        key: "[redacted]" if key in SECRET_KEYS or isinstance(value, UNPRINTABLE) else value
        for key, value in event.items()
    }


def configure(level: str, *, pretty: bool) -> None:
    """Write logs to stderr, as JSON or, for a person at a terminal, in colours."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns of each lost connection; storage reports once
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
