"""`/v1`: what players and business systems tell the hub, and what they ask it."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from visavis.errors import DecisionUnknown, EventRefused
from visavis.recommend.decide import replay
from visavis.recommend.policies import build_policy
from visavis.server.access import check_place, device, needs, principal_in
from visavis.server.api.answers import Counted, DecisionRecord
from visavis.server.api.uploads import example
from visavis.server.permissions import Permission
from visavis.server.principal import Kind
from visavis.server.screens import decision_view
from visavis.server.site import Site, site_of
from visavis.types import Event, Impression, Placement, PolicyName, Stage, Token

router = APIRouter(prefix="/v1", tags=["hub"])

MAX_BATCH = 1000
MAX_BODY = 2_000_000
CLOCK_SKEW = timedelta(minutes=5)

StageName = Literal["delivered", "rendered", "on_glass", "ended"]


class Played(BaseModel):
    """One stage of a play, as the player saw it."""

    model_config = example({"decision_id": "9d2f…", "stage": "on_glass", "at": "2026-01-05T09:00:00Z"})

    decision_id: str = Field(max_length=64)
    stage: StageName
    at: AwareDatetime


class EventData(BaseModel):
    """What the event says."""

    model_config = ConfigDict(extra="forbid")

    decision_id: str | None = Field(default=None, max_length=64)
    item_id: str | None = Field(default=None, max_length=64)
    member: str | None = Field(default=None, max_length=64, description="The member's token, from a business system.")
    value: float = Field(default=0.0, allow_inf_nan=False)
    dwell_s: float = Field(default=0.0, ge=0, allow_inf_nan=False, description="How long they stayed with it.")


class CloudEvent(BaseModel):
    """CloudEvents 1.0, structured mode; other attributes are ignored as the specification asks."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=128)
    source: str = Field(min_length=1, max_length=256)
    type: str = Field(min_length=1, max_length=64)
    time: AwareDatetime
    data: EventData = EventData()


AN_EVENT = {
    "specversion": "1.0",
    "id": "4711",
    "source": "/tills/3",
    "type": "purchase",
    "time": "2026-01-05T09:05:00Z",
    "data": {"decision_id": "9d2f…", "item_id": "green-tea", "value": 4.5},
}
EVENTS_BODY = {  # the route reads the body itself, bounded
    "required": True,
    "content": {"application/json": {"schema": {"type": ["object", "array"], "examples": [AN_EVENT]}}},
}


async def known_placement(request: Request, placement: str) -> Placement:
    """Refuses an unknown placement, and another device's, before a stream has begun."""
    await check_place(request, placement)
    return site_of(request).hub.placement(placement)


