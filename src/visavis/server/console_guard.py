"""The console is for staff: every page, and the socket behind it."""

from dataclasses import dataclass, field

from fastapi.responses import JSONResponse, RedirectResponse
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from visavis.errors import SignInRequired
from visavis.server.access import from_own_page, principal_of, staff_cookie
from visavis.server.console.page import PAGES
from visavis.server.console.viewer import VIEWER
from visavis.server.permissions import Permission
from visavis.server.principal import Kind, Principal
from visavis.server.problems import problem
from visavis.server.site import Site, site_of
from visavis.types import Role

FILES = "/_nicegui/"  # scripts and styles of NiceGUI itself
PERSONS = (Kind.STAFF, Kind.MACHINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteViewer:
    """Implements `console.viewer.Viewer`."""

    site: Site
    principal: Principal
    name: str
    role: Role
    cookie: str | None = field(repr=False)

    @property
    def actor(self) -> str:
        """For the audit log."""
        return self.principal.actor

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return self.principal.may(permission)

    async def still_may(self, permission: Permission, *, act: bool = False) -> bool:
        """Whether they are still signed in and allowed."""
        if not self.may(permission):
            return False
        if self.principal.kind is Kind.MACHINE:
            return not await self.site.accounts.people.closed()
        at = await self.site.accounts.sign_ins.find(self.cookie, act=act) if self.cookie else None
        return at is not None and at.session.complete and at.staff.id == self.principal.id


class ConsoleGuard:
    """ASGI middleware; a page that its viewer may not see leads to where they sign in, or to the board."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the viewer in the scope, or refuse."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] not in ("http", "websocket") or path.startswith(FILES):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        viewer = await viewer_of(connection)
        if viewer is None or (scope["type"] == "websocket" and not from_own_page(connection)):
            await _refuse(scope, receive, send, "/console/sign-in")
        elif not viewer.may(permission_for(path)):
            await _refuse(scope, receive, send, "/console/")
        else:
            await self._app({**scope, VIEWER: viewer}, receive, send)


async def viewer_of(connection: HTTPConnection) -> SiteViewer | None:
    """A person who may see the board; None for everybody and everything else."""
    site, principal = site_of(connection), await principal_of(connection)
    if principal.kind not in PERSONS or principal.role is None or not principal.may(Permission.READ_BOARD):
        return None
    staff = await site.accounts.people.store.get(principal.id) if principal.kind is Kind.STAFF else None
    return SiteViewer(
        site=site,
        principal=principal,
        name=staff.login if staff else "",
        role=principal.role,
        cookie=staff_cookie(connection),
    )


def permission_for(path: str) -> Permission:
    """What a path below the console asks for."""
    found = [permission for address, permission in PAGES.values() if address == f"/console{path}".rstrip("/")]
    return found[0] if found else Permission.READ_BOARD


async def _refuse(scope: Scope, receive: Receive, send: Send, elsewhere: str) -> None:
    answer: Response = JSONResponse(problem(SignInRequired()), 401, media_type="application/problem+json")
    if scope["type"] == "http" and "text/html" in HTTPConnection(scope).headers.get("accept", ""):
        answer = RedirectResponse(elsewhere, 303)
    await answer(scope, receive, send)
