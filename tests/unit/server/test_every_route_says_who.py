"""No route without a declaration of who may use it, and no permission that nobody or everybody has by accident."""

from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from visavis.server.access import Access
from visavis.server.api import pages, sign_in
from visavis.server.app import ROUTERS
from visavis.server.permissions import ALLOWED, SCOPES, Permission
from visavis.types import Role


def every_route() -> list[BaseRoute]:
    return [route for router in (*ROUTERS, pages.router, sign_in.router) for route in router.routes]


def declared(route: BaseRoute) -> list[Access]:
    assert isinstance(route, APIRoute | APIWebSocketRoute), route
    return [d.call for d in route.dependant.dependencies if isinstance(d.call, Access)]


def test_every_route_says_who_may_use_it() -> None:
    """Exactly one of public, member, device and needs."""
    routes = every_route()
    assert len(routes) > 35
    assert [route for route in routes if len(declared(route)) != 1] == []


def test_every_permission_is_in_the_table() -> None:
    """Somebody has it; and no role but the administrator's manages who may come in."""
    assert ALLOWED.keys() == set(Permission)
    assert all(ALLOWED.values())
    for permission in (Permission.MANAGE_STAFF, Permission.MANAGE_KEYS):
        assert ALLOWED[permission] == {Role.ADMINISTRATOR}
        assert permission not in SCOPES
