"""A running site against its own OpenAPI document: schemathesis makes requests that fit it, and some that do not.

More of them: VISAVIS_SCHEMATHESIS=100 pytest tests/e2e/test_openapi.py
"""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from visavis.config import Settings
from visavis.server.run import serving
from visavis.server.site import Site

from .conftest import SiteUnderTest

EXAMPLES = int(os.environ.get("VISAVIS_SCHEMATHESIS", "8"))  # of each operation, that fit, and as many that do not
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE")
WRONG = (("text/xml", b"<x/>"), ("application/json", b"{"), ("application/json", b"\xff"), ("", b""))
NOBODY = "00000000-0000-4000-8000-000000000000"
# Never ends: tests/e2e/test_devices.py and test_browser.py read it.
ENDLESS = {"/v1/play/{placement}/stream"}
# Bytes that are no picture, a placement that there is not, a notice of yesterday: they fit the schema and are refused.
NOT_CHECKED = [positive_data_acceptance]


@dataclass
class Running:
    """A site in a thread of its own, for tests that wait for its answers."""

    settings: Settings
    site: Site = field(init=False)
    address: str = field(init=False)
    started: threading.Event = field(default_factory=threading.Event)
    session: str = ""

    def serve(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.stop = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        async with serving(self.settings, progress=lambda *_: None) as (self.site, self.address):
            async with httpx.AsyncClient(base_url=self.address) as http:
                joined = await SiteUnderTest(self.site, self.address, http).join(purposes=("personalise",))
            self.session = joined.raise_for_status().json()["session"]
            self.started.set()
            await self.stop.wait()


@pytest.fixture
def running(tmp_path: Path, pack_cache: Path, database_url: str) -> Iterator[Running]:
    """With one member, whose session holds."""
    given_settings = Settings(
        data_dir=tmp_path,
        cache_dir=pack_cache,
        database_url=database_url,
        port=0,
        seed=7,
        log_level="error",
        demonstration=True,
    )
    found = Running(given_settings)
    thread = threading.Thread(target=found.serve)
    thread.start()
    assert found.started.wait(60)
    yield found
    found.loop.call_soon_threadsafe(found.stop.set)
    thread.join(30)


def known(case: Case, session: str) -> None:
    """Half of what fits the schema: at a placement that there is, for a member who is here."""
    for place in (case.body, case.query, case.path_parameters):
        if isinstance(place, dict) and "placement" in place:
            place["placement"] = "entrance"
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {session}"}


def test_answers_are_as_the_document_says(running: Running) -> None:
    """No 5xx, every status, type and body declared, and what breaks the schema is refused."""
    schema = schemathesis.openapi.from_url(f"{running.address}/v1/openapi.json")
    troubles: list[str] = []
    asked: dict[str, int] = {}

    def ask(operation: Any, mode: GenerationMode) -> None:
        turn = iter(range(10**6))

        @seed(4711)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(mode))
        def once(case: Case) -> None:
            if mode is GenerationMode.POSITIVE and next(turn) % 2:
                known(case, running.session)
            answer = case.call(timeout=20)
            asked[operation.label] = asked.get(operation.label, 0) + 1
            try:
                case.validate_response(answer, excluded_checks=NOT_CHECKED)
            except FailureGroup as failures:
                troubles.extend(f"{operation.label}: {failure}" for failure in failures.exceptions)

        once()

    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in ENDLESS:
            continue
        ask(operation, GenerationMode.POSITIVE)
        if operation.body or operation.query or operation.path_parameters:
            with suppress(Unsatisfiable):  # a path that may be any text has nothing that does not fit
                ask(operation, GenerationMode.NEGATIVE)
    assert len(asked) > 40
    assert sum(asked.values()) > 40 * EXAMPLES
    assert not troubles, "\n\n".join(troubles[:10])


def test_other_methods_and_other_types_are_refused(running: Running) -> None:
    """405 as a problem with Allow; a body of another type, or none, is refused where one is declared."""
    with httpx.Client(base_url=running.address, timeout=20) as http:
        paths = http.get("/v1/openapi.json").json()["paths"]
        tried = 0
        for path, operations in paths.items():
            url = path.replace("{device_id}", NOBODY).replace("{", "").replace("}", "")
            for method in METHODS:
                if method.lower() in operations:
                    continue
                answer = http.request(method, url)
                assert answer.status_code == 405, (method, path, answer.status_code)
                assert answer.json()["code"] == "method-not-allowed"
                assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == {name.upper() for name in operations}
                tried += 1
            for method, said in operations.items():
                if "requestBody" not in said:
                    continue
                for kind, body in (
                    ("text/xml", b"<x/>"),
                    ("application/json", b"{"),
                    ("application/json", b"\xff"),
                    ("", b""),
                ):
                    headers = {"Content-Type": kind} if kind else {}
                    answer = http.request(method, url, content=body, headers=headers)
                    assert answer.status_code in (400, 401, 404, 415, 422), (method, path, kind, answer.status_code)
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.json()["status"] == answer.status_code
                    tried += 1
        assert tried > 200
        assert json.dumps(paths)  # a document, not a page
