"""`/v1/edge/system`: what runs here, on what, and how sure it is. Nothing about anybody, no secret, no address."""

import os
import platform
from collections import Counter
from importlib.metadata import version

from fastapi import APIRouter, Request
from pydantic import BaseModel

from visavis.identity.rotation import base_model
from visavis.perception.decode import MAX_BYTES, MAX_PIXELS
from visavis.server.access import PUBLIC, needs
from visavis.server.api.uploads import example
from visavis.server.limits import AT_ONCE, PICTURES
from visavis.server.permissions import Permission
from visavis.server.site import Site, site_of

router = APIRouter(prefix="/v1/edge", tags=["system"])


class ModelView(BaseModel):
    """One network of the pack."""

    kind: str
    file: str
    size: int  # bytes
    sha256: str
    licence: str
    source: str


A_PACK = {
    "name": "default-face",
    "version": "1",
    "model": "default-face@0123456789ab",
    "licences": ["MIT", "CC0-1.0"],
    "models": [
        {
            "kind": "embedder",
            "file": "embedder.onnx",
            "size": 22466066,
            "sha256": "0123456789ab…",
            "licence": "CC0-1.0",
            "source": "face_recognition_models 0.3.0",
        }
    ],
}


class PackView(BaseModel):
    """The face pack that is loaded."""

    model_config = example(A_PACK)

    name: str
    version: str
    model: str  # what templates are pinned to
    licences: list[str]
    models: list[ModelView]


class GalleryView(BaseModel):
    """Templates that compare and those that wait: each is pinned to the model that made it."""

    model: str
    members: int
    by_face: int  # members with at least one template that compares
    templates: int
    other_models: dict[str, int]  # model -> templates at rest that this pack cannot use: enrol these members again
    search: str  # "exact", or the scan that is proved to find the same


class ThresholdView(BaseModel):
    """The comparison score that holds the asked error rate at this gallery size."""

    score: float
    false_positive_rate: float  # asked for the whole gallery (FPIR)
    false_match_rate: float  # of one comparison that follows from it (FMR)
    impostor_pairs: int
    evidence: str


class MonitorsView(BaseModel):
    """Cameras that the site watches by itself."""

    wanted: int
    connected: int


class LimitsView(BaseModel):
    """What one request and one minute may hold."""

    image_bytes: int
    image_pixels: int
    requests_a_minute: int
    pictures_at_once: int


class SystemView(BaseModel):
    """The edge as it is now."""

    model_config = example(
        {
            "version": "0.1.0",
            "site": "site-1",
            "scenario": "sample",
            "uptime_s": 86400,
            "python": "3.12.3",
            "platform": "Linux-x86_64",
            "cores": 2,
            "onnxruntime": "1.23.0",
            "pack": A_PACK,
            "gallery": {
                "model": "default-face@0123456789ab",
                "members": 120,
                "by_face": 96,
                "templates": 288,
                "other_models": {},
            },
            "threshold": {
                "score": 0.66,
                "false_positive_rate": 0.001,
                "false_match_rate": 3.5e-06,
                "impostor_pairs": 499500,
                "evidence": "1,000 people",
            },
            "review": "off",
            "reviews_open": 0,
            "monitors": {"wanted": 2, "connected": 2},
            "limits": {
                "image_bytes": 8000000,
                "image_pixels": 25000000,
                "requests_a_minute": 120,
                "pictures_at_once": 2,
            },
        }
    )

    version: str
    site: str
    scenario: str
    uptime_s: int
    python: str
    platform: str
    cores: int
    onnxruntime: str
    pack: PackView
    gallery: GalleryView
    threshold: ThresholdView
    review: str
    reviews_open: int
    monitors: MonitorsView
    limits: LimitsView


@router.get("/system", dependencies=[needs(Permission.READ_SYSTEM)])
async def system(request: Request) -> SystemView:
    """Versions, the face pack with its licences, the gallery with its model, and the threshold with its evidence."""
    site = site_of(request)
    return SystemView(
        version=version("visavis"),
        site=site.settings.site,
        scenario=site.scenario.name,
        uptime_s=int((site.clock.now() - site.started_at).total_seconds()),
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}",
        cores=len(os.sched_getaffinity(0)),
        onnxruntime=version("onnxruntime"),
        pack=pack_view(site),
        gallery=gallery_view(site),
        threshold=threshold_view(site),
        review=site.reviews.mode.value,
        reviews_open=len(await site.reviews.open()),
        monitors=await monitors_view(site),
        limits=LimitsView(
            image_bytes=MAX_BYTES, image_pixels=MAX_PIXELS, requests_a_minute=PICTURES.burst, pictures_at_once=AT_ONCE
        ),
    )


@router.get("/pack", dependencies=[PUBLIC])
async def pack(request: Request) -> PackView:
    """The face pack that is loaded: each network with its checksum, licence and source."""
    return pack_view(site_of(request))


def pack_view(site: Site) -> PackView:
    """What the manifest says."""
    manifest = site.pack
    return PackView(
        name=manifest.name,
        version=manifest.version,
        model=manifest.model_id,
        licences=list(dict.fromkeys(model.licence for model in manifest.models)),
        models=[
            ModelView(
                kind=model.kind.value,
                file=model.file,
                size=model.size,
                sha256=model.sha256,
                licence=model.licence,
                source=model.source,
            )
            for model in manifest.models
        ],
    )


def gallery_view(site: Site) -> GalleryView:
    """How many there are; never who."""
    edge = site.edge
    model = edge.observer.model
    models = Counter(base_model(t.model) for member in edge.members.values() for t in member.templates)
    usable = models.pop(model, 0)
    return GalleryView(
        model=model,
        members=len(edge.members),
        by_face=edge.gallery.members,
        templates=usable,
        other_models=dict(models),
        search="exact" if edge.gallery.exact or edge.gallery.proof is None else edge.gallery.proof.method,
    )


async def monitors_view(site: Site) -> MonitorsView:
    """How many should run, and how many give pictures here."""
    wanted = [monitor.name for monitor in await site.monitors.all() if monitor.enabled]
    states = site.monitors.states()
    return MonitorsView(wanted=len(wanted), connected=sum(name in states and states[name].connected for name in wanted))


def threshold_view(site: Site) -> ThresholdView:
    """The live threshold."""
    threshold = site.edge.threshold
    return ThresholdView(
        score=round(threshold.score, 4),
        false_positive_rate=site.edge.false_match_rate,
        false_match_rate=threshold.false_match_rate,
        impostor_pairs=threshold.impostor_pairs,
        evidence=threshold.evidence,
    )
