"""A thousand random changes of the audit log in a real database, by its owner: a thousand are found."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from visavis.errors import AuditBroken
from visavis.pipeline.notary import Notary
from visavis.privacy.audit import GENESIS, chain
from visavis.privacy.audit_check import Means
from visavis.privacy.checkpoints import FileCheckpoints
from visavis.storage.database import Storage
from visavis.testing import T0, FixedClock, MemoryKeys
from visavis.types import AuditEntry, Checkpoint

ENTRIES, SIGNED_AT = 30, (8, 21, 30)
MUTATIONS = 1000


@dataclass(slots=True)
class State:
    """What rests: the log's rows, the checkpoints beside it, and those outside."""

    rows: list[AuditEntry]
    details: dict[int, str]  # seq -> JSON as it stands in the column, where it is not simply the entry's
    table: list[Checkpoint]
    file: list[Checkpoint]

    def copy(self) -> "State":
        return State(list(self.rows), dict(self.details), list(self.table), list(self.file))


Mutation = Callable[[State, random.Random], None]


def edit(state: State, rng: random.Random) -> None:
    """Any field of any entry."""
    place = rng.randrange(len(state.rows))
    e = state.rows[place]
    changes: list[dict[str, Any]] = [
        {"at": e.at + timedelta(microseconds=rng.choice((-1, 1, 10**6)))},
        {"actor": e.actor + rng.choice((" ", '"', "\\"))},
        {"action": "read"},
        {"subject": e.subject[:-1]},
        {"detail": {**e.detail, "purpose": "push"}},
        {"detail": {**e.detail, "more": ""}},
        {"detail": {k: v for k, v in e.detail.items() if k != "n"}},
        {"previous_sha256": state.rows[place - 1].previous_sha256},
        {"sha256": "0" * 64},
        {"seq": ENTRIES + 1 + rng.randrange(100)},
        {"seq": -rng.randrange(100)},
    ]
    state.rows[place] = replace(e, **rng.choice(changes))
    if rng.random() < 0.1:
        state.rows[place] = e
        twice = f'{{"n": "x", {json.dumps(e.detail)[1:]}'
        state.details[e.seq] = rng.choice((twice, "[]", "7", '{"n": 7}', json.dumps(sorted(e.detail.items()))))


def delete(state: State, rng: random.Random) -> None:
    """One or several, not at the end; their numbers stay free, or the others move up."""
    begin = rng.randrange(len(state.rows) - 1)
    end = rng.randrange(begin + 1, len(state.rows))
    gone = end - begin
    move = rng.random() < 0.5
    state.rows[begin:] = [replace(e, seq=e.seq - gone * move) for e in state.rows[end:]]


def insert(state: State, rng: random.Random) -> None:
    """A made-up entry, chained to the one before: between others, or before the first."""
    place = rng.randrange(len(state.rows))
    before = state.rows[place - 1] if place else None
    previous, seq = (before.sha256, before.seq) if before else (GENESIS, rng.choice((0, -1, -5)))
    made = chain(previous, seq + (before is not None), T0, "edge", "read", "nobody", {})
    move = before is not None
    state.rows[place:] = [made, *(replace(e, seq=e.seq + move) for e in state.rows[place:])]


def reorder(state: State, rng: random.Random) -> None:
    """Two entries change places, with or without their numbers."""
    a, b = rng.sample(range(len(state.rows)), 2)
    keep = rng.random() < 0.5
    one, other = state.rows[a], state.rows[b]
    state.rows[a] = replace(other, seq=one.seq)
    state.rows[b] = replace(one, seq=other.seq)
    if keep:
        state.rows[a] = replace(state.rows[a], previous_sha256=one.previous_sha256)


def rewrite(state: State, rng: random.Random) -> None:
    """An edit, with every hash from there on made good; the checkpoints in the database go, too, or stay."""
    place = rng.randrange(len(state.rows))
    e = state.rows[place]
    state.rows[place] = replace(e, subject=f"somebody {rng.random()}")
    rechain(state, place)
    if rng.random() < 0.5:
        state.table = [c for c in state.table if c.seq <= place]


def rechain(state: State, begin: int) -> None:
    previous = state.rows[begin - 1].sha256 if begin else GENESIS
    for place, e in enumerate(state.rows[begin:], start=begin):
        state.rows[place] = chain(previous, place + 1, e.at, e.actor, e.action, e.subject, e.detail)
        previous = state.rows[place].sha256


