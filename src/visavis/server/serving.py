"""The trained models that a running site decides with, and the states of its members."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import structlog

from visavis.behaviour.network import Network, load_network
from visavis.behaviour.stream import Stream
from visavis.errors import ModelError, ModelUnknown, VisavisError
from visavis.pipeline.models import Models
from visavis.recommend.scorers import load_scorer
from visavis.recommend.scoring import Scorer
from visavis.types import Artefact, ModelEntry, ModelKind, ModelState

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
            entries = await self._site.models.list(self._site.scenario.name)
            stream, network = before.stream, await self._network(entries, before.stream.network)
            if network is not stream.network:
                stream = Stream(scenario=self._site.scenario, network=network)
                self._due_at = 0.0  # every state is of another model
            hub.models = Models(
                stream=stream,
                scorer=await self._scorer(entries, ModelState.LIVE, before.scorer),
                shadow=await self._scorer(entries, ModelState.SHADOW, before.shadow),
            )
            if hub.models.versions != before.versions:
                log.info("models_serving", **hub.models.versions)

    async def _network(self, entries: Sequence[ModelEntry], before: Network | None) -> Network | None:
        def load(artefact: Artefact) -> Network:
            return load_network(artefact.files, version=_named(artefact.kind, artefact.version))

        wanted = _newest(entries, ModelKind.BEHAVIOUR, ModelState.LIVE)
        if before is not None and wanted and before.version == _named(ModelKind.BEHAVIOUR, wanted):
            return before
        return await self._loaded(ModelKind.BEHAVIOUR, wanted, load, before)

    async def _scorer(self, entries: Sequence[ModelEntry], state: ModelState, before: Scorer | None) -> Scorer | None:
        wanted = _newest(entries, ModelKind.RECOMMEND, state)
        if before is not None and wanted and before.version == _named(ModelKind.RECOMMEND, wanted):
            return before
        return await self._loaded(
            ModelKind.RECOMMEND, wanted, load_scorer, before if state is ModelState.LIVE else None
        )

    async def _loaded(self, kind: ModelKind, version: int, load: Callable[[Artefact], M], before: M | None) -> M | None:
        """That version, opened and compared; none without one, and `before` where it cannot be used."""
        if not version:
            return None
        try:
            artefact = await self._site.models.at(kind, self._site.scenario.name, version)
            return await asyncio.to_thread(load, artefact)
        except (ModelError, ModelUnknown, ValueError) as error:
            code = error.code() if isinstance(error, VisavisError) else type(error).__name__
            log.error("model_not_used", kind=kind.value, error=code)  # noqa: TRY400 - a trace says no more
            return before

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


def _newest(entries: Sequence[ModelEntry], kind: ModelKind, state: ModelState) -> int:
    """Its version; 0 where there is none."""
    return max((entry.version for entry in entries if entry.kind is kind and entry.state is state), default=0)


def _named(kind: ModelKind, version: int) -> str:
    return f"{kind.value}-{version}"
