"""What anybody may know about a site's privacy: the page and its JSON twin say the same."""

from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel

from visavis.privacy.consent import notice_sha256
from visavis.server.api.answers import NoticeView, Said
from visavis.server.api.uploads import example
from visavis.server.retention import lines_of
from visavis.server.site import Site
from visavis.types import Purpose


class ContactView(BaseModel):
    """A person to call; empty fields where nobody is named."""

    role: str
    phone: str
    email: str


class LawView(BaseModel):
    """The profile that is followed."""

    name: str
    title: Said


class KeptView(BaseModel):
    """One line of the retention schedule, and the last time that the job looked."""

    category: str
    since: str  # last_visit, consent_end, made, departure
    days: int | None  # None: no job deletes it
    last_run: datetime | None
    removed: int | None  # by that run


class PrivacyView(BaseModel):
    """The whole page."""

    model_config = example(
        {
            "site": "site-1",
            "title": {"en": "Shop", "zh-CN": "商店"},
            "demonstration": False,
            "contact": {"role": "Data protection officer", "phone": "+49 30 123456", "email": "privacy@example.org"},
            "jurisdiction": {"name": "EU", "title": {"en": "European Union", "zh-CN": "欧盟"}},
            "faces": "on",
            "alternatives": ["card", "pin"],
            "withdraw_at": ["kiosk", "desk"],
            "minimum_age": 16,
            "guardian_consents": True,
            "written_release": False,
            "consent_days": 365,
            "purposes": [
                {
                    "purpose": "recognise",
                    "version": "1",
                    "required": False,
                    "title": {"en": "Know me by my face", "zh-CN": "通过面部识别我"},
                    "text": {"en": "What it means.", "zh-CN": "这意味着什么。"},
                    "sha256": {"en": "5c0e…", "zh-CN": "b1f2…"},
                }
            ],
            "retention": [
                {
                    "category": "biometric",
                    "since": "last_visit",
                    "days": 365,
                    "last_run": "2026-01-05T09:00:00Z",
                    "removed": 2,
                }
            ],
        }
    )

    site: str
    title: Said
    demonstration: bool
    contact: ContactView
    jurisdiction: LawView
    faces: str  # "on", or why not
    alternatives: list[str]
    withdraw_at: list[str]
    minimum_age: int
    guardian_consents: bool
    written_release: bool
    consent_days: int
    purposes: list[NoticeView]
    retention: list[KeptView]


async def privacy_view(site: Site) -> PrivacyView:
    """As it is now; raises StorageError."""
    settings, scenario, law = site.settings, site.scenario, site.law
    return PrivacyView(
        site=settings.site,
        title=dict(scenario.title),
        demonstration=settings.demonstration,
        contact=ContactView(role=settings.contact_role, phone=settings.contact_phone, email=settings.contact_email),
        jurisdiction=LawView(name=law.name, title=law.title.model_dump(by_alias=True)),
        faces=site.faces.use.value,
        alternatives=["card", "pin"],
        withdraw_at=["kiosk", "desk"],
        minimum_age=site.edge.minimum_age,
        guardian_consents=law.guardian_consents_below,
        written_release=law.written_release,
        consent_days=scenario.consent_days,
        purposes=notice_views(site),
        retention=await kept_views(site),
    )


def notice_views(site: Site) -> list[NoticeView]:
    """What may be allowed here: nothing about faces where there are none."""
    return [
        NoticeView(
            purpose=notice.purpose.value,
            version=notice.version,
            required=notice.required,
            title=dict(notice.title),
            text=dict(notice.text),
            sha256={locale: notice_sha256(notice, locale) for locale in notice.text},
        )
        for notice in site.scenario.notices.values()
        if notice.purpose is not Purpose.RECOGNISE or site.faces.on
    ]


async def kept_views(site: Site) -> list[KeptView]:
    """The schedule in its order."""
    lines = lines_of(site.retention.job.rules, await site.storage.visits.runs())
    return [KeptView(**asdict(line)) for line in lines]
