"""`/v1/staff` and `/v1/audit`: who may come in, and what was done to whom. Adding is the command line's."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from visavis.server.access import PUBLIC, needs, principal_of
from visavis.server.api.uploads import example
from visavis.server.permissions import Permission
from visavis.server.principal import Principal
from visavis.server.readings import EVERYBODY, Look, Why
from visavis.server.site import site_of
from visavis.server.staff_read import StaffRead
from visavis.types import ApiKey, Staff

router = APIRouter(prefix="/v1", tags=["staff"])

StaffManager = Annotated[Principal, needs(Permission.MANAGE_STAFF)]
KeyManager = Annotated[Principal, needs(Permission.MANAGE_KEYS)]


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


A_PERSON = {
    "id": "5f1c…",
    "login": "ada",
    "role": "administrator",
    "state": "active",
    "second_factor": True,
    "created_at": "2026-01-05T09:00:00Z",
}


class Person(BaseModel):
    """Somebody of the staff; the audit log knows them by id."""

    model_config = example(A_PERSON)

    id: str
    login: str
    role: str
    state: str
    second_factor: bool
    created_at: datetime


class People(BaseModel):
    """By login."""

    model_config = example({"staff": [A_PERSON]})

    staff: list[Person]


A_KEY = {
    "prefix": "k3v9qd2x",
    "name": "till 3",
    "scopes": ["events.send"],
    "created_at": "2026-01-05T09:00:00Z",
    "expires_at": "2026-04-05T09:00:00Z",
    "revoked_at": None,
    "last_used": "2026-01-06",
}


class Key(BaseModel):
    """An API key, without what is secret."""

    model_config = example(A_KEY)

    prefix: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used: date | None


class Keys(BaseModel):
    """Oldest first."""

    model_config = example({"keys": [A_KEY]})

    keys: list[Key]


class Entry(BaseModel):
    """One entry of the audit log; people by pseudonym, staff by id."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, str]
    sha256: str


class Entries(BaseModel):
    """In order; ask on with the last `seq`."""

    model_config = example(
        {
            "half": "hub",
            "entries": [
                {
                    "seq": 12,
                    "at": "2026-01-05T09:00:00Z",
                    "actor": "staff 5f1c…",
                    "action": "signed_in",
                    "subject": "5f1c…",
                    "detail": {},
                    "sha256": "0123456789ab…",
                }
            ],
        }
    )

    half: str
    entries: list[Entry]


@router.get("/staff/me", dependencies=[PUBLIC])
async def whoever(request: Request) -> Whoever:
    """Who the server takes the caller for, by cookie or API key; nobody is `anonymous`."""
    by = await principal_of(request)
    return Whoever(kind=by.kind, site=by.site, id=by.id, role=by.role, permissions=sorted(by.permissions))


@router.get("/staff")
async def everybody(request: Request, _: StaffManager) -> People:
    """Everybody who has an account."""
    return People(staff=[person_view(one) for one in await site_of(request).accounts.people.all()])


@router.post("/staff/{login}/disable")
async def disable(request: Request, login: Annotated[str, Path(max_length=64)], by: StaffManager) -> Person:
    """Refuse a person from now on; every session ends. `visavis staff reset` lets them in again."""
    return person_view(await site_of(request).accounts.people.disable(login, by=by.actor))


@router.get("/staff/keys")
async def keys(request: Request, _: KeyManager) -> Keys:
    """Every API key, without what is secret."""
    return Keys(keys=[key_view(one) for one in await site_of(request).accounts.keys.all()])


@router.delete("/staff/keys/{prefix}")
async def revoke(request: Request, prefix: Annotated[str, Path(max_length=16)], by: KeyManager) -> Key:
    """Refuse a key from now on."""
    return key_view(await site_of(request).accounts.keys.revoke(prefix, by=by.actor))


@router.get("/audit/{half}", dependencies=[needs(Permission.READ_AUDIT)])
async def audit(
    request: Request,
    half: Literal["edge", "hub"],
    look: Annotated[Look, Depends(StaffRead(Why.AUDIT))],
    after: Annotated[int, Query(ge=0, description="`seq` of the last entry that is known.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Entries:
    """What was done to whom, in order. That it was looked at is written down first."""
    await look.at([EVERYBODY])
    storage = site_of(request).storage
    log = storage.audit if half == "edge" else storage.hub_audit
    entries = await log.after(after, limit)
    return Entries(
        half=half,
        entries=[
            Entry(
                seq=entry.seq,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                detail=dict(entry.detail),
                sha256=entry.sha256,
            )
            for entry in entries
        ],
    )


def person_view(staff: Staff) -> Person:
    """Without what proves who they are."""
    return Person(
        id=staff.id,
        login=staff.login,
        role=staff.role,
        state=staff.state,
        second_factor=staff.sealed_totp is not None,
        created_at=staff.created_at,
    )


def key_view(key: ApiKey) -> Key:
    """Without its digest."""
    return Key(
        prefix=key.prefix,
        name=key.name,
        scopes=list(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used=key.last_used,
    )
