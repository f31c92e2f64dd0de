"""Who is there, and what programs sign in with."""

from collections.abc import Callable

import pytest

from visavis.errors import ApiKeyUnknown, InputRefused, LastAdministrator, LoginTaken, StaffUnknown
from visavis.server.accounts.api_keys import FORM
from visavis.server.permissions import Permission
from visavis.server.principal import Kind
from visavis.types import Role, StaffState

from .conftest import PASSWORD, Door

# ------ people


async def test_a_login_is_given_once(door: Door) -> None:
    """In whatever case; and only letters that look like themselves."""
    await door.add()
    with pytest.raises(LoginTaken):
        await door.add("ADA")
    for login in ("", " ", "-ada", "a b", "\u0430da", "a" * 65, "a\nb"):
        with pytest.raises(InputRefused):
            await door.add(login)
    with pytest.raises(StaffUnknown):
        await door.accounts.people.named("eve")


async def test_the_site_is_closed_once_there_is_an_administrator(door: Door) -> None:
    """And stays so, whatever becomes of the account."""
    people = door.accounts.people
    assert not await people.closed()
    await door.add("bea", Role.OPERATOR)
    assert not await people.closed()
    assert not await people.administered()
    await door.add("ada", Role.ADMINISTRATOR)
    assert await people.closed()
    assert await people.administered()


async def test_another_process_knows_within_a_second_that_the_site_is_closed(open_door: Callable[..., Door]) -> None:
    """It looks again, however often it is asked; by a role that was given as well."""
    one = open_door()
    other = open_door(storage=one.storage, clock=one.clock)
    assert not await other.accounts.people.closed()
    await one.add("ada")
    await one.accounts.people.give_role("ada", Role.ADMINISTRATOR, by="test")
    assert await one.accounts.people.closed()
    one.clock.advance(1)
    assert await other.accounts.people.closed()


async def test_somebody_is_left_to_administer(door: Door) -> None:
    """The last one is neither disabled nor given another role."""
    people = door.accounts.people
    await door.add("ada", Role.ADMINISTRATOR)
    for change in (
        lambda: people.disable("ada", by="test"),
        lambda: people.give_role("ada", Role.AUDITOR, by="test"),
    ):
        with pytest.raises(LastAdministrator):
            await change()
    await door.add("eve", Role.ADMINISTRATOR)
    await people.disable("ada", by="test")
    with pytest.raises(LastAdministrator):
        await people.disable("eve", by="test")
    assert [one.state for one in await people.all()] == [StaffState.DISABLED, StaffState.ACTIVE]


async def test_a_reset_gives_a_new_password_and_takes_the_second_factor(door: Door) -> None:
    """And lets in who was disabled."""
    await door.enrolled()
    await door.add("eve", Role.ADMINISTRATOR)
    await door.accounts.people.disable("ada", by="test")
    after = await door.accounts.people.reset("ada", "another horse, another battery", by="test")
    assert (after.state, after.sealed_totp, after.recovery_sha256) == (StaffState.ACTIVE, None, ())
    assert (await door.sign_in(password="another horse, another battery")).must_enrol


# ------ keys


async def test_a_key_opens_its_scopes(door: Door) -> None:
    """The key itself is kept nowhere; the day of its last use is."""
    key, text = await door.accounts.keys.add("till 3", ["events.send", "board.read"], days=90, by="test")
    assert FORM.fullmatch(text)
    by = await door.accounts.keys.principal(text)
    assert by is not None
    assert (by.kind, by.id) == (Kind.KEY, key.prefix)
    assert by.permissions == {Permission.SEND_EVENTS, Permission.READ_BOARD}
    (kept,) = await door.accounts.keys.all()
    assert kept.last_used == door.clock.now().date()
    assert text.encode() not in repr(vars(door.storage.api_keys)).encode()


async def test_a_key_that_is_not_good_opens_nothing(open_door: Callable[..., Door]) -> None:
    """Changed, rotated, revoked, expired, of another site, or no key at all."""
    door = open_door()
    keys = door.accounts.keys
    key, old = await keys.add("till 3", ["events.send"], days=90, by="test")
    for text in ("", "vv_", old[:-1], old + "A", old.replace("vv_", "VV_"), f"vv_{key.prefix}_" + "A" * 43):
        assert await keys.principal(text) is None
    assert await open_door(site="site-2", storage=door.storage).accounts.keys.principal(old) is None

    _, new = await keys.rotate(key.prefix, days=30, by="test")
    assert await keys.principal(old) is None
    assert await keys.principal(new) is not None
    door.clock.advance(days=30)
    assert await keys.principal(new) is None

    _, newer = await keys.rotate(key.prefix, days=30, by="test")
    assert await keys.principal(newer) is not None
    await keys.revoke(key.prefix, by="test")
    assert await keys.principal(newer) is None
    with pytest.raises(InputRefused):
        await keys.rotate(key.prefix, days=30, by="test")
    with pytest.raises(ApiKeyUnknown):
        await keys.revoke("nobodysx", by="test")
    actions = [action for _, action in await door.told()]
    assert actions == ["api_key_added", "api_key_rotated", "api_key_rotated", "api_key_revoked"]


async def test_a_key_never_manages_who_may_come_in(door: Door) -> None:
    """Nor has it an unknown scope, none at all, no name, or no end."""
    for scopes in (["staff.manage"], ["keys.manage"], ["everything"], []):
        with pytest.raises(InputRefused, match="scopes"):
            await door.accounts.keys.add("till", scopes, days=90, by="test")
    for name, days in (("", 90), ("till", 0), ("till", 731)):
        with pytest.raises(InputRefused):
            await door.accounts.keys.add(name, ["events.send"], days=days, by="test")
    assert await door.accounts.keys.all() == []


async def test_nothing_secret_is_in_the_audit_log(door: Door) -> None:
    """No password, code, cookie, key, hash or login."""
    totp, codes = await door.enrolled("grace.hopper")
    at = await door.sign_in("grace.hopper")
    _, text = await door.accounts.keys.add("till", ["events.send"], days=90, by="test")
    (grace,) = await door.accounts.people.all()
    said = repr(await door.storage.hub_audit.after(0))
    assert "signed_in" in said
    for secret in (PASSWORD, totp.secret, *codes, at.cookie, text, grace.password_hash, "grace.hopper"):
        assert secret not in said
    for secret in (at.cookie, grace.password_hash, *grace.recovery_sha256):
        assert secret not in repr(at) + repr(grace)
