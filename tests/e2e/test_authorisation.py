"""Every route asked by everybody: nobody, device, visit, five roles, keys, sessions that ended, and another site's."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from authorisation import expected, plain
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from visavis.server.accounts.accounts import Accounts, open_accounts
from visavis.server.accounts.sign_in import digest
from visavis.server.app import create_app
from visavis.server.permissions import SCOPES
from visavis.types import Role, StaffSession, StaffState

from .conftest import OpenSite, SiteUnderTest
from .test_devices import closed_clients, paired  # noqa: F401 - the fixture closes what `paired` opens

REFUSALS = {"sign-in-required", "not-allowed", "staff-only", "device-refused", "credential-refused"}
LAST = ("/password", "/sign-out", "/me/not-me", "/me/forget")  # what ends a caller's own session is asked at the end
PASSWORD = "correct horse battery staple"


@dataclass(kw_only=True)
class Caller:
    """Somebody with what they show."""

    name: str
    names: frozenset[str]  # in the words of the book
    headers: dict[str, str]

    def allowed(self, who: frozenset[str]) -> bool:
        return "anybody" in who or bool(who & self.names)


async def session(accounts: Accounts, login: str, role: Role, **changes: Any) -> dict[str, str]:
    """The cookie of somebody new, without the way through the pages (which have tests of their own)."""
    people, cookie = accounts.people, f"cookie-of-{login}"
    person = await people.add(login, PASSWORD, role, by="test")
    now = people.clock.now()
    fields = {"complete": True, "started_at": now, "seen_at": now, "ends_at": now + timedelta(hours=1)} | changes
    await people._sessions.start(StaffSession(digest=digest(cookie), staff_id=person.id, **fields))
    return {"cookie": f"visavis-staff={cookie}"}


async def everybody(site: SiteUnderTest) -> list[Caller]:
    """With an administrator, so that sitting at the machine is not enough."""
    accounts = site.site.accounts
    here = {"origin": site.address}
    now = site.site.clock.now()
    callers = [Caller(name="nobody", names=frozenset(), headers={})]
    for role in Role:
        cookie = await session(accounts, f"the-{role.value}".replace("_", "-"), role)
        callers.append(Caller(name=role.value, names=frozenset({role.value}), headers=here | cookie))
        callers.append(Caller(name=f"{role.value}, no origin, POST", names=frozenset(), headers=cookie))
    for scope in sorted({word[4:] for who in expected().values() for word in who if word.startswith("key ")}):
        _, one = await accounts.keys.add(scope, [scope], days=1, by="test")
        _, rest = await accounts.keys.add(f"all but {scope}", sorted(SCOPES - {scope}), days=1, by="test")
        names = frozenset(f"key {other}" for other in SCOPES - {scope})
        callers.append(Caller(name=f"key {scope}", names=frozenset({f"key {scope}"}), headers=bearer(one)))
        callers.append(Caller(name=f"key without {scope}", names=names, headers=bearer(rest)))
    for name, changes in (
        ("half", {"complete": False}),
        ("over", {"started_at": now - timedelta(hours=9), "ends_at": now - timedelta(seconds=1)}),
        ("idle", {"seen_at": now - timedelta(minutes=15)}),
        ("disabled", {}),
    ):
        cookie = await session(accounts, name, Role.ADMINISTRATOR, **changes)
        callers.append(Caller(name=f"session {name}", names=frozenset(), headers=here | cookie))
    (disabled,) = [one for one in await accounts.people.all() if one.login == "disabled"]
    await accounts.people.write(replace_state(disabled), disabled)
    abroad = open_accounts("site-2", site.site.storage, site.site.keys, site.site.clock, lifetimes={})
    cookie = await session(abroad, "abroad", Role.ADMINISTRATOR)
    _, key = await abroad.keys.add("abroad", sorted(SCOPES), days=1, by="test")
    callers.append(Caller(name="administrator of another site", names=frozenset(), headers=here | cookie))
    callers.append(Caller(name="key of another site", names=frozenset(), headers=bearer(key)))
    return callers


def replace_state(person: Any) -> Any:
    from dataclasses import replace

    return replace(person, state=StaffState.DISABLED)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def flat(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from flat(inner.routes) if inner is not None else [route]


@asynccontextmanager
async def a_visit(site: SiteUnderTest, device: dict[str, str]) -> AsyncIterator[Caller]:
    """A member who stands at the kiosk."""
    joined = await site.http.post(
        "/v1/edge/members",
        data={
            "enrolment": json.dumps(
                {
                    "placement": "entrance",
                    "nickname": "Grace",
                    "locale": "en",
                    "age_confirmed": True,
                    "consents": [
                        {
                            "purpose": notice["purpose"],
                            "notice_version": notice["version"],
                            "notice_sha256": notice["sha256"]["en"],
                        }
                        for notice in (await site.notices())["notices"]
                        if notice["purpose"] in ("personalise", "improve")
                    ],
                }
            )
        },
        headers=device,
    )
    key = joined.raise_for_status().json()["session"]
    yield Caller(name="visit", names=frozenset({"visit"}), headers=bearer(key))


async def test_every_route_answers_whom_it_should_and_nobody_else(open_test_site: OpenSite, database_url: str) -> None:
    """The book of expectations against the running server; every refusal is one of five, and says nothing else."""
    async with open_test_site(database_url=database_url) as site:
        book, wrong, asked = expected(), [], 0
        callers = await everybody(site)
        device = await with_device(site, callers)
        async with a_visit(site, device.headers) as visit:
            callers += [device, visit]
            for path, method in sorted(((p, m) for m, p in book if m != "WS"), key=order):
                for caller in callers:
                    if caller.name.endswith("POST") and method == "GET":
                        continue  # reading needs no origin
                    allowed = caller.allowed(book[method, path])
                    answer = await ask(site, method, path, caller)
                    asked += 1
                    if refused(answer) == allowed and not same_word(path, answer):
                        wrong.append(f"{method} {path}, {caller.name}: {answer.status_code}, {answer.text[:80]}")
        assert asked > 2000
        assert wrong == []


def order(route: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    return next((number for number, end in enumerate(LAST, 1) if route[0].endswith(end)), 0), route


async def with_device(site: SiteUnderTest, callers: list[Caller]) -> Caller:
    """A kiosk that an operator paired."""
    operator = next(caller for caller in callers if caller.name == "operator")
    site.http.headers.update(operator.headers)
    device = await paired(site)
    for name in operator.headers:
        del site.http.headers[name]
    cookies = "; ".join(f"{name}={value}" for name, value in device.http.cookies.items())
    return Caller(name="device", names=frozenset({"device"}), headers={"cookie": cookies, "origin": site.address})


async def ask(site: SiteUnderTest, method: str, path: str, caller: Caller) -> httpx.Response:
    """Without a body: whoever may is told what is missing, whoever may not is told no more than that."""
    where = re.sub(r"{\w+}", "nothing", path.replace("{device_id}", str(UUID(int=0))).replace("{half}", "hub"))
    return await site.http.request(method, where, headers={"accept": "text/html", **caller.headers})


def refused(answer: httpx.Response) -> bool:
    if answer.status_code == 303:
        return answer.headers["location"].startswith("/console/sign-in") and "out=" not in answer.headers["location"]
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    return answer.json()["code"] in REFUSALS


def same_word(path: str, answer: httpx.Response) -> bool:
    """The way in leads to itself: without half a session the second step goes back to the first."""
    return path.startswith("/console/sign-in/") and answer.status_code == 303


async def test_the_camera_socket_is_for_devices(open_test_site: OpenSite, database_url: str) -> None:
    """As the book says of it."""
    async with open_test_site(database_url=database_url) as site:
        callers = await everybody(site)
        callers.append(await with_device(site, callers))
        who = expected()["WS", "/v1/edge/camera"]
        wrong = []
        for caller in callers:
            if caller.name.endswith("POST"):
                continue
            opened = await opens(site, caller)
            if opened != caller.allowed(who):
                wrong.append(f"{caller.name}: {opened}")
        assert wrong == []


async def opens(site: SiteUnderTest, caller: Caller) -> bool:
    """Whether a socket answers a picture that is none with what is wrong about it."""
    address = site.address.replace("http", "ws") + "/v1/edge/camera?placement=entrance&mode=enrol"
    headers = {name: value for name, value in caller.headers.items() if name != "origin"}
    try:
        async with connect(address, additional_headers=headers, origin=site.address) as socket:
            with suppress(ConnectionClosed):  # it was refused as soon as it was open, and said why
                await socket.send(b"no picture")
            said = json.loads(await socket.recv())
    except InvalidStatus as error:
        return error.response.status_code != 403
    return said["problem"]["code"] not in REFUSALS


async def test_no_route_is_served_that_the_book_does_not_name(site: SiteUnderTest) -> None:
    """The application itself is walked: beside the book stand files of pages, and the console behind its guard."""
    app: FastAPI = create_app(site.site)
    found, mounted = set(), set()
    for route in flat(list(app.routes)):
        if isinstance(route, Mount):
            mounted.add(route.path)
        else:
            found |= {(method, plain(route.path)) for method in getattr(route, "methods", None) or {"WS"}}  # type: ignore[attr-defined]
    assert found == expected().keys()
    assert "/console" in mounted
    assert all(path.startswith("/static/") for path in mounted - {"/console"})
