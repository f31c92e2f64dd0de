"""No route without a declaration of who may use it, and none on which the book of expectations disagrees."""

from authorisation import expected, plain
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from visavis.server.access import Access, ForDevice, ForMember, Needs, Public
from visavis.server.api import pages, sign_in
from visavis.server.app import ROUTERS
from visavis.server.permissions import ALLOWED, SCOPES, SECOND_FACTOR, Permission
from visavis.types import Role


def every_route() -> list[BaseRoute]:
    return [route for router in (*ROUTERS, pages.router, sign_in.router) for route in router.routes]


def declared(route: BaseRoute) -> list[Access]:
    assert isinstance(route, APIRoute | APIWebSocketRoute), route
    return [d.call for d in route.dependant.dependencies if isinstance(d.call, Access)]


def who(access: Access) -> frozenset[str]:
    """In the words of the book."""
    match access:
        case Public():
            return frozenset({"anybody"})
        case ForMember():
            return frozenset({"visit"})
        case ForDevice(permission=permission):
            return staff(permission) | {"device"}
        case Needs(permission=permission):
            return staff(permission)
    raise AssertionError(access)


def staff(permission: Permission) -> frozenset[str]:
    return frozenset(ALLOWED[permission]) | ({f"key {permission}"} if permission in SCOPES else frozenset())


def test_every_route_says_who_may_use_it() -> None:
    """Exactly one of public, a member's visit, a device, and a permission."""
    routes = every_route()
    assert len(routes) > 50
    assert [route for route in routes if len(declared(route)) != 1] == []


def test_routes_and_book_agree() -> None:
    """Whoever adds a route, or changes who may use one, writes it down twice."""
    found = {
        (method, plain(route.path)): who(declared(route)[0])  # type: ignore[attr-defined]  # checked by `declared`
        for route in every_route()
        for method in getattr(route, "methods", None) or {"WS"}
    }
    book = expected()
    assert found.keys() - book.keys() == set(), "not in tests/authorisation.txt"
    assert book.keys() - found.keys() == set(), "only in tests/authorisation.txt"
    assert {key: set(found[key]) for key in book if found[key] != book[key]} == {}


def test_every_permission_is_in_the_table() -> None:
    """Somebody has it; who may come in is the administrator's alone."""
    assert ALLOWED.keys() == set(Permission)
    assert all(ALLOWED.values())
    for permission in (Permission.MANAGE_STAFF, Permission.MANAGE_KEYS):
        assert ALLOWED[permission] == {Role.ADMINISTRATOR}
        assert permission not in SCOPES
    assert {Role.ADMINISTRATOR, Role.PRIVACY_OFFICER} <= SECOND_FACTOR
