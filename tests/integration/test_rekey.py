"""Invariant 9 for `members rekey`: killed half-way it leaves a site that works, and the next run finishes."""

import asyncio
import signal
import subprocess
import sys
import textwrap
from typing import cast

import numpy as np
import pytest

from visavis.identity.enrol import nickname, with_templates
from visavis.identity.rotation import Rotations, version_of
from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.pipeline.rekey import Rekeyed, rekey
from visavis.privacy.vault import new_wrapped_key, seal_text
from visavis.storage.database import Storage
from visavis.testing import (
    FixedClock,
    MemoryKeys,
    RecordingHub,
    a_member,
    a_scenario,
    an_embedding,
    counted_ids,
)
from visavis.types import Embedding, Face, Frame, Member, MemberId, Token

MODEL, DIM, PEOPLE = an_embedding().model, 128, 6
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)

CHILD = """
    import asyncio, os, signal, sys
    from visavis.pipeline import rekey as module
    from visavis.pipeline.rekey import rekey
    from visavis.storage.database import open_storage
    from visavis.storage.roster import PostgresRoster
    from visavis.testing import FixedClock, MemoryKeys

    url, model, moment, last = sys.argv[1:]
    write, replace, seen = PostgresRoster._write_templates, PostgresRoster.replace, []

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    async def writing(self, cursor, members):
        await write(self, cursor, members)
        seen.extend(member.id for member in members)
        if moment == "before the commit" and len(seen) == int(last):
            die()

    async def replacing(self, pairs):
        written = await replace(self, pairs)
        if moment == "after the commit" and len(seen) == int(last):
            die()
        return written

    PostgresRoster._write_templates, PostgresRoster.replace, module.BATCH = writing, replacing, 1

    async def main():
        async with open_storage(url) as storage:
            args = storage.roster, MemoryKeys(), storage.audit, FixedClock()
            await rekey(*args, model=model, dim=128, progress=lambda *_: None)

    asyncio.run(main())
"""


def a_sealed_member(number: int, keys: MemoryKeys, version: int) -> Member:
    """With two templates along this axis, in this rotation; 0 is as the embedder gave them."""
    member_id = MemberId(f"member-{number}")
    wrapped = new_wrapped_key(keys, member_id)
    name = seal_text(keys, wrapped, f"Grace {number}", member_id=member_id, purpose="nickname")
    member = a_member(
        id=member_id,
        token=Token(f"token-{number}"),
        credentials=(),
        templates=(),
        wrapped_key=wrapped,
        nickname=name,
    )
    rotations, given = Rotations(keys, MODEL, DIM), [an_embedding(number)] * 2
    shots = rotations.turned(given) if version else given
    return with_templates(member, shots, keys=keys, now=member.enrolled_at, ids=counted_ids(f"template-{number}"))


class Lens:
    """An embedder that sees the axis it is pointed at."""

    axis, model, dim = 0, MODEL, DIM

    def embed(self, frame: Frame, faces: list[Face]) -> tuple[Embedding, ...]:
        return (an_embedding(self.axis),)


def an_edge(storage: Storage, keys: MemoryKeys) -> Edge:
    return Edge(
        site="site-1",
        scenario=a_scenario(),
        observer=cast("Observer", Lens()),
        calibration=ROWS,
        false_match_rate=0.1,
        keys=keys,
        roster=storage.roster,
        ledger=storage.edge_ledger,
        erasures=storage.erasures,
        link=RecordingHub(),
        audit=storage.audit,
        clock=FixedClock(),
        ids=counted_ids(),
    )


def known(edge: Edge) -> list[str | None]:
    """Whom the edge takes each of the people, and one stranger, for."""
    found = []
    for axis in range(PEOPLE + 1):
        cast("Lens", edge.observer).axis = axis
        hit = edge.identify(edge.embed(cast("Frame", None), ()))
        found.append(hit.member_id if hit else None)
    return found


EVERYBODY = [*(f"member-{number}" for number in range(PEOPLE)), None]


async def versions(storage: Storage) -> list[set[int]]:
    """Rotations of each member's templates."""
    return [{version_of(template.model) for template in member.templates} for member in await storage.roster.members()]


