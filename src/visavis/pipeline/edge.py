"""The edge's half of the story: frame -> faces -> sighting. Images, embeddings and names end here."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.errors import (
    ConsentMissing,
    CredentialRefused,
    FacesOff,
    KeyDestroyed,
    KeyHeld,
    MemberUnknown,
    PlacementUnknown,
    StorageError,
    VisavisError,
)
from visavis.identity.drift import CalibrationCheck, check_calibration
from visavis.identity.enrol import (
    NO_NAME,
    Enrolment,
    enrol,
    for_hub,
    nickname,
    open_templates,
    withdrawals,
    without_templates,
)
from visavis.identity.fuse import fused
from visavis.identity.gallery import Gallery
from visavis.identity.identify import Recognition, identify
from visavis.identity.rotation import Rotations, base_model, version_of
from visavis.identity.threshold import CalibrationRow, Threshold, for_gallery, for_rate
from visavis.perception.decode import decode_image
from visavis.perception.observe import Observer, enrolment_face
from visavis.ports import AuditLog, Clock, ConsentLedger, ErasureList, HubLink, KeyProvider, Roster, VisitLog
from visavis.privacy.consent import permit, to_ask
from visavis.privacy.declared import OF_AGE, Declared, check_declared
from visavis.privacy.erasure import EVERYTHING, digest
from visavis.privacy.holder import keys_with
from visavis.privacy.jurisdiction import Jurisdiction
from visavis.privacy.pseudonym import credential_digest, holder_of
from visavis.privacy.receipts import deletion_receipt
from visavis.types import (
    Consent,
    Decision,
    DeletionReceipt,
    Embedding,
    Erased,
    Face,
    Frame,
    Member,
    MemberId,
    Method,
    Purpose,
    Scenario,
    Sighting,
    Withdrawal,
)

FUSED = "fused"  # the gallery holds one row a member: the mean of their templates
SAME_PERSON_RATE = 0.01  # photos of one enrolment: another person's would pass this often


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """A member who was just known, for the kiosk that they stand at."""

    member_id: MemberId
    nickname: str = field(repr=False)
    sighting: Sighting
    decision: Decision | None
    template_id: str | None = None  # the member's template that was nearest; None for card and PIN
    holder: bytes = field(default=b"", repr=False)  # what their card adds to their key, if they showed it
    ask: tuple[Purpose, ...] = ()  # what they allowed on an older notice, or too long ago: they are asked again
    news: str | None = None  # what happened to their data since the last visit, told once


class Hold(Protocol):
    """Whether a match waits for a person instead of being greeted."""

    async def __call__(
        self, member: Member, hit: Recognition, template_id: str | None, *, placement: str, at: datetime
    ) -> bool: ...


@dataclass(slots=True, kw_only=True)
class Edge:
    """The machine with the camera: it knows faces and members, and tells the hub tokens."""

    site: str
    scenario: Scenario
    observer: Observer
    calibration: Sequence[CalibrationRow]
    false_match_rate: float  # of the whole gallery (FPIR)
    keys: KeyProvider
    roster: Roster
    ledger: ConsentLedger
    erasures: ErasureList
    link: HubLink
    audit: AuditLog
    clock: Clock
    ids: Callable[[], str]
    members: dict[MemberId, Member] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)  # of templates that were corrected; others weigh 1
    shares: dict[MemberId, float] = field(default_factory=dict)  # of the error rate, where less than all of it
    visits: VisitLog | None = None  # None: nobody counts them
    hold: Hold | None = None  # asked before a member is greeted by face
    law: Jurisdiction | None = None  # of the place; None: none asks for anything
    held: bool = False  # protection level L2: a face is compared with one card's member, and none is searched for
    faces_off: str = ""  # why no face may be used at this site; empty: they may
    gallery: Gallery = field(init=False)
    rotations: Rotations = field(init=False)
    _shots: dict[MemberId, int] = field(default_factory=dict)  # templates that are fused in the gallery
    _lapsed: set[MemberId] = field(default_factory=set)  # out of it for want of consent, until that may have changed
    _came: dict[MemberId, date] = field(default_factory=dict)  # who was counted today

    def __post_init__(self) -> None:
        self.rotations = Rotations(self.keys, self.observer.model, self.observer.dim)
        self.gallery = Gallery(model=self.rotations.model, dim=self.observer.dim)

    # ------ gallery

    async def load(self) -> int:
        """Bring the gallery in line with the roster; number of members. Called at start and when the roster changes."""
        now = {member.id: member for member in await self.roster.members()}
        self._keep_up([template.model for member in now.values() for template in member.templates])
        for gone in self.members.keys() - now.keys():
            self._drop(gone)
        for member in now.values():
            if self.members.get(member.id) != member or member.id in self._lapsed:
                self._admit(member)
        return len(self.members)

    def _keep_up(self, models: Sequence[str]) -> None:
        """Use the newest rotation that a template is in; a gallery in another one starts again."""
        ours = [version_of(model) for model in models if base_model(model) == self.observer.model]
        newest = max(ours, default=0)
        if newest > self.rotations.version:
            self.rotations.version = newest
            self.gallery = Gallery(model=self.rotations.model, dim=self.observer.dim)
            self.members.clear()
            self._shots.clear()

    def enrolled(self) -> int:
        """People with a template at rest, whether or not it may be used."""
        return sum(bool(member.templates) for member in self.members.values())

    def check_faces(self) -> None:
        """Raises FacesOff where no face may be used."""
        if self.faces_off:
            raise FacesOff(self.faces_off)

    def switch_faces(self, off: str) -> None:
        """Let faces be used, or say why not; the gallery follows at once."""
        self.faces_off = off
        for member in list(self.members.values()):
            self._admit(member)

    def _admit(self, member: Member) -> None:
        self._drop(member.id)
        self._lapsed.discard(member.id)
        self.members[member.id] = member
        templates = [] if self.faces_off or self.held else self.opened(member)
        if templates:
            weights = [self.weights.get(template_id, 1.0) for template_id, _ in templates]
            self._shots[member.id] = sum(weight > 0 for weight in weights) or len(weights)
            self.gallery.add(member.id, FUSED, fused([embedding for _, embedding in templates], weights))

    def _drop(self, member_id: MemberId) -> None:
        self.members.pop(member_id, None)
        self._shots.pop(member_id, None)
        self._came.pop(member_id, None)
        self.gallery.drop(member_id)

    def opened(self, member: Member, holder: bytes = b"") -> list[tuple[str, Embedding]]:
        """Id and embedding, in the rotation in use, of each template that the site opens, or the member's card does."""
        try:
            opened = open_templates(member, keys_with(self.keys, holder), self.observer.model)
        except (KeyDestroyed, KeyHeld):
            return []  # forgotten, though its row came back; or only the member's card opens it
        turned = self.rotations.turned([embedding for _, embedding in opened])
        return [(template_id, embedding) for (template_id, _), embedding in zip(opened, turned, strict=True)]

    def trust(self, member_id: MemberId, *, weights: Mapping[str, float], share: float) -> None:
        """Let templates count less, and the member use up less of the error rate, from the next frame on."""
        if share == self.shares.get(member_id, 1.0) and all(
            weight == self.weights.get(template_id, 1.0) for template_id, weight in weights.items()
        ):
            return
        self.shares[member_id] = share
        self.reweigh(member_id, weights)

    def reweigh(self, member_id: MemberId, weights: Mapping[str, float]) -> None:
        """Let templates count more or less from the next frame on; 0 leaves one out."""
        self.weights |= weights
        self._admit(self.member(member_id))

    @property
    def threshold(self) -> Threshold:
        """The comparison score of one shot and one template that holds the error rate at the current gallery size."""
        return for_gallery(self.calibration, self.false_match_rate, len(self.gallery))

    def embed(self, frame: Frame, faces: Sequence[Face]) -> tuple[Embedding, ...]:
        """Embeddings as this site compares and stores them: in its own rotation; raises FacesOff."""
        self.check_faces()
        return self.rotations.turned(self.observer.embed(frame, faces))

    def identify(self, shots: Sequence[Embedding], *, share: float = 1.0) -> Recognition | None:
        """The member whom these shots of one person show; None for a stranger.

        Args:
            shots: At least one.
            share: Of the promised error rate, that this look may use up: a stranger who is looked at several times
                gets as many chances to be mistaken.
        """
        rate = self.false_match_rate * share

        def threshold_of(member_id: MemberId) -> Threshold:
            templates = self._shots.get(member_id, 1)
            allowed = rate * self.shares.get(member_id, 1.0)
            return for_gallery(self.calibration, allowed, len(self.gallery), templates=templates, shots=len(shots))

        gallery = self.gallery  # one of another rotation may take its place meanwhile, also between two shots
        turned = self.rotations.turned(shots, version_of(gallery.model))
        (recognition,) = identify((fused(turned),), gallery, threshold_of)
        return recognition

    def check_calibration(self, rng: np.random.Generator, most: int = 500) -> CalibrationCheck:
        """Whether the promised error rate holds among this site's own members, at most so many of them asked."""
        ids = sorted(self._shots)
        chosen = [ids[k] for k in rng.permutation(len(ids))[:most]]
        members = []
        for member_id in chosen:
            member = self.members.get(member_id)
            templates = [template for _, template in self.opened(member)] if member else []
            if templates:
                members.append((member_id, fused(templates), len(templates)))

        def threshold_of(member_id: MemberId, shots: int) -> Threshold:
            return for_gallery(
                self.calibration,
                self.false_match_rate,
                len(self.gallery),
                templates=self._shots.get(member_id, 1),
                shots=shots,
            )

        return check_calibration(members, self.gallery, threshold_of, self.false_match_rate)

    def nearest_template(self, member: Member, shots: Sequence[Embedding], holder: bytes = b"") -> str | None:
        """Id of the member's template that is most like these shots."""
        probe = fused(self.rotations.turned(shots)).vector
        scores = {template_id: float(template.vector @ probe) for template_id, template in self.opened(member, holder)}
        return max(scores, key=scores.__getitem__, default=None)

    # ------ known by face

    def check_placement(self, placement: str) -> None:
        """Raises PlacementUnknown for one that the scenario does not have."""
        if placement not in self.scenario.placements:
            raise PlacementUnknown(repr(placement[:64]))

    async def recognised(
        self,
        recognition: Recognition,
        shots: Sequence[Embedding],
        *,
        placement: str,
        people_in_view: int,
        at: datetime,
        holder: bytes = b"",
    ) -> Welcome | None:
        """Pass a recognition through the gate and on to the hub; None when consent has ended meanwhile."""
        member = self.members.get(recognition.member_id)
        if member is None:
            return None
        try:
            consent = await self.permitted(member, Purpose.RECOGNISE)
        except ConsentMissing:
            self.gallery.drop(member.id)
            self._lapsed.add(member.id)
            return None
        template_id = self.nearest_template(member, shots, holder)
        if self.hold is not None and await self.hold(member, recognition, template_id, placement=placement, at=at):
            return None
        return await self._welcome(
            member,
            method=Method.FACE,
            placement=placement,
            people_in_view=people_in_view,
            at=at,
            consent=consent,
            hit=recognition,
            template_id=template_id,
            holder=holder,
        )

    # ------ known by card or PIN: a face is never the only way

    async def presented(self, secret: str, *, method: Method, placement: str) -> Welcome:
        """Know a member by card or PIN, which they show themselves: it needs no consent, and personalises nothing.

        Raises:
            CredentialRefused: The same for every reason.
        """
        self.check_placement(placement)
        member = await self.roster.find(credential_digest(self.keys, secret))
        if member is None:
            raise CredentialRefused
        now, holder = self.clock.now(), self.holder(member, secret) if method is Method.CARD else b""
        return await self._welcome(member, method=method, placement=placement, people_in_view=1, at=now, holder=holder)

    async def _welcome(
        self,
        member: Member,
        *,
        method: Method,
        placement: str,
        people_in_view: int,
        at: datetime,
        consent: Consent | None = None,
        hit: Recognition | None = None,
        template_id: str | None = None,
        holder: bytes = b"",
    ) -> Welcome:
        """Tell the hub that the member stands there, and the kiosk who it is.

        Of a member who does not allow to personalise, the hub hears that somebody stands there, and no more.
        """
        history = await self.ledger.history(member.id)
        personal = self._live(history, Purpose.PERSONALISE)
        receipt = consent or personal
        sighting = Sighting(
            id=self.ids(),
            token=member.token,
            site=self.site,
            scenario=self.scenario.name,
            placement=placement,
            method=method,
            score=hit.score if hit else None,
            false_match_rate=hit.threshold.false_match_rate if hit else None,
            receipt_id=receipt.id if receipt else None,
            people_in_view=people_in_view,
            seen_at=at,
        )
        if personal is not None:
            decision = await self.link.sighted(sighting)
        else:
            decision = await self.link.anybody(placement, people_in_view=people_in_view)
        return Welcome(
            member_id=member.id,
            nickname=self._name(member, holder),
            sighting=sighting,
            decision=decision,
            template_id=template_id,
            holder=holder,
            ask=self.asks(history),
            news=await self._visited(member.id, at.date()),
        )

    async def _visited(self, member_id: MemberId, day: date) -> str | None:
        """Count the visit, once a day; what waited to be told."""
        if self.visits is None or self._came.get(member_id) == day:
            return None
        news = await self.visits.came(member_id, day)
        self._came[member_id] = day
        return news

    async def permitted(self, member: Member, purpose: Purpose) -> Consent:
        """The live receipt for this purpose; raises ConsentMissing."""
        return self._gate(await self.ledger.history(member.id), purpose)

    def _live(self, history: Sequence[Consent | Withdrawal], purpose: Purpose) -> Consent | None:
        try:
            return self._gate(history, purpose)
        except ConsentMissing:
            return None

    def asks(self, history: Sequence[Consent | Withdrawal]) -> tuple[Purpose, ...]:
        """What a member is asked again; nothing about faces where none may be used."""
        purposes = to_ask(history, scenario=self.scenario, site=self.site, at=self.clock.now())
        return tuple(p for p in purposes if not (self.faces_off and p is Purpose.RECOGNISE))

    def _gate(self, history: Sequence[Consent | Withdrawal], purpose: Purpose) -> Consent:
        return permit(
            history,
            purpose=purpose,
            scenario=self.scenario.name,
            site=self.site,
            notice_version=self.scenario.notices[purpose].version,
            at=self.clock.now(),
        )

    # ------ enrolment

    @property
    def minimum_age(self) -> int:
        """From which somebody may join by themselves."""
        return self.scenario.minimum_age if self.law is None else self.law.age(self.scenario.minimum_age)

    def check_declared(self, declared: Declared, *, face: bool) -> None:
        """Raises AgeRefused, GuardianMissing or ReleaseMissing."""
        if self.law is not None:
            check_declared(declared, self.law, minimum_age=self.scenario.minimum_age, face=face)

    async def enrol(
        self,
        *,
        photos: Sequence[bytes],
        name: str,
        locale: str,
        consents: Sequence[Purpose],
        declared: Declared = OF_AGE,
    ) -> Enrolment:
        """Make a member of a person; nothing is written unless everything holds.

        Args:
            photos: Zero to five images; none when the person uses card or PIN only.
            name: Nickname for the greeting.
            locale: Language in which the notices were read.
            consents: Purposes that the person ticked.
            declared: Their age, guardian and signature.

        Raises:
            AgeRefused, GuardianMissing, ReleaseMissing: From `privacy.declared`.
            InputRefused: A photo, the name or the set of photos cannot be used.
            ConsentMissing: A required consent, or that for the photos, was not given.
            FacesOff: There are photos, and no face may be used here.
        """
        self.check_declared(declared, face=bool(photos))
        embeddings = await asyncio.to_thread(self._embed_photos, photos) if photos else ()
        return await self.enrol_embedded(embeddings, name=name, locale=locale, consents=consents, declared=declared)

    async def enrol_embedded(
        self,
        embeddings: Sequence[Embedding],
        *,
        name: str,
        locale: str,
        consents: Sequence[Purpose],
        declared: Declared = OF_AGE,
    ) -> Enrolment:
        """The same, of photos that were looked at before; raises as `enrol` does."""
        self.check_declared(declared, face=bool(embeddings))
        if embeddings:
            self.check_faces()
        embeddings = self.rotations.turned(embeddings)
        enrolment = self._enrolment(embeddings, name=name, locale=locale, consents=consents, declared=declared)
        while any([await self.roster.find(digest) for digest in enrolment.member.credentials]):
            # Ten digits repeat now and then; a PIN must never open another member's page.
            self.keys.destroy([enrolment.member.wrapped_key])
            enrolment = self._enrolment(embeddings, name=name, locale=locale, consents=consents, declared=declared)
        member = enrolment.member
        try:
            # The hub first: what a failure leaves there are receipts of a token that nobody has.
            await self.link.consented(enrolment.consents_hub)
            await self.roster.save(member, enrolment.consents_edge)
            await self.note("enrolled", member, {"templates": str(len(member.templates))})
        except BaseException:  # nobody is recognised who was told that it did not work
            self.keys.destroy([member.wrapped_key])
            with suppress(VisavisError):
                await self.roster.remove(member.id)
            raise
        self._admit(member)
        return enrolment

    def _enrolment(
        self,
        embeddings: Sequence[Embedding],
        *,
        name: str,
        locale: str,
        consents: Sequence[Purpose],
        declared: Declared,
    ) -> Enrolment:
        return enrol(
            nickname=name,
            locale=locale,
            site=self.site,
            scenario=self.scenario,
            embeddings=embeddings,
            purposes=consents,
            same_person=for_rate(self.calibration, SAME_PERSON_RATE).score,
            keys=self.keys,
            now=self.clock.now(),
            ids=self.ids,
            declared=declared,
            held=self.held,
        )

    def _embed_photos(self, photos: Sequence[bytes]) -> tuple[Embedding, ...]:
        return tuple(self._embed_photo(decode_image(photo)) for photo in photos)

    def _embed_photo(self, pixels: NDArray[np.uint8]) -> Embedding:
        frame = Frame(pixels=pixels, source="enrolment", captured_at=self.clock.now())
        face = enrolment_face(self.observer.observe(frame))
        return self.embed(frame, (face,))[0]

    async def keep(self, member: Member, action: str, detail: Mapping[str, str]) -> None:
        """Write a member who changed; the next frame sees it.

        Raises:
            MemberUnknown: Another process forgot them.
            StorageError: Another process changed them; what it left is seen now.
        """
        if not await self.roster.save(member, before=self.member(member.id)):
            await self.load()
            self.member(member.id)
            raise StorageError("the member was changed at the same time")
        self._admit(member)
        await self.note(action, member, detail)

    def templates(self, member_id: MemberId, holder: bytes = b"") -> tuple[Embedding, ...]:
        """Templates of a member that this model made; at level L2, those that the card opens."""
        return tuple(embedding for _, embedding in self.opened(self.member(member_id), holder))

    # ------ rights

    def nickname(self, member_id: MemberId, holder: bytes = b"") -> str:
        """The name for the greeting; raises KeyHeld when only the member's card opens it."""
        return nickname(self.member(member_id), keys_with(self.keys, holder))

    def is_held(self, member: Member) -> bool:
        """Whether only the member's card opens anything of theirs."""
        try:
            nickname(member, self.keys)
        except KeyHeld:
            return True
        return False

    def holder(self, member: Member, card: str) -> bytes:
        """What a card adds to the key of its member; empty where it adds nothing."""
        return holder_of(card) if self.held or self.is_held(member) else b""

    def _name(self, member: Member, holder: bytes) -> str:
        return NO_NAME if not holder and self.is_held(member) else nickname(member, keys_with(self.keys, holder))

    def member(self, member_id: MemberId) -> Member:
        """Raises MemberUnknown after withdrawal."""
        try:
            return self.members[member_id]
        except KeyError:
            raise MemberUnknown from None

    async def consents(self, member_id: MemberId) -> Sequence[Consent | Withdrawal]:
        """All that the member allowed and withdrew."""
        return await self.ledger.history(member_id)

    async def withdraw(
        self, member_id: MemberId, purpose: Purpose, *, method: str, holder: bytes = b""
    ) -> tuple[Withdrawal, ...]:
        """End one consent, and what was kept because of it; the member stays.

        The end of RECOGNISE destroys the templates and their key, here and in every backup; that of PERSONALISE erases
        all that the hub knows of them.
        """
        member = await self.fresh(member_id)
        await self._list(member, purpose.value)
        if purpose is Purpose.RECOGNISE:
            self.gallery.drop(member_id)
        history = await self.ledger.history(member_id)
        ended = withdrawals(history, [purpose], method=method, now=self.clock.now(), ids=self.ids)
        # The hub first, and all of it: when half of this fails and is asked for again, nothing is left out.
        if purpose is Purpose.PERSONALISE:
            await self.link.forget(member.token)
        await self.link.consented(for_hub([*history, *ended], member))
        while True:
            after = self._bare(member, holder) if purpose is Purpose.RECOGNISE else member
            if await self.roster.save(after, ended, before=member):
                break
            member = await self.fresh(member_id)  # another process was first
        self._admit(after)
        await self.note("withdrawn", member, {"purpose": purpose.value, "method": method})
        return ended

    def _bare(self, member: Member, holder: bytes) -> Member:
        """The member without templates, whose key is destroyed before their rows go: what is left opens no more."""
        bare = without_templates(member, keys_with(self.keys, holder))
        self.keys.destroy([member.wrapped_key])
        return bare

    async def fresh(self, member_id: MemberId) -> Member:
        """A member as the roster has them now; raises MemberUnknown when another process forgot them."""
        member = await self.roster.find(self.member(member_id).credentials[0])
        if member is None or member.id != member_id:
            self._drop(member_id)
            raise MemberUnknown
        return member

    async def forget(self, member_id: MemberId, *, method: str) -> DeletionReceipt:
        """End every consent, destroy the key, erase the member here and at the hub; unknown from the next frame on.

        Once the erasure list holds it, it will happen: what a crash or an absent hub cuts off, `pipeline.erasure` ends.
        """
        member = await self.fresh(member_id)
        self.gallery.drop(member_id)
        await self._list(member, EVERYTHING)
        self.keys.destroy([member.wrapped_key])
        # The hub first: only the edge knows the token, so it goes last and a failure can be repeated.
        at_hub = await self.link.forget(member.token)
        ended = withdrawals(
            await self.ledger.history(member_id), tuple(Purpose), method=method, now=self.clock.now(), ids=self.ids
        )
        removed: Mapping[str, int] = {"edge": await self.roster.remove(member_id, ended), **at_hub}
        self._drop(member_id)
        await self.note("forgotten", member, {"method": method})
        return deletion_receipt(
            self.keys, subject=member.token, site=self.site, removed=removed, at=self.clock.now(), receipt_id=self.ids()
        )

    async def _list(self, member: Member, what: str) -> None:
        entry = Erased(subject_sha256=digest(member.token), what=what, at=self.clock.now())
        await self.erasures.append([entry])

    async def note(self, action: str, member: Member, detail: Mapping[str, str]) -> None:
        await self.audit.append(actor="edge", action=action, subject=member.token, detail=detail, at=self.clock.now())
