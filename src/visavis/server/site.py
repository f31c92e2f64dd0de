"""The composition root: builds every adapter from the top down and hands the finished site to the routes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np
import segno
import structlog
from fastapi import FastAPI
from numpy.typing import NDArray
from starlette.requests import HTTPConnection

from visavis.config import Settings
from visavis.errors import StorageError
from visavis.identity.gallery import Gallery
from visavis.perception.observe import Observer
from visavis.perception.packs import build_default_pack, load_pack
from visavis.pipeline.edge import Camera, Edge, Seen
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.ports import Clock
from visavis.privacy.keys import FileSiteKey
from visavis.privacy.receipts import sign_receipt
from visavis.recommend.decide import replay
from visavis.scenarios.loader import load_scenario
from visavis.server.attempts import Attempts
from visavis.server.screens import ScreenChannel
from visavis.server.sessions import Sessions
from visavis.server.tally import Tally
from visavis.storage.database import Storage, open_storage
from visavis.types import Consent, Decision, DeletionReceipt, Face, Frame, MemberId, Scenario

log = structlog.get_logger()

Progress = Callable[[str, float], None]


class WallClock:
    """Implements `ports.Clock`."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)