def remove_and_rewrite(state: State, rng: random.Random) -> None:
    """An entry goes, and everything after it is chained anew."""
    del state.rows[rng.randrange(len(state.rows) - 1)]
    rechain(state, 0)


def truncate(state: State, rng: random.Random) -> None:
    """The end is cut off: what is left is a perfect chain."""
    del state.rows[rng.randrange(len(state.rows)) :]


def roll_back(state: State, rng: random.Random) -> None:
    """The whole database as it was earlier, its checkpoints too."""
    truncate(state, rng)
    state.table = [c for c in state.table if c.seq <= len(state.rows)]


def forge(state: State, rng: random.Random) -> None:
    """A checkpoint in the database is changed, given to another length, or signed by somebody else."""
    place = rng.randrange(len(state.table))
    c = state.table[place]
    at = rng.randrange(len(c.jws))
    other = "A" if c.jws[at] != "A" else "B"
    state.table[place] = rng.choice(
        (replace(c, jws=c.jws[:at] + other + c.jws[at + 1 :]), replace(c, seq=c.seq - 1), replace(c, jws="a.b.c"))
    )


def forget_checkpoint(state: State, rng: random.Random) -> None:
    """A checkpoint goes, in the database or outside."""
    kept = rng.choice((state.table, state.file))
    del kept[rng.randrange(len(kept))]


KINDS: dict[Mutation, set[Means]] = {  # by what each may be found first
    edit: {Means.CHAIN, Means.CUT},
    delete: {Means.CHAIN},
    insert: {Means.CHAIN},
    reorder: {Means.CHAIN},
    rewrite: {Means.CHECKPOINT},
    remove_and_rewrite: {Means.CHECKPOINT, Means.CUT},
    truncate: {Means.CUT},
    roll_back: {Means.CUT},
    forge: {Means.SIGNATURE},
    forget_checkpoint: {Means.MISSING},
}


@dataclass(slots=True)
class Desk:
    """A log on PostgreSQL, the owner's hands on it, and its notary."""

    storage: Storage
    owner: "psycopg.Connection[Any]"
    notary: Notary
    path: Path

    def put(self, state: State) -> None:
        """Make the database and the file be like this."""
        with self.owner.transaction():
            self.owner.execute("DELETE FROM edge.audit")
            self.owner.execute("DELETE FROM edge.checkpoint")
            with self.owner.cursor().copy("COPY edge.audit FROM STDIN") as rows:
                for e in state.rows:
                    detail = state.details.get(e.seq, json.dumps(dict(e.detail)))
                    rows.write_row((e.seq, e.at, e.actor, e.action, e.subject, detail, e.previous_sha256, e.sha256))
            for c in state.table:
                self.owner.execute("INSERT INTO edge.checkpoint (seq, jws) VALUES (%s, %s)", [c.seq, c.jws])
        lines = [json.dumps({"half": c.half, "seq": c.seq, "jws": c.jws}) + "\n" for c in state.file]
        self.path.write_text("".join(lines))

    async def means(self) -> set[Means]:
        checked = await self.notary.check(lambda _step, _share: None)
        return {finding.means for finding in checked.findings}


@pytest.fixture
async def desk(storage: Storage, database_url: str, tmp_path: Path) -> Any:
    """Thirty entries, signed three times."""
    clock = FixedClock(T0)
    path = tmp_path / "checkpoints.jsonl"
    notary = Notary(
        site="site-1",
        half="edge",
        audit=storage.audit,
        table=storage.checkpoints,
        file=FileCheckpoints(path, "edge"),
        keys=MemoryKeys(),
        clock=clock,
    )
    for n in range(1, ENTRIES + 1):
        await storage.audit.append(
            actor="edge",
            action="withdrawn",
            subject=f"token-{n % 7}",
            detail={"purpose": "recognise", "n": str(n)},
            at=clock.now(),
        )
        clock.advance(minutes=7)
        if n in SIGNED_AT:
            await notary.sign()
    with psycopg.connect(database_url, autocommit=True) as owner:
        yield Desk(storage, owner, notary, path)


async def state_of(desk: Desk) -> State:
    rows, table = await desk.storage.audit.after(0), await desk.storage.checkpoints.all()
    return State(list(rows), {}, list(table), list(await desk.notary.file.all()))


