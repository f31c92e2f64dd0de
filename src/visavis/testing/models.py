"""The store of models in memory."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from visavis.privacy.artefacts import model_binding
from visavis.testing.signals import MemorySignals
from visavis.types import KeptModel, ModelChange, ModelKind, ModelState, SealedArtefact


class MemoryModels:
    """Implements `ports.ModelStore`."""

    def __init__(self, signals: MemorySignals) -> None:
        self._signals = signals
        self.rows: dict[tuple[str, ModelKind, int], KeptModel] = {}

    async def add(self, sealed: SealedArtefact, change: ModelChange) -> bool:
        """Whether there was none of that version."""
        key = (sealed.scenario, sealed.kind, sealed.version)
        if key in self.rows:
            return False
        self.rows[key] = KeptModel(sealed=sealed, changes=(change,))
        return True

    async def get(self, kind: ModelKind, scenario: str, version: int | None) -> SealedArtefact | None:
        """That version, or without one the live one, with its files."""
        if version is not None:
            kept = self.rows.get((scenario, kind, version))
            return None if kept is None else kept.sealed
        live = self._live(kind, scenario)
        return None if live is None else live.sealed

    async def kept(self, scenario: str) -> Sequence[KeptModel]:
        """All of a scenario without files, by kind, the newest first."""
        found = [one for key, one in self.rows.items() if key[0] == scenario]
        found.sort(key=lambda one: (one.sealed.kind.value, -one.sealed.version))
        return [replace(one, sealed=replace(one.sealed, files={})) for one in found]

    async def move(
        self, kind: ModelKind, scenario: str, version: int, change: ModelChange, before: Collection[ModelState]
    ) -> bool:
        """Change its state if it is one of those before; the one that was live retires. Tells every reader."""
        key = (scenario, kind, version)
        if key not in self.rows or self.rows[key].changes[-1].state not in before:
            return False
        live = self._live(kind, scenario)
        if change.state is ModelState.LIVE and live is not None:
            retired = ModelChange(state=ModelState.RETIRED, why=f"version {version} took its place", at=change.at)
            self._changed((scenario, kind, live.sealed.version), retired)
        self._changed(key, change)
        await self._signals.publish("model", f"{scenario}/{kind.value}/{version}")
        return True

    def rewrap(self, renew: Callable[[bytes, bytes], bytes]) -> int:
        """Pass each wrapped key with its associated data through this, all or none; how many changed."""
        after = {key: renew(one.sealed.wrapped_key, _binding(one.sealed)) for key, one in sorted(self.rows.items())}
        changed = {key: new for key, new in after.items() if new != self.rows[key].sealed.wrapped_key}
        for key, new in changed.items():
            self.rows[key] = replace(self.rows[key], sealed=replace(self.rows[key].sealed, wrapped_key=new))
        return len(changed)

    def _live(self, kind: ModelKind, scenario: str) -> KeptModel | None:
        theirs = (one for key, one in self.rows.items() if key[:2] == (scenario, kind))
        return next((one for one in theirs if one.changes[-1].state is ModelState.LIVE), None)

    def _changed(self, key: tuple[str, ModelKind, int], change: ModelChange) -> None:
        self.rows[key] = replace(self.rows[key], changes=(*self.rows[key].changes, change))


def _binding(sealed: SealedArtefact) -> bytes:
    return model_binding(sealed.kind.value, sealed.scenario, str(sealed.version))