@router.get("/play/{placement}/stream", response_class=EventSourceResponse, dependencies=[device(Permission.PLAY)])
async def stream(
    request: Request,
    screen: Annotated[Placement, Depends(known_placement)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Decisions for one screen as they are made, after the neutral house loop."""
    async for event in site_of(request).screens.stream(screen, last_event_id):
        yield event


@router.post(
    "/play/{placement}/stages", status_code=202, response_model=Counted, dependencies=[device(Permission.PLAY)]
)
async def stages(request: Request, placement: str, body: Played | list[Played]) -> dict[str, int]:
    """Proof of play; sending a stage again changes nothing."""
    site = site_of(request)
    await check_place(request, placement)
    plays = body if isinstance(body, list) else [body]
    if len(plays) > MAX_BATCH:
        raise EventRefused(f"at most {MAX_BATCH} stages a request")
    accepted = await site.hub.played([await impression(site, placement, play) for play in plays])
    return {"accepted": accepted, "duplicates": len(plays) - accepted}


async def impression(site: Site, placement: str, play: Played) -> Impression:
    """The record of a stage; its id follows from decision and stage, so that a repeated report is the same."""
    decision = await site.hub.decisions.get(play.decision_id)
    if decision is None or decision.placement != placement:
        raise DecisionUnknown
    return Impression(
        id=str(uuid5(NAMESPACE_URL, f"visavis:{decision.id}:{play.stage}")),
        decision_id=decision.id,
        placement=placement,
        item_id=decision.item_id,
        stage=Stage[play.stage.upper()],
        at=checked_time(site, play.at),
    )


def checked_time(site: Site, at: datetime) -> datetime:
    """A time in UTC that is not in the future; small differences between clocks are forgiven."""
    now = site.clock.now()
    at = at.astimezone(now.tzinfo)
    if at > now + CLOCK_SKEW:
        raise EventRefused("time: lies in the future; check the clock of the sender")
    return min(at, now)


@router.post(
    "/events",
    status_code=202,
    response_model=Counted,
    openapi_extra={"requestBody": EVENTS_BODY},
    dependencies=[device(Permission.SEND_EVENTS)],
)
async def events(request: Request) -> dict[str, int]:
    """CloudEvents, one or a JSON array; acknowledged when durable, and counted once however often they are sent."""
    site = site_of(request)
    incoming = parse_events(await bounded_body(request))
    if principal_in(request).kind is Kind.DEVICE:
        await check_own(request, incoming)
    accepted = await site.hub.happened([to_event(site, event) for event in incoming])
    return {"accepted": accepted, "duplicates": len(incoming) - accepted}


async def check_own(request: Request, incoming: Sequence[CloudEvent]) -> None:
    """A screen tells what came of its own decisions, and nothing else; raises EventRefused, DeviceRefused."""
    site = site_of(request)
    for event in incoming:
        decision_id = event.data.decision_id
        if decision_id is None or event.data.member is not None:
            raise EventRefused("a screen sends events about its own decisions only")
        found = await site.hub.decisions.get(decision_id)
        if found is not None:
            await check_place(request, found.placement)


async def bounded_body(request: Request) -> bytes:
    """The body; refuses before it holds more than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise EventRefused(f"more than {MAX_BODY // 1_000_000} MB; send smaller batches")
    return bytes(body)


def parse_events(body: bytes) -> list[CloudEvent]:
    """Every event of the body, or EventRefused with the place of the first mistake."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise EventRefused("the body is not JSON") from None
    batch = document if isinstance(document, list) else [document]
    if len(batch) > MAX_BATCH:
        raise EventRefused(f"{len(batch)} events; at most {MAX_BATCH} a request")
    events = []
    for number, item in enumerate(batch):
        try:
            events.append(CloudEvent.model_validate(item))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "event"
            raise EventRefused(f"event {number}, {place}: {first['msg']}") from None
    return events


def to_event(site: Site, event: CloudEvent) -> Event:
    """CloudEvents' identity is source and id together, so ours is derived from both."""
    return Event(
        id=str(uuid5(NAMESPACE_URL, f"{event.source}\n{event.id}")),
        kind=event.type,
        occurred_at=checked_time(site, event.time),
        token=Token(event.data.member) if event.data.member else None,
        item_id=event.data.item_id,
        decision_id=event.data.decision_id,
        value=event.data.value,
        dwell_s=event.data.dwell_s,
    )


@router.get("/decisions/{decision_id}", response_model=DecisionRecord, dependencies=[needs(Permission.READ_DECISIONS)])
async def decision(request: Request, decision_id: str) -> dict[str, Any]:
    """A decision with all that it was made from, except for whom."""
    site = site_of(request)
    found = await site.hub.decisions.get(decision_id)
    if found is None:
        raise DecisionUnknown
    ours = site.hub.policy
    policy = ours if found.policy == ours.name else build_policy(site.scenario, PolicyName(found.policy))
    return decision_view(found, site.scenario) | {
        "candidates": [
            {"item_id": c.item_id, "campaign_id": c.campaign_id, "estimate": e, "probability": p}
            for c, e, p in zip(found.candidates, found.estimates, found.probabilities, strict=True)
        ],
        "propensity": found.propensity,
        "draw": found.draw,
        "policy": found.policy,
        "policy_version": found.policy_version,
        "model_version": found.model_version,
        "receipt_id": found.receipt_id,
        "replays": replay(found, policy),
    }