async def test_r13_a_thousand_mutations_of_the_log_are_found(desk: Desk) -> None:
    """The log as it is passes; then each kind of change in turn, each found by what has to find it."""
    clean = await state_of(desk)
    assert [c.seq for c in clean.table] == [c.seq for c in clean.file] == list(SIGNED_AT)
    rng, found = random.Random(13), Counter[Mutation]()
    for number in range(MUTATIONS):
        kind = list(KINDS)[number % len(KINDS)]
        changed = clean.copy()
        kind(changed, rng)
        assert changed != clean, kind
        desk.put(changed)
        means = await desk.means()
        assert means & KINDS[kind], (number, kind, means)
        found[kind] += 1
        if number % 100 == 0:
            desk.put(clean)
            assert await desk.means() == set()
    assert set(found.values()) == {MUTATIONS // len(KINDS)}
    assert found.total() == MUTATIONS


async def test_r13_a_rolled_back_database_is_told_by_the_file_alone(desk: Desk) -> None:
    """With a file as old as itself, an earlier state of the whole database is a perfect log; with the real one not."""
    clean = await state_of(desk)
    earlier = clean.copy()
    earlier.rows, earlier.table, earlier.file = clean.rows[:21], clean.table[:2], clean.file[:2]
    desk.put(earlier)
    assert await desk.means() == set()
    earlier.file = clean.file
    desk.put(earlier)
    assert await desk.means() == {Means.CUT, Means.MISSING}


async def test_r13_a_restore_on_purpose_is_said_once_and_signed(desk: Desk) -> None:
    """What was lost is void from then on; what is written afterwards is guarded as before."""
    clean = await state_of(desk)
    earlier = clean.copy()
    earlier.rows, earlier.table = clean.rows[:25], clean.table[:2]
    desk.put(earlier)
    cast("FixedClock", desk.notary.clock).advance(hours=1)
    signed = await desk.notary.acknowledge_restore(actor="machine", reason="disk")
    assert signed is not None
    assert signed.seq == 25
    assert await desk.means() == set()
    (entry,) = await desk.storage.audit.find(action="restored")
    assert (entry.seq, entry.detail["fits_up_to"]) == (26, "21")
    assert await desk.notary.acknowledge_restore(actor="machine", reason="again") is None
    assert (await desk.notary.sign()) is not None
    after = await state_of(desk)
    after.rows = after.rows[:25]
    desk.put(after)
    assert await desk.means() == {Means.CUT}
    after.rows[3] = replace(after.rows[3], subject="somebody")
    desk.put(after)
    with pytest.raises(AuditBroken, match="audit entry 4"):
        await desk.notary.acknowledge_restore(actor="machine", reason="no reason")


async def test_nothing_is_signed_over_a_broken_chain(desk: Desk) -> None:
    """The notary goes on from what it signed, and refuses what does not hang on it; in time, and not too often."""
    assert await desk.notary.sign() is None
    assert await desk.notary.sign_when_due() is None
    await desk.storage.audit.append(actor="edge", action="read", subject="t", detail={}, at=T0)
    assert await desk.notary.sign_when_due() is None
    cast("FixedClock", desk.notary.clock).advance(hours=1)
    signed = await desk.notary.sign_when_due()
    assert signed is not None
    assert signed.seq == ENTRIES + 1
    await desk.storage.audit.append(actor="edge", action="read", subject="t", detail={}, at=T0)
    desk.owner.execute("UPDATE edge.audit SET actor = 'nobody' WHERE seq = %s", [ENTRIES + 2])
    with pytest.raises(AuditBroken, match=f"audit entry {ENTRIES + 2}"):
        await desk.notary.sign()
    assert (await desk.storage.checkpoints.last()) == signed


async def test_places_that_a_crash_parted_are_aligned(desk: Desk) -> None:
    """Signed checkpoints are copied to where they are missing; forged ones are not."""
    clean = await state_of(desk)
    parted = clean.copy()
    parted.table, parted.file = [*clean.table[:1], replace(clean.table[1], jws="a.b.c")], clean.file[1:]
    desk.put(parted)
    assert await desk.notary.align() == 3
    assert set(await desk.notary.file.all()) == set(clean.file)
    assert set(await desk.notary.table.all()) == {*clean.table, parted.table[1]}
