"""Members who withdrew: nobody opens them again, with the site key, today's files and older backups in hand."""

import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from psycopg.conninfo import make_conninfo

from visavis.errors import KeyDestroyed, SealBroken
from visavis.identity.enrol import open_templates
from visavis.pipeline.erasure import replay
from visavis.privacy.keys import KEY_BYTES, MAGIC, MAGIC_HELD, NONCE_BYTES, FileSiteKey, _decrypt, slots_file
from visavis.privacy.slots import EMPTY, ID_BYTES, RECORD, SHARE_BYTES
from visavis.privacy.slots import MAGIC as HEADER
from visavis.privacy.vault import KEY, _associated
from visavis.storage.programs import _program
from visavis.storage.server import start_server
from visavis.types import Member, MemberId

from .conftest import MODEL, Attacked, cold_copy, dump, faces_of, open_attacked, said, size

WITHDRAWN = size("WITHDRAWN", 100)
STAYED = 5
SLOT_BYTES = len(MAGIC) + 8 + ID_BYTES
WRAPPED_BYTES = SLOT_BYTES + NONCE_BYTES + KEY_BYTES + 16
MARKS = b"|".join(re.escape(mark) for mark in (MAGIC, MAGIC_HELD))
IN_BYTES = re.compile(b"(?=(" + b"(?:" + MARKS + b")" + b".{%d}))" % (WRAPPED_BYTES - len(MAGIC)), re.DOTALL)
MARKS_HEX = b"|".join(mark.hex().encode() for mark in (MAGIC, MAGIC_HELD))
IN_HEX = re.compile(b"(?:" + MARKS_HEX + b")[0-9a-f]{%d}" % (2 * (WRAPPED_BYTES - len(MAGIC))))


def carved(folders: Iterable[Path]) -> set[bytes]:
    """Every wrapped key that stands in any file, whatever the database says of it: rows, dead rows, log, backups."""
    found = set()
    for path in (p for folder in folders for p in folder.rglob("*") if p.is_file() and not p.is_socket()):
        content = path.read_bytes()
        found |= {match.group(1) for match in IN_BYTES.finditer(content)}
        found |= {bytes.fromhex(match.group().decode()) for match in IN_HEX.finditer(content)}
    return found


def _nonce(wrapped: bytes) -> bytes:
    return wrapped[SLOT_BYTES : SLOT_BYTES + NONCE_BYTES]


@dataclass(frozen=True, slots=True)
class Robber:
    """Has every file of today, and older copies of the database; reads the key files by hand and by our own code."""

    key_file: Path
    copies: tuple[Path, ...]

    def opened(self, members: Iterable[Member]) -> set[MemberId]:
        """Members of whom some key opens, by any way that there is."""
        keys, wrapped = FileSiteKey(self.key_file), carved(self.copies)
        by_nonce: dict[bytes, list[bytes]] = defaultdict(list)
        for one in wrapped:  # a page of the log may have cut a copy in two: another one is whole
            by_nonce[_nonce(one)].append(one)
        return {m.id for m in members if any(self._opens(keys, one, m.id) for one in by_nonce[_nonce(m.wrapped_key)])}

    def _opens(self, keys: FileSiteKey, wrapped: bytes, member_id: MemberId) -> bool:
        try:
            keys.unwrap(wrapped, aad=_associated(KEY, member_id))
        except (KeyDestroyed, SealBroken):
            return any(self._by_hand(keys, wrapped, member_id))
        return True

    def _by_hand(self, keys: FileSiteKey, wrapped: bytes, member_id: MemberId) -> Iterator[bool]:
        """With every number that the slots hold now, with none, and with the site key alone."""
        slot, sealed = wrapped[:SLOT_BYTES], wrapped[SLOT_BYTES:]
        tries = [keys._slot_key(share) for share in (*self._shares(), bytes(SHARE_BYTES), b"")]
        for key in (*tries, keys._key):
            try:
                _decrypt(key, sealed, slot + _associated(KEY, member_id))
            except SealBroken:
                continue
            yield True

    def _shares(self) -> list[bytes]:
        records = slots_file(self.key_file).read_bytes()[len(HEADER) :]
        each = {records[at : at + RECORD] for at in range(0, len(records), RECORD)} - {EMPTY}
        return [record[ID_BYTES:] for record in each]


