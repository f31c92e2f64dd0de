"""`/v1/edge`: faces in pictures. Nothing is kept; no answer holds an embedding, a landmark or a crop."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel

from visavis.errors import ConsentMissing
from visavis.pipeline.compare import compare
from visavis.server.access import needs
from visavis.server.api.uploads import Picture, example, frame_of
from visavis.server.callers import asking
from visavis.server.permissions import Permission
from visavis.server.principal import Principal
from visavis.server.site import Site, site_of
from visavis.types import Face

router = APIRouter(prefix="/v1/edge", tags=["faces"])

MAX_FACES = 100


class Box(BaseModel):
    """Where a face is, in pixels of the upright picture: x to the right, y down."""

    left: float
    top: float
    right: float
    bottom: float


class FaceView(BaseModel):
    """One face and how well it could be compared; nothing about who it is."""

    box: Box
    confidence: float
    usable: bool
    reasons: list[str]
    yaw_deg: float
    eye_distance_px: float
    sharpness: float
    brightness: float


A_FACE = {
    "box": {"left": 212.0, "top": 96.5, "right": 371.0, "bottom": 300.0},
    "confidence": 0.998,
    "usable": False,
    "reasons": ["too_dark"],
    "yaw_deg": -4.1,
    "eye_distance_px": 63.2,
    "sharpness": 6.4,
    "brightness": 21.0,
}


class Detected(BaseModel):
    """The faces of a picture, largest first."""

    model_config = example({"width": 640, "height": 480, "faces": [A_FACE]})

    width: int
    height: int
    faces: list[FaceView]


class Compared(BaseModel):
    """Whether two pictures show one person, and how often two different people would be called one."""

    model_config = example(
        {
            "same_person": True,
            "false_match_rate": 0.001,
            "impostor_pairs": 499500,
            "evidence": "folder of 1,000 people; extrapolated beyond 2e-05",
            "score": 0.83,
            "threshold": 0.61,
        }
    )

    same_person: bool
    false_match_rate: float
    impostor_pairs: int
    evidence: str
    score: float | None  # for who may read scores; rounded
    threshold: float | None


def face_view(face: Face) -> FaceView:
    """What may be said of a face."""
    left, top, right, bottom = (round(float(v), 1) for v in face.box)
    quality = face.quality
    return FaceView(
        box=Box(left=left, top=top, right=right, bottom=bottom),
        confidence=round(face.confidence, 3),
        usable=quality.usable,
        reasons=list(quality.reasons),
        yaw_deg=round(quality.yaw_deg, 1),
        eye_distance_px=round(quality.eye_distance_px, 1),
        sharpness=round(quality.sharpness, 2),
        brightness=round(quality.brightness, 1),
    )


@router.post("/detect", dependencies=[needs(Permission.COMPARE_FACES)])
async def detect(
    request: Request, image: Picture, max_faces: Annotated[int, Form(ge=1, le=MAX_FACES)] = MAX_FACES
) -> Detected:
    """Faces of one picture with their quality; nobody is compared with anybody. No face is an empty list."""
    site = site_of(request)
    site.edge.check_faces()
    async with site.limits.turn(*asking(request)):
        frame = await frame_of(site, image)
        faces = await site.observe(frame)
    height, width = frame.pixels.shape[:2]
    return Detected(width=width, height=height, faces=[face_view(face) for face in faces[:max_faces]])


@router.post("/compare")
async def compare_two(
    request: Request,
    by: Annotated[Principal, needs(Permission.COMPARE_FACES)],
    first: Picture,
    second: Picture,
    consent: Annotated[bool, Form(description="Both people agreed to this comparison; recorded in the audit log.")],
    false_match_rate: Annotated[
        float | None, Form(gt=0, lt=0.5, description="How often two different people may be called one.")
    ] = None,
) -> Compared:
    """Two pictures: one person? Both people agreed, as the caller declares; nothing is kept but that declaration."""
    site = site_of(request)
    site.edge.check_faces()
    if not consent:
        raise ConsentMissing("declare that both people agreed: consent=true")
    rate = site.settings.false_match_rate if false_match_rate is None else false_match_rate
    async with site.limits.turn(*asking(request)):
        frames = (await frame_of(site, first), await frame_of(site, second))
        await declared(site, "compared")
        found = await asyncio.to_thread(compare, site.edge, frames, rate)
    scores = by.may(Permission.READ_SCORES)
    return Compared(
        same_person=found.same_person,
        false_match_rate=found.threshold.false_match_rate,
        impostor_pairs=found.threshold.impostor_pairs,
        evidence=found.threshold.evidence,
        score=round(found.score, 2) if scores else None,
        threshold=round(found.threshold.score, 2) if scores else None,
    )


async def declared(site: Site, action: str) -> None:
    """The caller's declaration in the audit log: about nobody in particular, so without a subject."""
    await site.edge.audit.append(
        actor="api", action=action, subject="", detail={"declared": "both people agreed"}, at=site.clock.now()
    )
