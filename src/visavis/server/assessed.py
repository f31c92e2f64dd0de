"""What `visavis assess` works on: the site as it would start now, without starting it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from visavis.config import Settings
from visavis.perception.packs import chosen_pack, read_manifest
from visavis.ports import AuditLog, KeyProvider
from visavis.privacy.assessment.answers import CONTACT, Answers, check_complete
from visavis.privacy.assessment.configuration import Configuration
from visavis.privacy.assessment.document import Assessment
from visavis.privacy.assessment.signing import Signed, Standing, public_key, read_file, sign, standing, write_file
from visavis.privacy.jurisdiction import Jurisdiction, load_jurisdiction
from visavis.privacy.roots import RootFile
from visavis.scenarios.loader import load_scenario
from visavis.server.assessments import configuration_of
from visavis.server.cameras import camera_specs
from visavis.server.faces_allowed import FacesAllowed, faces_allowed
from visavis.server.keys import open_keys, root_of
from visavis.server.liveness import levels_of
from visavis.server.site import Progress
from visavis.server.wall_clock import WallClock
from visavis.storage.database import open_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A site, its assessment, and what that means for faces."""

    settings: Settings
    configuration: Configuration
    law: Jurisdiction
    audit: AuditLog
    root: RootFile

    def standing(self) -> Standing:
        """Of the signed assessment that is there; a site without a key has none, and gets no key by asking."""
        if not self.root.exists:
            return Standing(trouble="missing")
        text = read_file(self.settings.assessment_file)
        return standing(text, public_key(self._keys(make=False)), self.configuration.facts())

    def faces(self) -> FacesAllowed:
        """What the next start would say."""
        return faces_allowed(self.settings, self.law, self.standing())

    def overdue(self, today: date) -> bool:
        """Whether the day has passed by which people wanted to look at it again."""
        signed = self.standing().signed
        day = str(signed.answers.get("review_by", "")) if signed else ""
        return bool(day) and date.fromisoformat(day) < today

    def draft(self, answers: Answers) -> Assessment:
        """With these answers, for the configuration that is live."""
        said = {**answers, CONTACT: self.settings.contact}
        return Assessment(facts=self.configuration.facts(), answers=said, demonstration=self.settings.demonstration)

    async def sign(self, answers: Answers) -> Signed:
        """Sign and keep; raises AssessmentIncomplete with what is missing."""
        draft = self.draft(answers)
        check_complete(draft.answers)
        now = WallClock().now()
        signed = Signed(
            configuration=draft.facts,
            answers=draft.answers,
            role=answers["signer_role"],
            signed_at=now,
            demonstration=self.settings.demonstration,
        )
        write_file(self.settings.assessment_file, sign(self._keys(make=True), signed))
        await self._note(signed, now)
        return signed

    async def _note(self, signed: Signed, now: datetime) -> None:
        detail = {"configuration": signed.sha256}
        await self.audit.append(actor="cli", action="assessment_signed", subject="", detail=detail, at=now)

    def public_key(self) -> bytes | None:
        """Of the site; None before it has a key."""
        return public_key(self._keys(make=False)) if self.root.exists else None

    def _keys(self, *, make: bool) -> KeyProvider:
        return open_keys(self.settings, root=self.root, make=make)


def as_signed(found: Standing) -> Assessment | None:
    """The document that was signed, with what has changed since."""
    signed = found.signed
    if signed is None:
        return None
    return Assessment(
        facts=signed.configuration,
        answers=signed.answers,
        signed_at=signed.signed_at,
        demonstration=signed.demonstration,
        changed=found.changed,
    )


@asynccontextmanager
async def assessed(settings: Settings, *, progress: Progress, root: RootFile | None = None) -> AsyncIterator[Assessed]:
    """Open what is needed to know the configuration: scenario, law, face pack, and the cameras in the database."""
    root = root or root_of(settings)  # before other programs are started, which would inherit its secrets
    scenario, law = load_scenario(settings.scenario), load_jurisdiction(settings.jurisdiction)
    pack = read_manifest(chosen_pack(settings.face_pack, settings.packs_dir, progress))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        configuration = configuration_of(
            settings,
            scenario=scenario,
            pack=pack,
            law=law,
            liveness=levels_of(scenario, settings.liveness),
            cameras=camera_specs(settings),
            monitors=await storage.monitors.all(),
        )
        yield Assessed(settings=settings, configuration=configuration, law=law, audit=storage.audit, root=root)