async def enrolled(site: Attacked) -> tuple[list[Member], list[Member]]:
    """Those who will withdraw, and those who stay."""
    photos = faces_of(WITHDRAWN + STAYED, 1, alike=0.9, seed=5)
    everybody = [await site.enrol(shots, f"member {number}") for number, shots in enumerate(photos)]
    return everybody[STAYED:], everybody[:STAYED]


async def withdraw_all(site: Attacked, members: list[Member]) -> np.ndarray:
    """Seconds of each."""
    taken = []
    for member in members:
        begin = time.perf_counter()
        receipt = await site.edge.forget(member.id, method="api")
        taken.append(time.perf_counter() - begin)
        assert receipt.removed["edge"] >= 2
    return np.array(taken)


async def test_r11_who_withdrew_cannot_be_recovered_from_anything(tmp_path: Path) -> None:
    """Dead rows, write-ahead log, the site key and backups of before, of the files and as a dump: nobody opens."""
    home, old = tmp_path / "shop", tmp_path / "old"
    old.mkdir()
    async with open_attacked("shop", home) as site:
        leaving, staying = await enrolled(site)
        with start_server(home / "data") as server:
            dump(server.url, old / "backup.sql")
    cold_copy(home / "data", old / "data")
    robber = Robber(home / "site.key", (home / "data", old))
    everybody = {member.id for member in (*leaving, *staying)}
    assert robber.opened((*leaving, *staying)) == everybody  # the attack works on who did not withdraw

    async with open_attacked("shop", home) as site:
        seconds = await withdraw_all(site, leaving)
        assert {m.id for m in await site.storage.roster.members()} == {member.id for member in staying}
    found = carved(robber.copies)
    assert {member.wrapped_key for member in leaving} <= found
    assert {member.wrapped_key for member in leaving} & carved([home / "data"])  # dead rows and log are read
    assert robber.opened((*leaving, *staying)) == {member.id for member in staying}
    p50, p95, most = np.quantile(seconds, (0.5, 0.95, 1.0))
    said(
        f"{len(leaving)} of {len(leaving)} members who withdrew are unrecoverable; {len(found)} wrapped keys were tried"
    )
    said(f"a withdrawal took {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms, the longest {most * 1e3:.1f} ms")
    assert p95 <= 1.0

    files = home.with_name("restored files")
    cold_copy(home, files)
    (files / "data").rename(files / "today")
    cold_copy(old / "data", files / "data")
    await restored(files, None, staying)
    read_in = home.with_name("restored dump")
    cold_copy(home, read_in)
    with start_server(read_in / "data") as server:
        await restored(read_in, loaded(server.url, old / "backup.sql"), staying)


def loaded(url: str, backup: Path) -> str:
    """URL of a database that was made of a dump."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE older")
    older = make_conninfo(url, dbname="older")
    command = [_program("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={backup}", older]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return older


async def restored(home: Path, url: str | None, staying: list[Member]) -> None:
    """An older database under today's keys knows nobody who left, and drops them at its start."""
    async with open_attacked("shop", home, url) as site:
        members = await site.storage.roster.members()
        assert len(members) == WITHDRAWN + STAYED
        assert len(site.edge.gallery) == STAYED
        refused = 0
        for member in members:
            try:
                open_templates(member, site.keys, MODEL)
            except KeyDestroyed:
                refused += 1
        assert refused == WITHDRAWN
        assert (await replay(site.edge, site.storage.eraser)).members == WITHDRAWN
        assert {m.id for m in await site.storage.roster.members()} == {member.id for member in staying}
