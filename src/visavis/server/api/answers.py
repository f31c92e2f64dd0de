"""What the edge's routes answer, as the OpenAPI document tells it; a field that is not named here does not leave."""

from typing import Any

from pydantic import BaseModel

from visavis.server.api.shots import ShotView
from visavis.server.api.uploads import example

Said = dict[str, str]
"""Language -> text."""

AN_ITEM = {
    "id": "green-tea",
    "category": "coffee-tea",
    "category_title": {"en": "Coffee and tea", "zh-CN": "咖啡与茶"},
    "title": {"en": "Green tea", "zh-CN": "绿茶"},
    "text": {"en": "Fresh leaves.", "zh-CN": "新茶。"},
    "price": 4.5,
    "currency": "EUR",
    "art": "/art/sample/coffee-tea.svg",
}
A_DECISION = {
    "decision_id": "9d2f…",
    "placement": "entrance",
    "item": AN_ITEM,
    "reasons": [
        {
            "code": "likes_category",
            "detail": {"category": "coffee-tea"},
            "text": {"en": "You often choose from “Coffee and tea”.", "zh-CN": "您经常选择“咖啡与茶”。"},
        }
    ],
    "decided_at": "2026-01-05T09:00:00+00:00",
}
A_CONSENT = {
    "id": "c1a4…",
    "purpose": "recognise",
    "given_at": "2026-01-05T09:00:00+00:00",
    "expires_at": "2027-01-05T09:00:00+00:00",
    "live": True,
}
A_GREETING: dict[str, Any] = {
    "method": "pin",
    "greeting": {"en": "Hello Grace", "zh-CN": "你好，Grace"},
    "session": "uT3…",
    "decision": A_DECISION,
    "ask": [],
    "withheld": None,
    "news": None,
}
A_RECEIPT = {"id": "c1a4…", "purpose": "recognise", "expires_at": "2027-01-05T09:00:00", "jws": "eyJ…"}


class ItemView(BaseModel):
    """What is offered."""

    id: str
    category: str
    category_title: Said
    title: Said
    text: Said
    price: float | None
    currency: str | None
    art: str


class ReasonView(BaseModel):
    """One answer to "why this?": a code for programs, and the words in each language."""

    code: str
    detail: Said
    text: Said


class DecisionView(BaseModel):
    """What was decided; nothing about the member."""

    decision_id: str
    placement: str
    item: ItemView
    reasons: list[ReasonView]
    decided_at: str


class Greeted(BaseModel):
    """A member who was just known."""

    model_config = example(A_GREETING)

    method: str
    greeting: Said
    session: str  # for the routes under /me, a few minutes long
    decision: DecisionView | None
    ask: list[str]  # purposes to ask about again: the notice is new, or the consent has run out
    withheld: str | None = None  # what is not shown here, since others may see it: others (are in view), screen
    news: str | None = None  # what happened to the member's data since the last visit: face_unused, face_expired


class NoticeView(BaseModel):
    """What the person reads for one purpose."""

    purpose: str
    version: str
    required: bool
    title: Said
    text: Said
    sha256: Said  # of the exact text in each language; enrolment repeats it


class Notices(BaseModel):
    """All that is read before joining."""

    model_config = example(
        {
            "scenario": "sample",
            "title": {"en": "Shop", "zh-CN": "商店"},
            "site": "site-1",
            "minimum_age": 18,
            "guardian_consents": False,
            "written_release": False,
            "camera_allowed": True,
            "faces": "on",
            "liveness": {"enrolment": "off", "consent_change": "off", "rewards": "off"},
            "notices": [
                {
                    "purpose": "recognise",
                    "version": "1",
                    "required": False,
                    "title": {"en": "Know me by my face", "zh-CN": "通过面部识别我"},
                    "text": {"en": "What it means.", "zh-CN": "这意味着什么。"},
                    "sha256": {"en": "5c0e…", "zh-CN": "b1f2…"},
                }
            ],
        }
    )

    scenario: str
    title: Said
    site: str
    minimum_age: int  # the higher of scenario and law; declared, never asked as a number
    guardian_consents: bool  # below it a parent or guardian may consent
    written_release: bool  # a signature before the first picture
    camera_allowed: bool
    faces: str  # "on", or why not: switched_off, jurisdiction, no_assessment, stale_assessment
    liveness: Said  # what asks for a check -> which
    notices: list[NoticeView]


