"""Records in one word: each builder gives a valid one, and takes what the test wants different.

Their ids agree with each other: the event, the impression and the outcome answer the decision, which is the member's,
who consented; the decision's item and campaign are in the scenario.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from visavis.types import (
    ApiKey,
    Artefact,
    Campaign,
    Candidate,
    Consent,
    Correction,
    Decision,
    Device,
    Embedding,
    Event,
    EventType,
    Frame,
    Impression,
    Item,
    Localised,
    Member,
    MemberId,
    MemberState,
    Method,
    ModelKind,
    Monitor,
    Notice,
    Outcome,
    Placement,
    PolicySnapshot,
    Profile,
    Purpose,
    Reason,
    Review,
    Role,
    Scenario,
    Sealed,
    SealedTemplate,
    Sighting,
    Staff,
    StaffSession,
    StaffState,
    Stage,
    Surface,
    Token,
    Withdrawal,
)

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The time at which everything here happens: a Monday morning."""


def _said(text: str) -> Localised:
    return {"en": text, "zh-CN": text}


# ------ edge


def a_frame(**changes: Any) -> Frame:
    """48 x 64 grey pixels."""
    pixels = np.full((48, 64, 3), 128, np.uint8)
    return replace(Frame(pixels=pixels, source="camera-1", captured_at=T0), **changes)


def an_embedding(direction: int = 0, *, dim: int = 128, model: str = "sample@000000000000") -> Embedding:
    """A unit vector along one axis: two directions have a score of 0."""
    vector = np.zeros(dim, np.float32)
    vector[direction] = 1.0
    return Embedding(vector=vector, model=model)


def a_template(**changes: Any) -> SealedTemplate:
    """Bytes that look like ciphertext; nothing opens them."""
    sealed = Sealed(nonce=bytes(12), ciphertext=bytes(range(64)))
    return replace(
        SealedTemplate(id="template-1", model="sample@000000000000", sealed=sealed, created_at=T0), **changes
    )


def a_member(**changes: Any) -> Member:
    """With one template and one credential."""
    member = Member(
        id=MemberId("member-1"),
        token=Token("token-1"),
        site="site-1",
        scenario="sample",
        locale="en",
        wrapped_key=bytes(range(60)),
        nickname=Sealed(nonce=bytes(12), ciphertext=bytes(range(20))),
        credentials=(b"digest-1",),
        templates=(a_template(),),
        enrolled_at=T0,
    )
    return replace(member, **changes)


def a_sighting(**changes: Any) -> Sighting:
    """Of the member, by face, alone in view."""
    sighting = Sighting(
        id="sighting-1",
        token=Token("token-1"),
        site="site-1",
        scenario="sample",
        placement="screen",
        method=Method.FACE,
        score=0.8,
        false_match_rate=0.001,
        receipt_id="consent-1",
        people_in_view=1,
        seen_at=T0,
    )
    return replace(sighting, **changes)


def a_monitor(**changes: Any) -> Monitor:
    """At the screen, switched on; nothing opens its address."""
    monitor = Monitor(
        name="door", sealed_address=bytes(range(40)), placement="screen", max_fps=5.0, enabled=True, created_at=T0
    )
    return replace(monitor, **changes)


def a_device(**changes: Any) -> Device:
    """Paired with the screen; its key is nobody's."""
    device = Device(
        id="device-1", public_key=bytes(range(32)), placement="screen", paired_at=T0, paired_by="staff-1", seen_at=T0
    )
    return replace(device, **changes)


def a_correction(**changes: Any) -> Correction:
    """Of the member's template."""
    correction = Correction(id="correction-1", member_id=MemberId("member-1"), template_id="template-1", at=T0)
    return replace(correction, **changes)


def a_review(**changes: Any) -> Review:
    """Open for an hour: the member's template matched, barely."""
    review = Review(
        id="review-1",
        member_id=MemberId("member-1"),
        template_id="template-1",
        placement="screen",
        reason="near_threshold",
        score=0.62,
        threshold=0.61,
        asked_at=T0,
        expires_at=T0 + timedelta(hours=1),
    )
    return replace(review, **changes)


# ------ consent


def a_consent(**changes: Any) -> Consent:
    """Of the token, to personalise, for a year."""
    consent = Consent(
        id="consent-1",
        subject="token-1",
        site="site-1",
        scenario="sample",
        purpose=Purpose.PERSONALISE,
        notice_version="1",
        notice_sha256="0" * 64,
        locale="en",
        method="kiosk",
        evidence="pressed accept",
        given_at=T0,
        expires_at=T0 + timedelta(days=365),
    )
    return replace(consent, **changes)


def a_withdrawal(**changes: Any) -> Withdrawal:
    """Of `a_consent`."""
    withdrawal = Withdrawal(
        id="withdrawal-1",
        consent_id="consent-1",
        subject="token-1",
        purpose=Purpose.PERSONALISE,
        method="kiosk",
        withdrawn_at=T0 + timedelta(days=1),
    )
    return replace(withdrawal, **changes)


# ------ scenario


def an_item(**changes: Any) -> Item:
    """Public, of category "tea"."""
    return replace(Item(id="item-1", category="tea", title=_said("Green tea"), text=_said("Fresh leaves.")), **changes)


def a_placement(**changes: Any) -> Placement:
    """A kiosk: one person stands before it."""
    return replace(Placement(id="screen", name=_said("Screen"), surface=Surface.KIOSK), **changes)


def a_campaign(**changes: Any) -> Campaign:
    """Without limits."""
    return replace(Campaign(id="campaign-1", items=("item-1",)), **changes)


