"""`/v1/staff`: who the server takes a caller for."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from visavis.server.access import PUBLIC, principal_of
from visavis.server.api.uploads import example

router = APIRouter(prefix="/v1/staff", tags=["staff"])


class Whoever(BaseModel):
    """Who asks, and what they may do."""

    model_config = example(
        {"kind": "key", "site": "site-1", "id": "k3v9qd2x", "role": None, "permissions": ["events.send"]}
    )

    kind: str
    site: str
    id: str
    role: str | None
    permissions: list[str]


@router.get("/me", dependencies=[PUBLIC])
async def whoever(request: Request) -> Whoever:
    """Who the server takes the caller for, by cookie or API key; nobody is `anonymous`."""
    by = await principal_of(request)
    return Whoever(kind=by.kind, site=by.site, id=by.id, role=by.role, permissions=sorted(by.permissions))