async def finish(storage: Storage, keys: MemoryKeys) -> Rekeyed:
    return await rekey(
        storage.roster, keys, storage.audit, FixedClock(), model=MODEL, dim=DIM, progress=lambda *_: None
    )


def killed(database_url: str, moment: str, last: int) -> None:
    """Another process renews, and is gone at this moment of this member."""
    command = [sys.executable, "-c", textwrap.dedent(CHILD), database_url, MODEL, moment, str(last)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize(
    ("moment", "last", "written"),
    [("before the commit", 1, 0), ("before the commit", 4, 3), ("after the commit", 3, 3), ("after the commit", 6, 6)],
)
async def test_killed_half_way_nobody_is_lost(
    storage: Storage, database_url: str, before: int, moment: str, last: int, written: int
) -> None:
    """Each member is in the rotation of before or of after, whole; an edge that starts then knows everybody."""
    keys = MemoryKeys()
    for number in range(PEOPLE):
        await storage.roster.save(a_sealed_member(number, keys, before))
    old = {member.id: member for member in await storage.roster.members()}
    await asyncio.to_thread(killed, database_url, moment, last)

    assert await versions(storage) == [{before + 1}] * written + [{before}] * (PEOPLE - written)
    for number, member in enumerate(await storage.roster.members()):
        assert (member.wrapped_key != old[member.id].wrapped_key) == (number < written)
        assert nickname(member, keys) == f"Grace {number}"
        assert [template.id for template in member.templates] == [t.id for t in old[member.id].templates]
    edge = an_edge(storage, keys)
    assert await edge.load() == PEOPLE
    assert known(edge) == EVERYBODY

    told = await finish(storage, keys)
    rotation = before + 1 + (written == PEOPLE)  # a run that had finished all but its farewell is over
    assert told == Rekeyed(rotation=rotation, members=PEOPLE, templates=2 * PEOPLE, left=0)
    assert await versions(storage) == [{rotation}] * PEOPLE
    assert await edge.load() == PEOPLE
    assert known(edge) == EVERYBODY
    for number in range(PEOPLE):
        cast("Lens", edge.observer).axis = number
        (shot,) = edge.embed(cast("Frame", None), ())
        for template in edge.templates(MemberId(f"member-{number}")):
            assert template.vector == pytest.approx(shot.vector, abs=1e-6)


async def test_running_nodes_are_told(storage: Storage) -> None:
    """A node that follows the roster ends in the new rotation by itself, and knows everybody at every moment."""
    keys = MemoryKeys()
    for number in range(PEOPLE):
        await storage.roster.save(a_sealed_member(number, keys, 1))
    edge, seen, listening = an_edge(storage, keys), [], asyncio.Event()

    async def follow() -> None:
        async for _topic, _payload in storage.edge_signals.subscribe("roster"):
            await edge.load()
            seen.append((edge.rotations.version, known(edge)))
            listening.set()
            if await versions(storage) == [{2}] * PEOPLE:
                return

    following = asyncio.create_task(follow())
    await asyncio.wait_for(listening.wait(), 30)
    await finish(storage, keys)
    await asyncio.wait_for(following, 30)
    assert seen[0][0] == 1
    assert seen[-1][0] == 2
    assert all(people == EVERYBODY for _, people in seen)


async def test_what_is_stolen_is_worth_nothing_afterwards(storage: Storage) -> None:
    """A template that was copied and opened before does not resemble its owner's of now."""
    keys = MemoryKeys()
    for number in range(PEOPLE):
        await storage.roster.save(a_sealed_member(number, keys, 1))
    edge = an_edge(storage, keys)
    await edge.load()
    stolen = [edge.templates(MemberId(f"member-{number}"))[0].vector for number in range(PEOPLE)]
    await finish(storage, keys)
    await edge.load()
    now = [edge.templates(MemberId(f"member-{number}"))[0].vector for number in range(PEOPLE)]
    assert np.abs([old @ new for old, new in zip(stolen, now, strict=True)]).max() < 0.5
