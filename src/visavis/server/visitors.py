"""Simulated visitors who use the same routes as a kiosk, a screen and a till; for the demonstration."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from visavis.ports import Clock
from visavis.types import Purpose

LOCALE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that a visitor did."""

    kind: str
    at: datetime
    item_id: str | None = None
    value: float = 0.0


@dataclass(slots=True, kw_only=True)
class Client:
    """The routes that a kiosk and a screen use, for one placement after another."""

    http: httpx.AsyncClient
    clock: Clock

    async def join(
        self, nickname: str, *, placement: str, purposes: Sequence[Purpose], photos: Sequence[bytes] = ()
    ) -> dict[str, Any]:
        """Read the notices, tick purposes, enrol; the kiosk's answer."""
        shown = await self._json(self.http.get("/v1/edge/notices", params={"placement": placement}))
        ticked = [
            {"purpose": n["purpose"], "notice_version": n["version"], "notice_sha256": n["sha256"][LOCALE]}
            for n in shown["notices"]
            if n["purpose"] in purposes
        ]
        enrolment = {
            "placement": placement,
            "nickname": nickname,
            "locale": LOCALE,
            "age_confirmed": True,
            "consents": ticked,
        }
        files = [("images", (f"{n}.jpg", photo, "image/jpeg")) for n, photo in enumerate(photos)]
        joined: dict[str, Any] = await self._json(
            self.http.post("/v1/edge/members", data={"enrolment": json.dumps(enrolment)}, files=files or None)
        )
        return joined

    async def identify(self, pin: str, placement: str) -> dict[str, Any] | None:
        """Type a PIN; the decision that the screen shows."""
        answer = await self._json(self.http.post("/v1/edge/identify", json={"placement": placement, "pin": pin}))
        decision: dict[str, Any] | None = answer["decision"]
        return decision

    async def candidates(self, decision: dict[str, Any]) -> list[str]:
        """Items among which the policy could choose."""
        full = await self._json(self.http.get(f"/v1/decisions/{decision['decision_id']}"))
        return [candidate["item_id"] for candidate in full["candidates"]]

    async def show(self, decision: dict[str, Any], *stages: str) -> None:
        """Report stages of a play."""
        at = self.clock.now().isoformat()
        body = [{"decision_id": decision["decision_id"], "stage": stage, "at": at} for stage in stages]
        await self._json(self.http.post(f"/v1/play/{decision['placement']}/stages", json=body))

    async def tell(self, decision: dict[str, Any], happened: Sequence[Happened]) -> None:
        """Send what the visitor did."""
        if not happened:
            return
        events = [
            {
                "specversion": "1.0",
                "id": str(uuid4()),
                "source": "/demo/visitors",
                "type": did.kind,
                "time": did.at.isoformat(),
                "data": {"decision_id": decision["decision_id"], "item_id": did.item_id, "value": did.value},
            }
            for did in happened
        ]
        await self._json(self.http.post("/v1/events", json=events))

    async def decisions(self, placement: str) -> AsyncIterator[dict[str, Any]]:
        """What a player at a placement is told to show, for ever."""
        async with self.http.stream("GET", f"/v1/play/{placement}/stream", timeout=None) as answer:
            answer.raise_for_status()
            event = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:") and event == "decision":
                    yield json.loads(line.removeprefix("data:"))

    async def _json(self, request: Any) -> Any:
        answer: httpx.Response = await request
        answer.raise_for_status()
        return answer.json()