class Receipt(BaseModel):
    """A consent, signed by the site (compact JWS, Ed25519)."""

    id: str
    purpose: str
    expires_at: str
    jws: str


class ChangeReceipt(BaseModel):
    """A consent, or its end, signed by the site."""

    id: str
    jws: str


class Joined(BaseModel):
    """A new member; PIN and card are told this once."""

    model_config = example(
        {
            "session": "uT3…",
            "greeting": {"en": "Hello Grace", "zh-CN": "你好，Grace"},
            "decision": A_DECISION,
            "pin": "0123456789",
            "card": "VV1-…",
            "card_svg": "<svg …/>",
            "receipts": [A_RECEIPT],
            "recognised_by_face": True,
            "card_needed": False,
            "images": [
                {"index": 0, "accepted": True, "reasons": [], "warnings": []},
                {"index": 1, "accepted": False, "reasons": ["blurred"], "warnings": []},
            ],
        }
    )

    session: str
    greeting: Said
    decision: DecisionView | None
    pin: str
    card: str
    card_svg: str
    receipts: list[Receipt]
    recognised_by_face: bool
    card_needed: bool  # the face is compared when the card is shown, and nothing opens without it
    images: list[ShotView]


class ConsentView(BaseModel):
    """One consent, and whether the gate lets its purpose pass now."""

    id: str
    purpose: str
    given_at: str
    expires_at: str
    live: bool


class Me(BaseModel):
    """What the site keeps of the member who is here."""

    model_config = example(
        {
            "nickname": "Grace",
            "held": False,
            "locale": "en",
            "enrolled_at": "2026-01-05T09:00:00+00:00",
            "consents": [A_CONSENT],
            "decision": None,
            "ask": [],
        }
    )

    nickname: str
    held: bool  # only the member's card, which did not open this visit, tells the nickname
    locale: str
    enrolled_at: str
    consents: list[ConsentView]
    decision: DecisionView | None
    ask: list[str]


class Consents(BaseModel):
    """Every consent after the change, and a receipt of each change."""

    model_config = example({"consents": [A_CONSENT | {"live": False}], "receipts": [{"id": "w7…", "jws": "eyJ…"}]})

    consents: list[ConsentView]
    receipts: list[ChangeReceipt]


class Deletion(BaseModel):
    """What was removed and when; signed."""

    id: str
    deleted_at: str
    removed: dict[str, int]
    signature: str


class Forgotten(BaseModel):
    """The receipt that is left."""

    model_config = example(
        {
            "receipt": {
                "id": "77ab…",
                "deleted_at": "2026-01-05T09:00:00+00:00",
                "removed": {"edge": 4, "event": 12},
                "signature": "eyJ…",
            }
        }
    )

    receipt: Deletion


class Counted(BaseModel):
    """What was new; sending again changes nothing."""

    model_config = example({"accepted": 2, "duplicates": 0})

    accepted: int
    duplicates: int


class CandidateView(BaseModel):
    """One item that might have been chosen."""

    item_id: str
    campaign_id: str
    estimate: float
    probability: float


class DecisionRecord(DecisionView):
    """A decision with all that it was made from, except for whom."""

    model_config = example(
        A_DECISION
        | {
            "candidates": [
                {"item_id": "green-tea", "campaign_id": "spring", "estimate": 0.31, "probability": 0.75},
                {"item_id": "black-tea", "campaign_id": "spring", "estimate": 0.12, "probability": 0.25},
            ],
            "propensity": 0.75,
            "draw": 0.41,
            "policy": "squarecb",
            "policy_version": 128,
            "model_version": "profile-1",
            "receipt_id": "c1a4…",
            "replays": True,
        }
    )

    candidates: list[CandidateView]
    propensity: float
    draw: float
    policy: str
    policy_version: int
    model_version: str
    receipt_id: str | None
    replays: bool | None


class Place(BaseModel):
    """Where a request breaks a rule."""

    place: str
    problem: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = example(
        {
            "type": "urn:visavis:problem:no-face-found",
            "code": "no-face-found",
            "title": "No face was found.",
            "status": 422,
            "detail": "No face was found. Look into the camera from arm's length, with light on the face.",
        }
    )

    type: str
    code: str
    title: str
    status: int
    detail: str
    errors: list[Place] | None = None  # of a request that is malformed
    images: list[ShotView] | None = None  # of an enrolment from which no image could be used
