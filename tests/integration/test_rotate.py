"""A new site key: all keys or none, whatever moment the machine is switched off at, and nothing else changes."""

import asyncio
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from visavis.errors import SealBroken
from visavis.identity.enrol import nickname, open_templates, with_templates
from visavis.pipeline.rotate import Rotated, rotate
from visavis.privacy import receipts
from visavis.privacy.keys import FileSiteKey, SiteKey
from visavis.privacy.pseudonym import credential_digest, new_card, token
from visavis.privacy.ring import read_ring
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.slots import Slots
from visavis.privacy.vault import address_binding, new_wrapped_key, seal_text, totp_binding
from visavis.storage.database import Storage
from visavis.storage.wrapped import EDGE, HUB
from visavis.testing import FixedClock, a_consent, a_member, a_monitor, a_staff, an_embedding, counted_ids
from visavis.types import Member, MemberId, Token

PEOPLE = 6
CARD = new_card().encode()  # what the holder has

CHILD = """
    import asyncio, os, pathlib, signal, sys
    from visavis.pipeline import rotate as module
    from visavis.privacy.roots import PlainRoot, RootFile
    from visavis.privacy.slots import Slots
    from visavis.storage.database import open_storage
    from visavis.testing import FixedClock

    url, folder, moment = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    steps = []

    def step(name):
        steps.append(name)
        if f"{name} {steps.count(name)}" == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(name, work):
        def done(*args, **kwargs):
            step(f"before {name}")
            result = work(*args, **kwargs)
            step(f"after {name}")
            return result
        return done

    module.write_ring = around("ring", module.write_ring)
    root = RootFile(folder / "site.key", PlainRoot())
    root.write = around("root", root.write)
    module.SiteKey.rewrap = around("key", module.SiteKey.rewrap)

    async def main():
        async with open_storage(url) as storage:
            await module.rotate(
                root,
                folder / "site.ring",
                Slots(folder / "site.slots"),
                [storage.wrapped, storage.hub_wrapped],
                storage.audit,
                FixedClock(),
            )
            step("after all")

    asyncio.run(main())
"""
MOMENTS = (
    "before ring 1",
    "after ring 1",
    "before root 1",
    "after root 1",
    "before key 1",
    "after key 4",
    "after key 8",
    "before ring 2",
    "after ring 2",
)


def a_sealed_member(number: int, keys: SiteKey, holder: bytes = b"") -> Member:
    """With one template; the last of the people holds a part of the key."""
    member_id = MemberId(f"member-{number}")
    wrapped = new_wrapped_key(keys, member_id, holder)
    name = seal_text(keys, wrapped, f"Grace {number}", member_id=member_id, purpose="nickname", holder=holder)
    member = a_member(
        id=member_id,
        token=Token(f"token-{number}"),
        credentials=(credential_digest(keys, f"pin {number}"),),
        templates=(),
        wrapped_key=wrapped,
        nickname=name,
    )
    shots = () if holder else (an_embedding(number),)
    return with_templates(member, shots, keys=keys, now=member.enrolled_at, ids=counted_ids())


@pytest.fixture
async def keys(storage: Storage, tmp_path: Path) -> FileSiteKey:
    """Of a site with people and a camera."""
    keys = FileSiteKey(tmp_path / "site.key")
    for number in range(PEOPLE):
        await storage.roster.save(a_sealed_member(number, keys, CARD if number == PEOPLE - 1 else b""))
    sealed = keys.wrap(b"rtsp://door", aad=address_binding("door"))
    await storage.monitors.save(a_monitor(sealed_address=sealed))
    totp = keys.wrap(b"JBSWY3DP", aad=totp_binding("site-1", "staff-1"))
    await storage.staff.save(a_staff(sealed_totp=totp), None)
    return keys


async def everything_opens(storage: Storage, keys: SiteKey) -> None:
    members = await storage.roster.members()
    assert len(members) == PEOPLE
    for number, member in enumerate(members):
        holder = CARD if number == PEOPLE - 1 else b""
        key = keys.unwrap(member.wrapped_key, aad=EDGE["members"](member.id), holder=holder)
        assert len(key) == 32
        if not holder:
            assert nickname(member, keys) == f"Grace {number}"
            ((_, template),) = open_templates(member, keys, an_embedding().model)
            assert template.vector == pytest.approx(an_embedding(number).vector)
        assert member.credentials == (credential_digest(keys, f"pin {number}"),)
    (monitor,) = await storage.monitors.all()
    assert keys.unwrap(monitor.sealed_address, aad=address_binding("door")) == b"rtsp://door"
    somebody = await storage.staff.get("staff-1")
    assert somebody is not None
    assert keys.unwrap(somebody.sealed_totp or b"", aad=totp_binding("site-1", "staff-1")) == b"JBSWY3DP"


async def rotated(storage: Storage, folder: Path) -> Rotated:
    return await rotate(
        RootFile(folder / "site.key", PlainRoot()),
        folder / "site.ring",
        Slots(folder / "site.slots"),
        [storage.wrapped, storage.hub_wrapped],
        storage.audit,
        FixedClock(),
    )


