"""The composition root: builds every adapter from the top down and hands the finished site to the routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import numpy as np
import structlog
from numpy.typing import NDArray
from starlette.requests import HTTPConnection

from visavis.config import Protection, Settings
from visavis.errors import SettingInvalid, StorageError
from visavis.perception.liveness.scorer import LiveScorer
from visavis.perception.observe import Observer
from visavis.perception.packs import Manifest, Pack, chosen_pack, load_pack
from visavis.pipeline.camera import Camera, Seen
from visavis.pipeline.corrections import Corrections
from visavis.pipeline.edge import Edge
from visavis.pipeline.erasure import Erasures, Replayed, replay
from visavis.pipeline.hub import Hub
from visavis.pipeline.learner import Learner
from visavis.pipeline.notary import Notary
from visavis.pipeline.rights import Rights
from visavis.pipeline.watch import CameraSpec, Watch
from visavis.ports import Clock
from visavis.privacy.assessment.configuration import Configuration
from visavis.privacy.assessment.signing import Standing
from visavis.privacy.erasure import FileErasures
from visavis.privacy.jurisdiction import Jurisdiction, load_jurisdiction
from visavis.privacy.keys import SiteKey
from visavis.privacy.receipts import Terms, sign_receipt, withdrawal_receipt
from visavis.privacy.registry import Registry
from visavis.recommend.policies import build_policy
from visavis.scenarios.loader import load_scenario
from visavis.server.accounts.accounts import Accounts, open_accounts
from visavis.server.accuracy import Accuracy
from visavis.server.assessments import configuration_of, standing_of
from visavis.server.cameras import camera_specs, site_watch, watching
from visavis.server.devices import Devices
from visavis.server.faces_allowed import FacesAllowed, FaceUse, faces_allowed
from visavis.server.guarding import Guarding
from visavis.server.handoffs import Handoffs
from visavis.server.keys import open_keys, root_of
from visavis.server.limits import Limits
from visavis.server.liveness import Gate, levels_of
from visavis.server.loops import Loops, forever
from visavis.server.models import registry_of
from visavis.server.monitors import Monitors
from visavis.server.notaries import site_notaries
from visavis.server.readings import Readings
from visavis.server.retention import Retain
from visavis.server.reviews import Mode, Reviews
from visavis.server.screens import ScreenChannel
from visavis.server.serving import Serving
from visavis.server.sessions import Sessions
from visavis.server.tally import Tally
from visavis.server.terms import places_of, terms_of
from visavis.server.wall_clock import WallClock
from visavis.storage.database import Storage, open_storage
from visavis.types import (
    Consent,
    DeletionReceipt,
    Face,
    Frame,
    Member,
    MemberId,
    Purpose,
    Scenario,
    Surface,
    Withdrawal,
)

log = structlog.get_logger()

Progress = Callable[[str, float], None]

UNDECIDED = FacesAllowed(use=FaceUse.NO_ASSESSMENT)  # until the assessment has been looked at
PREVIEW_FACE_PX = 20  # of a picture that is at most 640 pixels wide


@dataclass(slots=True, kw_only=True)
class Site:
    """Everything that the routes of one process use."""

    settings: Settings
    scenario: Scenario
    law: Jurisdiction  # what the place asks
    faces: FacesAllowed = UNDECIDED
    configuration: Configuration = field(init=False)  # what an impact assessment has to describe
    standing: Standing = field(init=False)  # of the one that is there
    storage: Storage
    edge: Edge
    hub: Hub
    learner: Learner
    keys: SiteKey
    erasures: Erasures
    notaries: tuple[Notary, ...]  # one a half
    screens: ScreenChannel
    sessions: Sessions
    limits: Limits
    handoffs: Handoffs = field(init=False)
    tally: Tally
    clock: Clock
    watch: Watch = field(init=False)  # cameras that run beside the requests
    pack: Manifest  # of the face pack that is loaded
    scorer: LiveScorer | None = None  # the pack's model of liveness
    liveness: Gate = field(init=False)
    preview_observer: Observer  # finds smaller faces than the cameras look for: what it misses would be seen
    monitors: Monitors = field(init=False)
    corrections: Corrections = field(init=False)
    accuracy: Accuracy = field(init=False)
    reviews: Reviews = field(init=False)
    retention: Retain = field(init=False)
    guarding: Guarding = field(init=False)  # promoted policies, and what takes them back
    readings: Readings = field(init=False)
    serving: Serving = field(init=False)  # models and states of members
    started_at: datetime = field(init=False)
    accounts: Accounts = field(init=False)  # who of the staff may do what
    devices: Devices = field(init=False)  # kiosks and screens that are paired

    def __post_init__(self) -> None:
        self.watch = site_watch(self)
        self.handoffs = Handoffs(self.clock)
        self.liveness = Gate(
            scenario=self.scenario,
            least=self.settings.liveness,
            attended=self.settings.attended,
            scorer=self.scorer,
            clock=self.clock,
        )
        self.monitors = Monitors(self)
        self.devices = Devices(self)
        self.corrections = Corrections(edge=self.edge, log=self.storage.corrections)
        self.accuracy = Accuracy(log=self.storage.accuracy, edge=self.edge, clock=self.clock)
        self.reviews = Reviews(
            mode=Mode(self.settings.review),
            edge=self.edge,
            queue=self.storage.reviews,
            corrections=self.corrections,
            wrong=self.accuracy.not_me,
        )
        self.edge.hold = self.reviews.hold
        self.retention = Retain(self)
        self.guarding = Guarding(self)
        self.serving = Serving(self)
        self.tally.served.hub = self.hub
        self.hub.following.timed = self.tally.profile_s.time
        self.tally.enrolled.set_function(self.edge.enrolled)
        self.readings = Readings(audit=self.storage.audit, clock=self.clock)
        self.started_at = self.clock.now()
        self.accounts = open_accounts(
            self.settings.site, self.storage, self.keys, self.clock, lifetimes=self.settings.staff_sessions
        )

    def frame(self, pixels: NDArray[np.uint8], *, source: str) -> Frame:
        """A picture that was taken now."""
        return Frame(pixels=pixels, source=source, captured_at=self.clock.now())

    async def see(self, camera: Camera, frame: Frame) -> Seen:
        """One frame through a camera, counted; raises FacesOff."""
        self.edge.check_faces()
        with self.tally.perception_s.time():
            seen = await camera.see(frame)
        self.tally.saw(seen)
        self.accuracy.saw(camera.placement, seen)
        return seen

    async def observe(self, frame: Frame) -> tuple[Face, ...]:
        """Faces of a frame that is compared with nobody; raises FacesOff."""
        self.edge.check_faces()
        return await asyncio.to_thread(self.edge.observer.observe, frame)

    async def forget(self, member_id: MemberId, *, method: str) -> DeletionReceipt:
        """Forget a member; their sessions end and their offers leave the screens."""
        member = self.edge.member(member_id)
        receipt = await self.edge.forget(member_id, method=method)
        self.dropped(member)
        return receipt

    async def withdraw(
        self, member_id: MemberId, purpose: Purpose, *, method: str, holder: bytes = b""
    ) -> tuple[Withdrawal, ...]:
        """End one consent; what was chosen by it leaves the screens."""
        ended = await self.edge.withdraw(member_id, purpose, method=method, holder=holder)
        await self.screens.drop_erased()
        return ended

    @property
    def terms(self) -> Terms:
        """What holds for every consent here."""
        return terms_of(self.settings, self.scenario)

    @property
    def models(self) -> Registry:
        """Trained models."""
        return registry_of(self.storage, self.keys, self.clock)

    @property
    def rights(self) -> Rights:
        """For requests of members."""
        storage = self.storage
        return Rights(
            edge=self.edge,
            events=storage.events,
            edge_held=storage.edge_held,
            hub_held=storage.hub_held,
            terms=self.terms,
            places=places_of(self.settings),
        )

    def receipt(self, consent: Consent) -> str:
        """A consent as the member may keep it: signed by the site."""
        return sign_receipt(self.edge.keys, consent, self.terms)

    async def ends(self, member_id: MemberId, ended: Sequence[Withdrawal]) -> list[dict[str, str]]:
        """Withdrawals as the member may keep them."""
        consents = {e.id: e for e in await self.edge.consents(member_id) if isinstance(e, Consent)}
        return [
            {"id": end.id, "jws": withdrawal_receipt(self.edge.keys, end, consents[end.consent_id], self.terms)}
            for end in ended
        ]

    def pages(self) -> dict[str, str]:
        """Name and path of each page, for a person to open."""
        kiosk = next((p.id for p in self.scenario.placements.values() if p.surface is Surface.KIOSK), None)
        first = kiosk or next(iter(self.scenario.placements))
        return {"kiosk": f"/kiosk?placement={first}", "screen": f"/play/{first}", "console": "/console/"}

    async def allow_faces(self, cameras: Sequence[CameraSpec]) -> None:
        """Decide for the life of this process whether faces are on: the assessment has to fit what runs."""
        self.configuration = configuration_of(
            self.settings,
            scenario=self.scenario,
            pack=self.pack,
            law=self.law,
            liveness=levels_of(self.scenario, self.settings.liveness),
            cameras=cameras,
            monitors=await self.storage.monitors.all(),
        )
        self.standing = standing_of(self.settings, self.keys, self.configuration, self.clock.now())
        self.faces = faces_allowed(self.settings, self.law, self.standing)
        self.edge.switch_faces("" if self.faces.on else self.faces.use.value)  # what changed is for staff alone

    async def replay_erasures(self) -> None:
        """Erase again whom an older database brought back."""
        done = await replay(self.edge, self.storage.eraser, done=self.dropped)
        if done != Replayed():
            log.warning("erasures_replayed", members=done.members, tokens=done.tokens, consents=done.consents)

    def dropped(self, member: Member) -> None:
        """Their sessions end and their offers leave the screens."""
        self.sessions.end(member.id)
        self.screens.take_down(member.token)


def site_of(connection: HTTPConnection) -> Site:
    """The site that serves this request."""
    site: Site = connection.app.state.site
    return site


@asynccontextmanager
async def open_site(settings: Settings, *, progress: Progress) -> AsyncIterator[Site]:
    """Everything, running; closed in the opposite order."""
    cameras = camera_specs(settings)
    scenario, law = load_scenario(settings.scenario), load_jurisdiction(settings.jurisdiction)
    pack = load_pack(await asyncio.to_thread(chosen_pack, settings.face_pack, settings.packs_dir, progress))
    if not pack.manifest.calibration:
        name = pack.manifest.name
        how = f"visavis packs calibrate ./people --pack {name} --write"
        raise SettingInvalid(f"face_pack: {name} has no thresholds; measure them: `{how}`")
    root = root_of(settings)  # before other programs are started, which would inherit its secrets
    progress("starting the database", 0.0)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        progress("starting the database", 1.0)
        if not root.exists and await storage.roster.members():
            raise SettingInvalid(f"site key: {root.path} is missing; restore it, nothing opens without it")
        keys = await asyncio.to_thread(open_keys, settings, root=root, make=True)
        site = _compose(settings, scenario, law, pack, storage, keys)
        await site.allow_faces(cameras)
        await site.erasures.align()
        await site.replay_erasures()
        members = await site.edge.load()
        await site.corrections.load()
        await site.devices.load()
        log.info("site_open", site=settings.site, scenario=scenario.name, members=members)
        if site.edge.faces_off:
            log.warning("faces_off", why=site.faces.reason, cameras_not_started=len(cameras))
        tasks = [asyncio.create_task(forever(loop)) for loop in Loops(site).all]
        try:
            async with watching(site, () if site.edge.faces_off else cameras):
                tasks += [asyncio.create_task(forever(loop)) for loop in (site.monitors.follow, site.monitors.report)]
                yield site
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(StorageError):  # counts alone, and they are not worth a failed stop
                await site.accuracy.flush()
            keys.release()


def _compose(
    settings: Settings, scenario: Scenario, law: Jurisdiction, pack: Pack, storage: Storage, keys: SiteKey
) -> Site:
    clock, tally, ids = WallClock(), Tally(), lambda: str(uuid4())
    erasures = Erasures(FileErasures(settings.erasures_file), storage.erasures)
    rng, limits = np.random.default_rng(settings.seed), Limits(clock)
    screens = ScreenChannel(
        scenario=scenario,
        signals=storage.signals,
        decisions=storage.decisions,
        clock=clock,
        tally=tally,
        show_s=settings.show_s,
    )
    hub = Hub(
        site=settings.site,
        scenario=scenario,
        ledger=storage.hub_ledger,
        events=storage.events,
        states=storage.states,
        decisions=storage.decisions,
        plays=storage.plays,
        outcomes=storage.outcomes,
        judged=storage.judged,
        allowance=storage.allowance,
        eraser=storage.eraser,
        audit=storage.hub_audit,
        channel=screens,
        policy=build_policy(scenario),
        clock=clock,
        rng=rng,
        ids=ids,
        face_purposes=law.face_purposes,
    )
    observer = Observer(pack, min_face_px=settings.min_face_px)
    edge = Edge(
        site=settings.site,
        scenario=scenario,
        observer=observer,
        calibration=pack.manifest.calibration,
        false_match_rate=settings.false_match_rate,
        keys=keys,
        held=settings.protection is Protection.L2,
        roster=storage.roster,
        ledger=storage.edge_ledger,
        erasures=erasures,
        visits=storage.visits,
        link=hub,
        audit=storage.audit,
        clock=clock,
        ids=ids,
        law=law,
        faces_off=UNDECIDED.reason,
    )
    learner = Learner(hub=hub, outcomes=storage.outcomes, store=storage.policies, policy=build_policy(scenario))
    return Site(
        settings=settings,
        scenario=scenario,
        law=law,
        storage=storage,
        edge=edge,
        hub=hub,
        learner=learner,
        keys=keys,
        erasures=erasures,
        notaries=site_notaries(settings, storage, keys, clock),
        screens=screens,
        sessions=Sessions(clock),
        limits=limits,
        tally=tally,
        clock=clock,
        pack=pack.manifest,
        scorer=pack.liveness,
        preview_observer=Observer(pack, min_face_px=PREVIEW_FACE_PX),
    )
