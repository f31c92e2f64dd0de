"""The policy that was promoted serves; a guard takes back what does worse."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from visavis.errors import ModelError, VisavisError
from visavis.pipeline.guardrails import Guard
from visavis.recommend.kept_policy import load_policy
from visavis.recommend.policies import build_policy, restore_policy
from visavis.recommend.policy import Policy
from visavis.types import ModelKind, Scenario

if TYPE_CHECKING:
    from visavis.ports import ModelRegistry, PolicyStore
    from visavis.server.site import Site

log = structlog.get_logger()

LOOK_EVERY_S = 30.0


async def serving_policy(
    scenario: Scenario, registry: "ModelRegistry", snapshots: "PolicyStore"
) -> tuple[Policy, int | None]:
    """The promoted policy with its version or, where none was, the one that learns as it serves.

    Raises:
        ArtefactInvalid: what was promoted cannot be used.
    """
    live = await registry.live(ModelKind.POLICY, scenario.name)
    if live is not None:
        return await asyncio.to_thread(load_policy, live, scenario), live.version
    snapshot = await snapshots.latest(scenario.policy, scenario.name)
    return (build_policy(scenario) if snapshot is None else restore_policy(snapshot, scenario)), None


class Guarding:
    """Follows promotions of policies, and looks after all that was promoted, for the life of a process."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._version: int | None = None

    @property
    def promoted(self) -> bool:
        """Whether a promoted policy serves."""
        return self._version is not None

    async def follow(self) -> None:
        """Swap the promoted policy in, whole, as soon as it is told; decisions that have begun end with the old one."""
        async for topic, payload in self._site.storage.signals.subscribe("model"):
            if topic == "ready" or f"/{ModelKind.POLICY.value}/" in payload:
                await self._refresh()

    async def _refresh(self) -> None:
        site = self._site
        try:
            policy, version = await serving_policy(site.scenario, site.models, site.storage.policies)
        except (ModelError, ValueError) as error:  # what served goes on
            code = error.code() if isinstance(error, VisavisError) else type(error).__name__
            log.error("model_not_used", kind=ModelKind.POLICY.value, error=code)  # noqa: TRY400 - a trace may quote people
            return
        if version != self._version:
            site.hub.policy, self._version = policy, version
            site.hub.vitals.reset()
            log.info("policy_serving", policy=policy.name, version=version)

    async def guard(self) -> None:
        """Look now and then; one process acts at a time."""
        while True:
            async with self._site.storage.only_one("guard"):
                await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Take back what was promoted and does not keep within its rails."""
        site = self._site
        guard = Guard(
            scenario=site.scenario,
            registry=site.models,
            judged=site.storage.judged,
            vitals=site.hub.vitals,
            audit=site.storage.hub_audit,
            clock=site.clock,
        )
        for why in await guard.check():
            log.warning("model_rolled_back", why=why)
