"""Snapshots of what policies have learned."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.errors import StorageError
from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import PolicySnapshot

LAST = 2**63 - 1


class PostgresPolicies:
    """Implements `ports.PolicyStore`; topic `policy`, "<scenario>/<policy>/<version>".

    The newest two versions stay, and of the older ones every 256th, to replay decisions from.
    """

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("policies")

    async def save(self, snapshot: PolicySnapshot) -> None:
        """Keep this version; tells every reader."""
        row = {
            "scenario": snapshot.scenario,
            "policy": snapshot.policy,
            "version": snapshot.version,
            "names": list(snapshot.state),
            "arrays": [_packed(array) for array in snapshot.state.values()],
            "made_at": snapshot.made_at,
        }
        async with self._half.transaction() as cursor:
            await cursor.execute(self._sql["save"], row)
            await cursor.execute(self._sql["thin"], {"scenario": snapshot.scenario, "policy": snapshot.policy})

    async def latest(self, policy: str, scenario: str) -> PolicySnapshot | None:
        """The newest version."""
        return await self.at(policy, scenario, LAST)

    async def at(self, policy: str, scenario: str, version: int) -> PolicySnapshot | None:
        """The newest kept version that is not newer than this one."""
        wanted = {"policy": policy, "scenario": scenario, "version": version}
        rows = await self._half.fetch(self._sql["newest"], wanted)
        return _snapshot(rows[0]) if rows else None


def _snapshot(row: tuple[Any, ...]) -> PolicySnapshot:
    scenario, policy, version, names, arrays, made_at = row
    state: Mapping[str, NDArray[np.float64]] = dict(zip(names, map(_unpacked, arrays), strict=True))
    return PolicySnapshot(policy=policy, scenario=scenario, version=version, state=state, made_at=made_at)


def _packed(array: NDArray[np.float64]) -> bytes:
    buffer = BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, dtype=np.float64), allow_pickle=False)
    return buffer.getvalue()


def _unpacked(data: bytes) -> NDArray[np.float64]:
    try:
        array: NDArray[np.float64] = np.lib.format.read_array(BytesIO(data), allow_pickle=False)
    except ValueError as error:
        raise StorageError("a policy snapshot is not readable") from error
    return array
