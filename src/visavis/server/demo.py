"""`visavis demo`: the whole loop on one machine, on real parts, with people who are asked nothing.

One portrait is enrolled through the API and walks past a camera with a stranger; simulated members come and go
through the same API as a kiosk and a screen would use. They are told apart from real people by nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import structlog
from PIL import Image, ImageEnhance

from visavis.server.site import Site
from visavis.simulation.people import Population, Visit
from visavis.simulation.walk_by import Portrait, walk_by
from visavis.types import Placement, Surface

log = structlog.get_logger()

SEED = 20260101
MEMBERS = 200
FPS = 5.0
LOCALE = "en"


@dataclass(slots=True)
class Rewards:
    """What the simulated visitors' reactions were worth: decided by the policy, and drawn uniformly, visit by visit."""

    policy: list[float] = field(default_factory=list)
    uniform: list[float] = field(default_factory=list)

    def last_quarter(self) -> dict[str, float]:
        """Means over the last quarter of the visits and their ratio (0 where nothing was earned)."""
        tail = len(self.policy) // 4
        if not tail:
            return {"visits": len(self.policy), "policy": 0.0, "uniform": 0.0, "ratio": 0.0}
        ours, theirs = float(np.mean(self.policy[-tail:])), float(np.mean(self.uniform[-tail:]))
        return {
            "visits": len(self.policy),
            "policy": round(ours, 4),
            "uniform": round(theirs, 4),
            "ratio": round(ours / theirs, 3) if theirs else 0.0,
        }
