"""Kiosk, player, their files, and what a monitor asks."""

from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from visavis.errors import NotFound, PlacementUnknown, StorageError
from visavis.privacy.filing import filing, threshold_of
from visavis.scenarios.loader import art_folder
from visavis.server.access import PUBLIC, needs, principal_of
from visavis.server.api.document import describe
from visavis.server.api.system import gallery_view, monitors_view
from visavis.server.permissions import Permission
from visavis.server.problems import problem
from visavis.server.site import Site, site_of

router = APIRouter(include_in_schema=False)
SERVER = Path(str(files("visavis.server")))


def mount_files(app: FastAPI) -> None:
    """Serve the pages' own files; nothing comes from elsewhere."""
    folders = {"kiosk": "kiosk", "player": "player", "shared": "static", "sign-in": "sign_in", "public": "public"}
    for name, folder in folders.items():
        app.mount(f"/static/{name}", StaticFiles(directory=SERVER / folder), name=f"static-{name}")


@router.get("/", dependencies=[PUBLIC])
async def home() -> Response:
    """The console is where an operator begins."""
    return RedirectResponse("/console")


@router.get("/favicon.ico", dependencies=[PUBLIC])
async def favicon() -> Response:
    """Browsers ask for it by this name whatever a page says."""
    return FileResponse(SERVER / "static" / "logo.svg", media_type="image/svg+xml")


@router.get("/kiosk", dependencies=[PUBLIC])
async def kiosk() -> Response:
    """The page that greets, enrols and forgets."""
    return FileResponse(SERVER / "kiosk" / "index.html")


@router.get("/play/{placement}", dependencies=[PUBLIC])
async def player(request: Request, placement: str) -> Response:
    """The page that a screen shows; for an unknown placement it tells a person so, and a program gets the problem."""
    try:
        site_of(request).hub.placement(placement)
        status = HTTPStatus.OK
    except PlacementUnknown:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        status = HTTPStatus.NOT_FOUND
    return FileResponse(SERVER / "player" / "index.html", status_code=status)


@router.get("/art/{scenario}/{name}.svg", dependencies=[PUBLIC])
async def art(request: Request, scenario: str, name: str) -> Response:
    """A drawing of the scenario's pack."""
    site = site_of(request)
    names = site.scenario.categories
    if scenario != site.scenario.name or name not in names:
        raise NotFound("art")
    return FileResponse(art_folder(site.settings.scenario) / f"{name}.svg", media_type="image/svg+xml")


@router.get("/v1/openapi.json", dependencies=[PUBLIC])
async def openapi(request: Request) -> Response:
    """What the routes take and give."""
    return JSONResponse(describe(request.app))


@router.get("/healthz", dependencies=[PUBLIC])
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[PUBLIC])
async def readyz(request: Request) -> Response:
    """The process can serve: database, face pack and gallery; a lost camera does not stop it."""
    site = site_of(request)
    try:
        await site.storage.ping()
        if not (await principal_of(request)).may(Permission.READ_SYSTEM):
            return JSONResponse({"status": "ready"})
        cameras = await monitors_view(site)
    except StorageError as error:
        return JSONResponse(problem(error), 503, media_type="application/problem+json")
    gallery = gallery_view(site)
    return JSONResponse(
        {
            "status": "ready",
            "members": gallery.members,
            "enrolled": enrolled_view(site),
            "faces": site.faces.use.value,
            "demonstration": site.settings.demonstration,
            "pack": gallery.model,
            "templates": gallery.templates,
            "templates_of_other_models": sum(gallery.other_models.values()),
            "monitors": cameras.model_dump(),
        }
    )


def enrolled_view(site: Site) -> dict[str, Any]:
    """People with a face template, beside the number from which on the law has the site registered."""
    people, threshold = site.edge.enrolled(), threshold_of(site.law)
    return {"people": people, "threshold": threshold, "filing": filing(people, threshold).value}


@router.get("/metrics", dependencies=[needs(Permission.READ_METRICS)])
async def metrics(request: Request) -> Response:
    """Prometheus text; counts only, never an identity."""
    return Response(generate_latest(site_of(request).tally.registry), media_type=CONTENT_TYPE_LATEST)
