"""A running site on real PostgreSQL and the real face pack, for tests through its outside."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from visavis.config import Settings
from visavis.server.run import serving
from visavis.server.site import Site
from visavis.simulation.walk_by import Portrait


class SiteUnderTest:
    """A site, its address, and the few things that every story does with them."""

    def __init__(self, site: Site, address: str, http: httpx.AsyncClient) -> None:
        self.site = site
        self.address = address
        self.http = http

    async def notices(self, placement: str = "entrance") -> dict[str, Any]:
        return (await self.http.get("/v1/edge/notices", params={"placement": placement})).raise_for_status().json()

    async def join(
        self,
        *,
        purposes: tuple[str, ...] = ("recognise", "personalise", "improve"),
        photos: tuple[bytes, ...] = (),
        nickname: str = "Grace",
        placement: str = "entrance",
        locale: str = "en",
        declared: Mapping[str, Any] | None = None,
        **form: str,
    ) -> httpx.Response:
        ticked = [
            {"purpose": n["purpose"], "notice_version": n["version"], "notice_sha256": n["sha256"][locale]}
            for n in (await self.notices(placement))["notices"]
            if n["purpose"] in purposes
        ]
        enrolment = {
            "placement": placement,
            "nickname": nickname,
            "locale": locale,
            "age_confirmed": True,
            "consents": ticked,
        } | dict(declared or {})
        files = [("images", (f"{n}.jpg", photo, "image/jpeg")) for n, photo in enumerate(photos)]
        data = {"enrolment": json.dumps(enrolment)} | form
        return await self.http.post("/v1/edge/members", data=data, files=files or None)

    async def look(self, photo: bytes, placement: str = "entrance") -> httpx.Response:
        return await self.http.post(
            "/v1/edge/identify/face", data={"placement": placement}, files={"image": ("p.jpg", photo, "image/jpeg")}
        )

    async def show(self, decision: dict[str, Any], *stages: str) -> httpx.Response:
        at = self.site.clock.now().isoformat()
        body = [{"decision_id": decision["decision_id"], "stage": stage, "at": at} for stage in stages]
        return await self.http.post(f"/v1/play/{decision['placement']}/stages", json=body)

    async def react(
        self, decision: dict[str, Any], kind: str = "offer.tapped", event_id: str = "tap-1"
    ) -> httpx.Response:
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/play/{decision['placement']}",
            "type": kind,
            "time": self.site.clock.now().isoformat(),
            "data": {"decision_id": decision["decision_id"], "item_id": decision["item"]["id"]},
        }
        return await self.http.post("/v1/events", json=event)


OpenSite = Callable[..., AbstractAsyncContextManager[SiteUnderTest]]


@pytest.fixture(scope="session")
def pack_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build of the face pack serves every test."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def open_test_site(tmp_path: Path, pack_cache: Path) -> OpenSite:
    """Opens a site on a data folder of this test; may be opened again on the same folder."""

    @asynccontextmanager
    async def open_it(**changes: Any) -> AsyncIterator[SiteUnderTest]:
        chosen = {"demonstration": True} | changes  # faces without a signed assessment: nobody here is a real member
        settings = Settings(data_dir=tmp_path / "data", cache_dir=pack_cache, port=0, seed=7, **chosen)
        async with (
            serving(settings, progress=lambda _step, _share: None) as (site, address),
            httpx.AsyncClient(base_url=address, timeout=30) as http,
        ):
            yield SiteUnderTest(site, address, http)

    return open_it


@pytest.fixture
async def site(open_test_site: OpenSite, database_url: str) -> AsyncIterator[SiteUnderTest]:
    """A fresh site without members."""
    async with open_test_site(database_url=database_url) as running:
        yield running


@pytest.fixture
def dump_hub(database_url: str) -> Callable[[], bytes]:
    """Every row of every table of the hub, as the owner of the database reads it."""

    def dump() -> bytes:
        with psycopg.connect(database_url) as owner:
            tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'hub'").fetchall()
            assert len(tables) > 5
            return b"".join(_copied(owner, table) for (table,) in tables)

    return dump


@pytest.fixture(scope="session")
def hopper() -> bytes:
    """Portrait of the member."""
    return Portrait.HOPPER.photo()


@pytest.fixture(scope="session")
def collins() -> bytes:
    """Portrait of the stranger."""
    return Portrait.COLLINS.photo()


async def eventually(condition: Callable[[], Any], *, within_s: float = 5.0) -> None:
    """Wait until an async condition holds; fails after the time limit."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in the server
            await asyncio.sleep(0.05)


def _copied(owner: "psycopg.Connection[Any]", table: str) -> bytes:
    with owner.cursor().copy(f'COPY hub."{table}" TO STDOUT') as rows:
        return b"".join(map(bytes, rows))
