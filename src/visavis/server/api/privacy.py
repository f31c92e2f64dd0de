"""`/v1/privacy` and `/privacy`: what anybody may know, without signing in."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from visavis.server.access import PUBLIC
from visavis.server.public.page import language_of, privacy_page
from visavis.server.public.view import PrivacyView, privacy_view
from visavis.server.site import site_of

router = APIRouter(tags=["privacy"])


@router.get("/v1/privacy", dependencies=[PUBLIC])
async def privacy(request: Request) -> PrivacyView:
    """Whom to call, purposes and notices, alternatives to a face, and the retention schedule with its last runs."""
    return await privacy_view(site_of(request))


@router.get("/privacy", dependencies=[PUBLIC], include_in_schema=False)
async def page(
    request: Request,
    lang: Annotated[str | None, Query(max_length=35)] = None,
    placement: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """The same for people, on phone, kiosk and desk."""
    site = site_of(request)
    at = placement if placement in site.scenario.placements else ""
    language = language_of(lang, request.headers.get("accept-language", ""))
    return HTMLResponse(privacy_page(await privacy_view(site), language, placement=at))