async def test_r15_a_stolen_site_key_opens_nothing_of_what_is_copied_later(
    storage: Storage, keys: FileSiteKey, tmp_path: Path
) -> None:
    """Every wrapped key hangs on the new one; not with the old, nor with the new in the place of the old ring."""
    before, stolen = await storage.roster.members(), (tmp_path / "site.key").read_bytes()
    assert await rotated(storage, tmp_path) == Rotated(wrapped=PEOPLE + 2, resumed=False)
    after = await storage.roster.members()
    await everything_opens(storage, FileSiteKey(tmp_path / "site.key"))
    assert [m.templates for m in after] == [m.templates for m in before]  # wrapped anew, not encrypted anew
    assert [m.nickname for m in after] == [m.nickname for m in before]
    for was, now in zip(before, after, strict=True):
        assert was.wrapped_key != now.wrapped_key
        with pytest.raises(SealBroken):  # the thief's keys, today's slots, today's database
            keys.unwrap(now.wrapped_key, aad=EDGE["members"](now.id), holder=CARD)
        with pytest.raises(SealBroken):  # today's keys, a database of before
            FileSiteKey(tmp_path / "site.key").unwrap(was.wrapped_key, aad=EDGE["members"](was.id), holder=CARD)
    with pytest.raises(SealBroken):
        read_ring(tmp_path / "site.ring", stolen)
    assert await rotated(storage, tmp_path) == Rotated(wrapped=PEOPLE + 2, resumed=False)
    await everything_opens(storage, FileSiteKey(tmp_path / "site.key"))
    actions = [(entry.action, entry.detail["wrapped"]) for entry in await storage.audit.after(0)]
    assert actions == [("site_key_rotated", str(PEOPLE + 2))] * 2


async def test_r15_killed_at_any_moment_every_key_opens_and_the_next_run_ends_it(
    storage: Storage, keys: FileSiteKey, tmp_path: Path, database_url: str
) -> None:
    """One after the other: a site that was switched off in the middle starts, reads, writes, and rotates to the end."""
    assert MOMENTS
    for moment in MOMENTS:
        await asyncio.to_thread(killed, database_url, tmp_path, moment)
        half = FileSiteKey(tmp_path / "site.key")
        await everything_opens(storage, half)
        await storage.roster.save(a_sealed_member(2, half))  # and it goes on enrolling
        done = await rotated(storage, tmp_path)
        assert done.resumed == (moment not in {"before ring 1", "after ring 2"}), moment
        now = FileSiteKey(tmp_path / "site.key")
        assert not now._ring.rotating
        await everything_opens(storage, now)
        assert names(tmp_path) == ["site.key", "site.ring", "site.slots"]  # no draft is left


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed(database_url: str, folder: Path, moment: str) -> None:
    """Another process rotates, and is gone at this moment."""
    command = [sys.executable, "-c", textwrap.dedent(CHILD), database_url, str(folder), moment]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL


async def test_a_row_of_another_site_stops_the_rotation(storage: Storage, keys: FileSiteKey, tmp_path: Path) -> None:
    """Nothing is half-written, and everything opens as before."""
    other = tmp_path / "other"
    other.mkdir()
    alien = FileSiteKey(other / "site.key").wrap(b"rtsp://x", aad=address_binding("z-alien"))
    await storage.monitors.save(a_monitor(name="z-alien", sealed_address=alien))
    before = await storage.roster.members()
    with pytest.raises(SealBroken):
        await rotated(storage, tmp_path)
    assert await storage.roster.members() == before
    await storage.monitors.remove("z-alien")
    await everything_opens(storage, FileSiteKey(tmp_path / "site.key"))
    assert (await rotated(storage, tmp_path)).resumed


async def test_what_members_and_hub_know_outlives_a_rotation(
    storage: Storage, keys: FileSiteKey, tmp_path: Path
) -> None:
    """Old receipts verify, new ones are signed alike; card, PIN and token stay."""
    receipt, public = receipts.sign_receipt(keys, a_consent()), receipts.public_key(keys)
    await rotated(storage, tmp_path)
    now = FileSiteKey(tmp_path / "site.key")
    assert receipts.verify(receipt, receipts.public_key(now))["record_id"] == a_consent().id
    assert receipts.sign_receipt(now, a_consent()) == receipt
    assert receipts.public_key(now) == public
    assert token(now, MemberId("a"), site="s") == token(keys, MemberId("a"), site="s")
    assert now._key != keys._key


WRAPPED = {("member", "wrapped_key"), ("monitor", "sealed_address"), ("staff", "sealed_totp"), ("model", "wrapped_key")}
NOT_WRAPPED = {
    ("member", "nickname_nonce"),
    ("member", "nickname"),  # under the member key
    ("member", "credentials"),  # digests
    ("template", "nonce"),
    ("template", "ciphertext"),  # under the member key
    ("policy", "arrays"),  # of nobody
    ("state", "hidden"),  # by pseudonym, like the events of which it is made
    ("model_file", "sealed"),  # under the model's key
    ("staff_session", "digest"),
    ("api_key", "digest"),
    ("device", "public_key"),
    ("pairing_code", "digest"),
}


def test_every_column_of_bytes_is_wrapped_anew_or_does_not_hang_on_the_site_key(database_url: str) -> None:
    """Who adds a column that the site key wraps adds it to `storage.wrapped`, or a rotation loses what is in it."""
    with psycopg.connect(database_url) as owner:
        found = owner.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema IN ('edge', 'hub', 'visavis') AND (data_type = 'bytea' OR udt_name = '_bytea')"
        ).fetchall()
    assert found
    assert set(found) == WRAPPED | NOT_WRAPPED
    assert len(EDGE) + len(HUB) == len(WRAPPED)
