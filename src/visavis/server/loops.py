"""What runs beside the requests of one process, for as long as its site is open."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from visavis.errors import VisavisError
from visavis.recommend.policies import restore_policy

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

Loop = Callable[[], Coroutine[Any, Any, None]]

READY = "ready"  # that topic of `ports.Signals`
SIGN_EVERY_S = 60.0  # looked whether enough was written; see `pipeline.notary`
LEARN_EVERY_S = 0.5
LAPSE_EVERY_S = 1.0
DOUBT_EVERY_S, GROWN = 60.0, 1.1
TIDY_EVERY_S = 3600.0


class Loops:
    """Each runs until it is cancelled; `forever` begins it again when the database has fallen away."""

    def __init__(self, site: "Site") -> None:
        self._site = site

    @property
    def all(self) -> tuple[Loop, ...]:
        """Every loop of a site but those of its cameras."""
        site = self._site
        return (
            self.follow_roster,
            self.follow_policy,
            site.devices.follow,
            site.screens.relay,
            self.learn,
            self.lapse,
            self.tidy,
            site.accuracy.keep,
            site.retention.follow,
            self.sign_audit,
            self.doubt,
            site.guarding.follow,
            site.guarding.guard,
            site.serving.follow_models,
            site.serving.look_for_models,
            site.serving.follow_members,
        )

    async def follow_roster(self) -> None:
        """Keep the gallery equal to the roster, whichever process changes it, and also after a restore."""
        async for topic, _payload in self._site.storage.edge_signals.subscribe("roster"):
            if topic == READY:  # at first, and after a lost connection: what answers now may be an older database
                await self._site.erasures.align()
                await self._site.replay_erasures()
            before = dict(self._site.edge.members)
            await self._site.edge.load()
            await self._site.corrections.load()
            for gone in before.keys() - self._site.edge.members.keys():
                self._site.dropped(before[gone])
            await self._site.screens.drop_erased()

    async def doubt(self) -> None:
        """Ask the members' own templates whether the error rate holds, at start and whenever a tenth has joined."""
        asked = 0
        while True:
            size = len(self._site.edge.gallery)
            if size > asked * GROWN:
                check = await asyncio.to_thread(self._site.edge.check_calibration, np.random.default_rng(size))
                self._site.tally.calibrated(check)
                if check.drifted:
                    log.warning("calibration_drift", promised=check.promised_fpir, found=round(check.found_fpir, 5))
                asked = size
            await asyncio.sleep(DOUBT_EVERY_S)

    async def follow_policy(self) -> None:
        """Swap in each new snapshot of the policy."""
        async for _topic, _payload in self._site.storage.signals.subscribe("policy"):
            if self._site.guarding.promoted:
                continue  # it serves as it was judged; the one that learns goes on learning beside it
            snapshot = await self._site.storage.policies.latest(self._site.hub.policy.name, self._site.scenario.name)
            if snapshot is not None and snapshot.version > self._site.hub.policy.version:
                self._site.hub.policy = restore_policy(snapshot, self._site.scenario)
                self._site.tally.policy_version.set(snapshot.version)

    async def learn(self) -> None:
        """Be the one writer of the policy, in this process or after the other one has gone."""
        async with self._site.storage.only_one("learner"):
            await self._resume_learner()
            while True:
                await self._site.learner.catch_up()
                await asyncio.sleep(LEARN_EVERY_S)

    async def _resume_learner(self) -> None:
        snapshot = await self._site.storage.policies.latest(self._site.learner.policy.name, self._site.scenario.name)
        if snapshot is not None:
            self._site.learner.policy = restore_policy(snapshot, self._site.scenario)
            self._site.learner.position = int(snapshot.state["position"][0])

    async def tidy(self) -> None:
        """Destroy keys that a crash left without a member, after an hour."""
        while True:
            taken = self._site.keys.taken()
            await asyncio.sleep(TIDY_EVERY_S)  # whoever was about to be written then, is by now
            self._site.keys.sweep(taken, [member.wrapped_key for member in await self._site.storage.roster.members()])

    async def sign_audit(self) -> None:
        """Be the one who signs how the audit logs stand, in this process or after the other one has gone."""
        async with self._site.storage.only_one("notary"):
            for notary in self._site.notaries:
                if moved := await notary.align():
                    log.warning("checkpoints_aligned", half=notary.half, moved=moved)
            while True:
                for notary in self._site.notaries:
                    await notary.sign_when_due()
                await asyncio.sleep(SIGN_EVERY_S)

    async def lapse(self) -> None:
        """Close decisions that nobody reacted to."""
        while True:
            await self._site.hub.lapse()
            await asyncio.sleep(LAPSE_EVERY_S)


async def forever(loop: Loop) -> None:
    """Run a loop; when the database falls away, wait and begin again."""
    while True:
        try:
            await loop()
        except VisavisError as error:
            log.warning("loop_interrupted", loop=loop.__name__, error=error.code())
        except Exception as error:  # noqa: BLE001 - a loop that dies silently would stop learning or erasure unseen
            log.error("loop_failed", loop=loop.__name__, error=type(error).__name__)  # noqa: TRY400 - a trace may quote people
        await asyncio.sleep(1.0)