def a_scenario(**changes: Any) -> Scenario:
    """Three items of two categories in one campaign, one screen, five event types."""
    items = [
        an_item(),
        an_item(id="item-2", category="tea", title=_said("Black tea")),
        an_item(id="item-3", category="cake", title=_said("Lemon cake")),
    ]
    kinds = [
        EventType(kind="shown", meaning=_said("was shown")),
        EventType(kind="viewed", meaning=_said("looked at"), interest=0.2, reward=0.1, reaction=True),
        EventType(kind="tapped", meaning=_said("tapped"), interest=0.5, reward=0.4, reaction=True),
        EventType(kind="bought", meaning=_said("bought"), interest=1.0, reward=1.0, reaction=True),
        EventType(kind="visited", meaning=_said("came in")),
    ]
    notices = {
        purpose: Notice(purpose=purpose, version="1", title=_said(purpose.value), text=_said("What it means."))
        for purpose in Purpose
    }
    scenario = Scenario(
        name="sample",
        title=_said("Sample"),
        greeting=_said("Hello {nickname}"),
        notices=notices,
        consent_days=365,
        minimum_age=18,
        event_types={kind.kind: kind for kind in kinds},
        items={item.id: item for item in items},
        placements={"screen": a_placement()},
        campaigns={"campaign-1": a_campaign(items=tuple(item.id for item in items))},
        attribution_window_s=60.0,
        exploration=10.0,
    )
    return replace(scenario, **changes)


# ------ hub


def an_event(**changes: Any) -> Event:
    """A tap on the decision's item."""
    event = Event(
        id="event-1",
        kind="tapped",
        occurred_at=T0 + timedelta(seconds=5),
        token=Token("token-1"),
        scenario="sample",
        placement="screen",
        item_id="item-1",
        decision_id="decision-1",
    )
    return replace(event, **changes)


def a_profile(**changes: Any) -> Profile:
    """Of a member of whom nothing is known."""
    profile = Profile(
        token=Token("token-1"), as_of=T0, events=0, last_event_at=None, frequency_30d=0.0, affinity={}, item_interest={}
    )
    return replace(profile, **changes)


def a_decision(**changes: Any) -> Decision:
    """For the member: item-1, drawn with probability 0.5 out of three."""
    decision = Decision(
        id="decision-1",
        site="site-1",
        scenario="sample",
        placement="screen",
        token=Token("token-1"),
        sighting_id="sighting-1",
        receipt_id="consent-1",
        item_id="item-1",
        campaign_id="campaign-1",
        candidates=tuple(Candidate(item_id=f"item-{n}", campaign_id="campaign-1", score=1 / n) for n in (1, 2, 3)),
        probabilities=(0.5, 0.25, 0.25),
        estimates=(0.3, 0.1, 0.1),
        policy="squarecb",
        policy_version=0,
        model_version="profile-1",
        features=(0.5, 1.0),
        draw=0.25,
        reasons=(Reason(code="likes_category", detail={"category": "tea"}),),
        decided_at=T0,
    )
    return replace(decision, **changes)


def an_artefact(**changes: Any) -> Artefact:
    """A behaviour model of two files that was not saved yet."""
    artefact = Artefact(
        kind=ModelKind.BEHAVIOUR,
        scenario="sample",
        files={"network.onnx": b"\x08\x0a weights", "card.md": b"# Card\n"},
        meta={"seed": 7, "figures": {"accuracy": 0.5}},
        made_at=T0,
    )
    return replace(artefact, **changes)


def a_snapshot(**changes: Any) -> PolicySnapshot:
    """Version 1, with two arrays."""
    state = {"precision": np.eye(2), "response": np.array([0.5, -1.0])}
    return replace(PolicySnapshot(policy="squarecb", scenario="sample", version=1, state=state, made_at=T0), **changes)


def an_impression(**changes: Any) -> Impression:
    """The decision on the glass."""
    impression = Impression(
        id="impression-1", decision_id="decision-1", placement="screen", item_id="item-1", stage=Stage.ON_GLASS, at=T0
    )
    return replace(impression, **changes)


def an_outcome(**changes: Any) -> Outcome:
    """The tap's reward."""
    outcome = Outcome(
        id="outcome-1",
        decision_id="decision-1",
        kind="tapped",
        reward=0.4,
        first=True,
        event_id="event-1",
        attributed_at=T0 + timedelta(seconds=5),
    )
    return replace(outcome, **changes)


# ------ staff


def a_staff(**changes: Any) -> Staff:
    """An operator without a second factor; nobody knows a password with this hash."""
    staff = Staff(
        id="staff-1",
        site="site-1",
        login="ada",
        password_hash="$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",  # noqa: S106 - not a password
        role=Role.OPERATOR,
        state=StaffState.ACTIVE,
        created_at=T0,
    )
    return replace(staff, **changes)


def a_staff_session(**changes: Any) -> StaffSession:
    """Of that operator, complete, for eight hours."""
    session = StaffSession(
        digest=bytes(32),
        staff_id="staff-1",
        complete=True,
        started_at=T0,
        seen_at=T0,
        ends_at=T0 + timedelta(hours=8),
    )
    return replace(session, **changes)


def an_api_key(**changes: Any) -> ApiKey:
    """For a till, for 90 days."""
    key = ApiKey(
        prefix="tilltill",
        site="site-1",
        name="till 3",
        digest=bytes(32),
        scopes=("events.send",),
        created_at=T0,
        expires_at=T0 + timedelta(days=90),
    )
    return replace(key, **changes)


def a_state(**changes: Any) -> MemberState:
    """Of one event, without a network."""
    state = MemberState(
        token=Token("token-1"), scenario="sample", model="sums-1", events=1, last_at=T0, last_id="event-1"
    )
    return replace(state, **changes)
