"""The FastAPI application of one site."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.formparsers import MultiPartParser
from starlette.middleware.trustedhost import TrustedHostMiddleware

from visavis.server import problems
from visavis.server.api import (
    choices,
    devices,
    edge,
    faces,
    hub,
    keys,
    members,
    monitors,
    pages,
    privacy,
    reviews,
    rights,
    sign_in,
    staff,
    system,
    verify,
)
from visavis.server.api.answers import Problem
from visavis.server.board import SiteBoard
from visavis.server.console.console import mount_console
from visavis.server.console_guard import ConsoleGuard
from visavis.server.demonstration import DemonstrationMark
from visavis.server.device_list import SiteDevices
from visavis.server.door import IN_FLIGHT, Door
from visavis.server.headers import SecurityHeaders
from visavis.server.privacy import SitePrivacy
from visavis.server.recognition import SiteRecognition
from visavis.server.site import Site

ROUTERS = (
    edge.router,
    verify.router,
    members.router,
    choices.router,
    rights.router,
    faces.router,
    monitors.router,
    reviews.router,
    system.router,
    privacy.router,
    hub.router,
    keys.router,
    staff.router,
    devices.router,
)
PROBLEM: dict[int | str, dict[str, Any]] = {"default": {"model": Problem, "description": "A problem (RFC 9457)."}}

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "testserver")


def create_app(site: Site) -> FastAPI:
    """Routes and pages over a site that is already open."""
    app = FastAPI(
        title="visavis",
        version=version("visavis"),
        summary="Recognise the member who asked to be recognised, decide what helps, show it, learn from it.",
        docs_url=None,  # both of FastAPI's documentation pages load scripts from a CDN
        redoc_url=None,
        openapi_url=None,  # pages.py serves it, declared like every route
    )
    app.state.site = site
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, responses=PROBLEM)
    app.include_router(pages.router)
    pages.mount_files(app)
    app.include_router(sign_in.router)
    pages_of = (SiteBoard(site), SiteRecognition(site), SitePrivacy(site), SiteDevices(site))
    mount_console(app, *pages_of, guard=ConsoleGuard)
    MultiPartParser.spool_max_size = IN_FLIGHT  # an upload must never become a temporary file: pictures stay in memory
    app.add_middleware(Door, limits=site.limits)
    if site.settings.demonstration:
        app.add_middleware(DemonstrationMark)
    app.add_middleware(SecurityHeaders)
    # A page elsewhere must not reach this machine by a name that it made resolve to it (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, site.settings.host, *site.settings.names])
    return app
