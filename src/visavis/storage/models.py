"""Trained models, as ciphertext."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import KeptModel, ModelChange, ModelKind, ModelState, SealedArtefact

if TYPE_CHECKING:
    import psycopg


class PostgresModels:
    """Implements `ports.ModelStore`; topic `model`, "<scenario>/<kind>/<version>"."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("models")

    async def add(self, sealed: SealedArtefact, change: ModelChange) -> bool:
        """Whether there was none of that version."""
        row = {**_named(sealed.kind, sealed.scenario), "version": sealed.version, "state": change.state.value}
        row |= {"manifest": sealed.manifest, "wrapped_key": sealed.wrapped_key}
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["add"], row)
            found = await cursor.fetchone()
            if found is None:
                return False
            for name, content in sealed.files.items():
                await cursor.execute(self._sql["add_file"], {"id": found[0], "name": name, "sealed": content})
            await self._change(cursor, found[0], change)
        return True

    async def get(self, kind: ModelKind, scenario: str, version: int | None) -> SealedArtefact | None:
        """That version, or without one the live one, with its files."""
        rows = await self._half.fetch(self._sql["one"], {**_named(kind, scenario), "version": version})
        if not rows:
            return None
        files = await self._half.fetch(self._sql["files"], {"id": rows[0][0]})
        return _sealed(rows[0][1:], {name: bytes(sealed) for name, sealed in files})

    async def kept(self, scenario: str) -> Sequence[KeptModel]:
        """All of a scenario without files, by kind, the newest first."""
        rows = await self._half.fetch(self._sql["kept"], {"scenario": scenario})
        return [KeptModel(sealed=_sealed(row[:5], {}), changes=_changes(*row[5:])) for row in rows]

    async def move(
        self, kind: ModelKind, scenario: str, version: int, change: ModelChange, before: Collection[ModelState]
    ) -> bool:
        """Change its state if it is one of those before; the one that was live retires. Tells every reader."""
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["lock"], _named(kind, scenario))
            rows = {v: (row_id, ModelState(state)) for row_id, v, state in await cursor.fetchall()}
            if version not in rows or rows[version][1] not in before:
                return False
            if change.state is ModelState.LIVE:
                retired = ModelChange(state=ModelState.RETIRED, why=f"version {version} took its place", at=change.at)
                for row_id in [row_id for row_id, state in rows.values() if state is ModelState.LIVE]:
                    await self._change(cursor, row_id, retired)
            await self._change(cursor, rows[version][0], change)
            await cursor.execute(self._sql["tell"], {"message": f"model {scenario}/{kind.value}/{version}"})
        return True

    async def _change(self, cursor: "psycopg.AsyncCursor[Any]", row_id: int, change: ModelChange) -> None:
        row = {"id": row_id, "state": change.state.value, "why": change.why, "at": change.at}
        await cursor.execute(self._sql["state"], row)
        await cursor.execute(self._sql["change"], row)


def _named(kind: ModelKind, scenario: str) -> dict[str, Any]:
    return {"kind": kind.value, "scenario": scenario}


def _sealed(row: Sequence[Any], files: Mapping[str, bytes]) -> SealedArtefact:
    kind, scenario, version, manifest, wrapped_key = row
    return SealedArtefact(
        kind=ModelKind(kind),
        scenario=scenario,
        version=version,
        manifest=manifest,
        wrapped_key=bytes(wrapped_key),
        files=files,
    )


def _changes(states: Sequence[str], whys: Sequence[str], ats: Sequence[Any]) -> tuple[ModelChange, ...]:
    rows = zip(states, whys, ats, strict=True)
    return tuple(ModelChange(state=ModelState(state), why=why, at=at) for state, why, at in rows)
