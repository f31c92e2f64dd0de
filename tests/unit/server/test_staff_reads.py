"""Whoever of the staff sees data of people is written down, with the purpose."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from visavis.errors import DatabaseUnavailable
from visavis.server.access import Needs
from visavis.server.app import ROUTERS
from visavis.server.permissions import Permission
from visavis.server.readings import AGAIN_AFTER, MOST_KEPT, Readings, Why
from visavis.server.staff_read import StaffRead
from visavis.testing import T0, FixedClock, MemoryAudit

from .test_no_route_tells_a_face import DOCUMENT, properties

PERSONAL = {"member", "token", "subject", "nickname", "consents", "card", "pin", "sessions", "templates_of"}


def calls(dependant: Dependant) -> Iterator[Any]:
    """Every dependency, at any depth."""
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)


def staff_routes() -> list[tuple[APIRoute, list[Any]]]:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = [(route, list(calls(route.dependant))) for route in routes]
    return [(route, asked) for route, asked in found if any(isinstance(one, Needs) for one in asked)]


def answered(route: APIRoute) -> set[str]:
    """Names of all fields that the route can answer."""
    method = next(iter(route.methods)).lower()
    answers = DOCUMENT["paths"][route.path_format][method]["responses"]
    bodies = [body for status, a in answers.items() if status[0] == "2" for body in a.get("content", {}).values()]
    return {name for body in bodies for name, _ in properties(body.get("schema", {}))}


def test_r13_every_staff_route_with_data_of_people_declares_a_purpose() -> None:
    """A route for staff whose answer has room for who somebody is depends on StaffRead."""
    routes = staff_routes()
    assert len(routes) > 5
    personal = [(route, found) for route, found in routes if PERSONAL & answered(route)]
    assert {route.path for route, _ in personal} >= {"/v1/edge/reviews", "/v1/edge/monitors/{name}/events"}
    for route, found in personal:
        assert any(isinstance(one, StaffRead) for one in found), route.path


READS = {Permission.READ_MEMBERS, Permission.EXPORT_MEMBERS, Permission.READ_AUDIT}


def test_r13_whoever_takes_data_of_people_away_says_what_for() -> None:
    """A route with such a permission depends on StaffRead, or asks for the reason, which stands in the log."""
    taking = [(route, asked) for route, asked in staff_routes() if READS & {permission_of(one) for one in asked}]
    assert taking
    for route, asked in taking:
        method = next(iter(route.methods)).lower()
        body = DOCUMENT["paths"][route.path_format][method].get("requestBody", {})
        fields = {name for media in body.get("content", {}).values() for name, _ in properties(media["schema"])}
        assert "why" in fields or any(isinstance(one, StaffRead) for one in asked), route.path


def permission_of(dependency: Any) -> Permission | None:
    return dependency.permission if isinstance(dependency, Needs) else None


def test_whoever_declares_a_purpose_writes_the_look_down() -> None:
    """The code of each such route calls `look.at`."""
    reading = [route for route, found in staff_routes() if any(isinstance(one, StaffRead) for one in found)]
    assert reading
    for route in reading:
        assert "at" in route.endpoint.__code__.co_names, route.path


@pytest.fixture
def readings() -> Readings:
    return Readings(audit=MemoryAudit(), clock=FixedClock(T0))


async def test_a_page_that_stays_open_is_one_look_in_ten_minutes(readings: Readings) -> None:
    """By person, purpose and place; another of the staff, purpose or member is another look."""

    async def look(actor: str = "machine", why: Why = Why.REVIEW, subject: str = "t1", what: str = "/reviews") -> None:
        await readings.note(actor=actor, why=why, subjects=[subject, subject], what=what)

    await look()
    await look()
    for other in ({"actor": "ann"}, {"why": Why.REQUEST}, {"subject": "t2"}, {"what": "/console"}):
        await look(**other)  # type: ignore[arg-type]  # one at a time
    readings.clock.advance(seconds=(AGAIN_AFTER - timedelta(seconds=1)).total_seconds())  # type: ignore[attr-defined]
    await look()
    assert len(readings.audit.entries) == 5  # type: ignore[attr-defined]
    readings.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await look()
    first, *_, last = readings.audit.entries  # type: ignore[attr-defined]
    assert (last.seq, last.actor, last.action, last.subject) == (6, "machine", "read", "t1")
    assert first.detail == last.detail == {"purpose": "review", "what": "/reviews"}


async def test_what_is_remembered_is_bounded(readings: Readings) -> None:
    """Forgetting writes a look twice rather than never."""
    await readings.note(actor="a", why=Why.AUDIT, subjects=[str(n) for n in range(MOST_KEPT + 1)], what="w")
    assert len(readings._lately) <= MOST_KEPT
    assert len(readings.audit.entries) == MOST_KEPT + 1  # type: ignore[attr-defined]


async def test_nothing_is_shown_when_it_cannot_be_written_down() -> None:
    """The log's refusal is the answer."""

    class Down(MemoryAudit):
        async def append(self, **_: Any) -> Any:
            raise DatabaseUnavailable

    down = Readings(audit=Down(), clock=FixedClock(T0))
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await down.note(actor="a", why=Why.AUDIT, subjects=["t"], what="w")
