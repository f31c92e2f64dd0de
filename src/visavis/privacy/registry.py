"""The registry of models: nothing comes out of it, or goes live, whose signature and digests were not compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from visavis.errors import ArtefactInvalid, ModelMoveRefused, ModelUnknown
from visavis.ports import AuditLog, Clock, KeyProvider, ModelStore
from visavis.privacy.artefacts import open_artefact, read_manifest, seal_artefact
from visavis.types import Artefact, KeptModel, ModelChange, ModelEntry, ModelKind, ModelState

MOVES: Mapping[ModelState, frozenset[ModelState]] = {
    ModelState.SHADOW: frozenset({ModelState.LIVE, ModelState.RETIRED, ModelState.REFUSED}),
    ModelState.LIVE: frozenset({ModelState.RETIRED, ModelState.SHADOW}),
    ModelState.RETIRED: frozenset({ModelState.LIVE, ModelState.SHADOW}),
    ModelState.REFUSED: frozenset(),
}
"""State -> states that may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Implements `ports.ModelRegistry`: seals on the way in, opens and compares on the way out, tells the audit log."""

    store: ModelStore
    keys: KeyProvider
    audit: AuditLog
    clock: Clock

    async def save(self, artefact: Artefact, state: ModelState = ModelState.SHADOW, why: str = "trained") -> Artefact:
        """Keep it; as it was numbered, where it had no version.

        Raises:
            ModelMoveRefused: that version is there already.
            ArtefactInvalid: too large, or what is known of it is no JSON.
        """
        change, asked = ModelChange(state=ModelState.SHADOW, why=why, at=self.clock.now()), artefact.version
        while True:
            numbered = artefact if asked else replace(artefact, version=await self._next(artefact))
            if await self.store.add(seal_artefact(self.keys, numbered), change):
                break
            if asked:
                raise ModelMoveRefused(f"version {asked} is there already")
        await self._note("model_saved", numbered.kind, numbered.scenario, numbered.version, change)
        if state is not ModelState.SHADOW:
            await self.move(numbered.kind, numbered.scenario, numbered.version, state, why)
        return numbered

    async def live(self, kind: ModelKind, scenario: str) -> Artefact | None:
        """The one that serves; raises ArtefactInvalid when it was damaged."""
        sealed = await self.store.get(kind, scenario, None)
        return None if sealed is None else open_artefact(self.keys, sealed)

    async def at(self, kind: ModelKind, scenario: str, version: int) -> Artefact:
        """One version; raises ModelUnknown or ArtefactInvalid."""
        sealed = await self.store.get(kind, scenario, version)
        if sealed is None:
            raise ModelUnknown(f"{kind.value} model of {scenario}, version {version}")
        return open_artefact(self.keys, sealed)

    async def list(self, scenario: str) -> Sequence[ModelEntry]:
        """All of a scenario, by kind, the newest first; of a damaged one what is wrong with it."""
        return [self._entry(kept) for kept in await self.store.kept(scenario)]

    async def back(self, kind: ModelKind, scenario: str, why: str) -> int:
        """Let the newest earlier version serve that has served before; its number.

        Raises:
            ModelUnknown: there is none, or none serves now.
            ArtefactInvalid: it was damaged.
        """
        entries = [entry for entry in await self.list(scenario) if entry.kind is kind]
        live = next((entry.version for entry in entries if entry.state is ModelState.LIVE), 0)
        served = [e.version for e in entries if e.version < live and e.state is ModelState.RETIRED and _has_served(e)]
        if not served:
            raise ModelUnknown(f"no {kind.value} model of {scenario} served before")
        version = max(served)
        await self.move(kind, scenario, version, ModelState.LIVE, why)
        return version

    async def move(self, kind: ModelKind, scenario: str, version: int, state: ModelState, why: str) -> None:
        """Change whether it serves; whichever served before retires in the same moment. Readers are told.

        Raises:
            ModelUnknown: there is no such version.
            ModelMoveRefused: from where it stands it cannot go there.
            ArtefactInvalid: it would go live and is damaged.
        """
        if state is ModelState.LIVE:
            await self.at(kind, scenario, version)
        change = ModelChange(state=state, why=why, at=self.clock.now())
        before = frozenset(one for one, after in MOVES.items() if state in after)
        if not await self.store.move(kind, scenario, version, change, before):
            kept = await self.store.kept(scenario)
            found = [one for one in kept if (one.sealed.kind, one.sealed.version) == (kind, version)]
            if not found:
                raise ModelUnknown(f"{kind.value} model of {scenario}, version {version}")
            raise ModelMoveRefused(
                f"version {version} is {found[0].changes[-1].state.value}, not to become {state.value}"
            )
        await self._note("model_moved", kind, scenario, version, change)

    async def _next(self, artefact: Artefact) -> int:
        kept = await self.store.kept(artefact.scenario)
        return 1 + max((one.sealed.version for one in kept if one.sealed.kind is artefact.kind), default=0)

    def _entry(self, kept: KeptModel) -> ModelEntry:
        sealed, manifest, damaged = kept.sealed, None, ""
        try:
            manifest = read_manifest(self.keys, sealed)
        except ArtefactInvalid as error:
            damaged = error.detail
        return ModelEntry(
            kind=sealed.kind,
            scenario=sealed.scenario,
            version=sealed.version,
            meta=manifest.meta if manifest else {},
            sizes=manifest.sizes if manifest else {},
            made_at=manifest.made_at if manifest else None,
            changes=kept.changes,
            damaged=damaged,
        )

    async def _note(self, action: str, kind: ModelKind, scenario: str, version: int, change: ModelChange) -> None:
        detail = {"kind": kind.value, "version": str(version), "state": change.state.value, "why": change.why}
        await self.audit.append(actor="hub", action=action, subject=scenario, detail=detail, at=change.at)


def _has_served(entry: ModelEntry) -> bool:
    return any(change.state is ModelState.LIVE for change in entry.changes)
