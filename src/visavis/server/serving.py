"""The trained models that a running site decides with, and the states of its members."""

import asyncio
from typing import TYPE_CHECKING, TypeVar

import structlog

from visavis.behaviour.network import Network, load_network
from visavis.behaviour.stream import Stream
from visavis.errors import ModelError, VisavisError
from visavis.pipeline.models import Models
from visavis.recommend.scorers import load_scorer
from visavis.recommend.scoring import Scorer
from visavis.types import Artefact, ModelKind, ModelState

if TYPE_CHECKING:
    from visavis.server.site import Site

log = structlog.get_logger()

M = TypeVar("M")

REFRESH_EVERY_S = 60.0  # looked for models that came into the shadow; promotions are told at once
STALE_EVERY_S = 600.0  # looked for states that missed something; what is known to is made again at once
AGAIN_S = 0.2


class Serving:
    """Follows the registry and the members for the life of a process."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._one = asyncio.Lock()
        self._due_at = 0.0  # when all states are looked at again

    # ------ models

    async def follow_models(self) -> None:
        """Swap in what is promoted, whole, as soon as it is told."""
        async for _topic, _payload in self._site.storage.signals.subscribe("model"):
            await self.refresh()

    async def look_for_models(self) -> None:
        """The same now and then: nobody tells of what comes into the shadow."""
        while True:
            await asyncio.sleep(REFRESH_EVERY_S)
            await self.refresh()

    async def refresh(self) -> None:
        """Serve what the registry says now; a model that cannot be used changes nothing, and is logged."""
        async with self._one:
            hub = self._site.hub
            before = hub.models
            network = await self._network(before.stream.network)
            scorer, shadow = await self._scorer(before.scorer), await self._shadow(before.shadow)
            stream = before.stream
            if network is not stream.network:
                stream = Stream(scenario=self._site.scenario, network=network)
                self._due_at = 0.0  # every state is of another model
            hub.models = Models(stream=stream, scorer=scorer, shadow=shadow)
            if hub.models.versions != before.versions:
                log.info("models_serving", **hub.models.versions)

    async def _network(self, before: Network | None) -> Network | None:
        try:
            live = await self._live(ModelKind.BEHAVIOUR)
            if live is None or (before is not None and before.version == _named(live)):
                return before if live is not None else None
            return await asyncio.to_thread(load_network, live.files, version=_named(live))
        except (ModelError, ValueError) as error:
            return _unused(ModelKind.BEHAVIOUR, error, before)

    async def _scorer(self, before: Scorer | None) -> Scorer | None:
        try:
            live = await self._live(ModelKind.RECOMMEND)
            if live is None or (before is not None and before.version == _named(live)):
                return before if live is not None else None
            return await asyncio.to_thread(load_scorer, live)
        except (ModelError, ValueError) as error:
            return _unused(ModelKind.RECOMMEND, error, before)

    async def _shadow(self, before: Scorer | None) -> Scorer | None:
        """The newest recommending model in the shadow."""
        registry, scenario = self._site.models, self._site.scenario.name
        waiting = [
            entry.version
            for entry in await registry.list(scenario)
            if entry.kind is ModelKind.RECOMMEND and entry.state is ModelState.SHADOW
        ]
        try:
            if not waiting:
                return None
            if before is not None and before.version == f"{ModelKind.RECOMMEND.value}-{max(waiting)}":
                return before
            artefact = await registry.at(ModelKind.RECOMMEND, scenario, max(waiting))
            return await asyncio.to_thread(load_scorer, artefact)
        except (VisavisError, ValueError) as error:
            return _unused(ModelKind.RECOMMEND, error, None)

    async def _live(self, kind: ModelKind) -> Artefact | None:
        return await self._site.models.live(kind, self._site.scenario.name)

    # ------ states of members

    async def follow_members(self) -> None:
        """Make states again that missed an event, and, after a promotion, all that another model made."""
        loop = asyncio.get_running_loop()
        after = ""
        while True:
            if not await self._site.hub.refollow():
                if after or loop.time() >= self._due_at:
                    self._due_at = loop.time() + STALE_EVERY_S
                    after = await self._site.hub.look_for_stale(after)
                if not self._site.hub.following.due:
                    await asyncio.sleep(AGAIN_S)


def _named(artefact: Artefact) -> str:
    return f"{artefact.kind.value}-{artefact.version}"


def _unused(kind: ModelKind, error: Exception, before: M) -> M:
    """What served goes on."""
    code = error.code() if isinstance(error, VisavisError) else type(error).__name__
    log.error("model_not_used", kind=kind.value, error=code)
    return before
