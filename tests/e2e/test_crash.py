"""kill -9 loses nothing that was acknowledged, and the next start says that it recovered."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from visavis.server.visitors import Client
from visavis.testing import FixedClock
from visavis.types import Purpose


class Server:
    """`visavis serve` as a process of its own."""

    def __init__(self, data: Path, cache: Path) -> None:
        command = [sys.executable, "-m", "visavis", "serve", "--port", "0"]
        command += ["--data-dir", str(data), "--cache-dir", str(cache)]
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=os.environ | {"VISAVIS_LANG": "en"}
        )
        self.said = ""
        self.address = self._address()

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line
            if line.startswith("console"):
                return line.split()[1].removesuffix("/console/")
        raise AssertionError(self.said)

    def end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.communicate(timeout=20)


@pytest.mark.parametrize("after_s", [0.35, 0.8])
async def test_kill_9_loses_nothing_acknowledged(tmp_path: Path, pack_cache: Path, after_s: float) -> None:
    """Every acknowledged event is a duplicate when it is sent again after the crash; the rest count once."""
    server = Server(tmp_path / "data", pack_cache)
    async with httpx.AsyncClient(base_url=server.address, timeout=10) as http:
        client = Client(http=http, clock=FixedClock())
        joined = await client.join("Ada", placement="entrance", purposes=(Purpose.PERSONALISE, Purpose.IMPROVE))
        acknowledged: list[dict[str, Any]] = []

        async def send_until_the_end() -> None:
            for number in range(100_000):
                event = purchase(joined["decision"], number)
                answer = await http.post("/v1/events", json=event)
                if answer.status_code == 202:
                    acknowledged.append(event)

        sending = asyncio.create_task(send_until_the_end())
        await asyncio.sleep(after_s)
        server.end(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            await sending
    assert len(acknowledged) > 10
    server = Server(tmp_path / "data", pack_cache)
    try:
        assert "database_recovered" in server.said
        async with httpx.AsyncClient(base_url=server.address, timeout=10) as http:
            again = [(await http.post("/v1/events", json=event)).json() for event in acknowledged]
            assert all(answer == {"accepted": 0, "duplicates": 1} for answer in again)
            answer = await http.post("/v1/edge/identify", json={"placement": "entrance", "pin": joined["pin"]})
            assert answer.status_code == 200
    finally:
        server.end(signal.SIGTERM)


def purchase(decision: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"sale-{number}",
        "source": "/till/1",
        "type": "purchase",
        "time": "2026-01-05T10:00:00Z",
        "data": {"decision_id": decision["decision_id"], "item_id": "sourdough-loaf"},
    }
