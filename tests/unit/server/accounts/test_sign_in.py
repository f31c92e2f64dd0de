"""Passwords, codes and sessions: what lets somebody in, and everything that does not."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from visavis.errors import PasswordRefused, SignInLocked, SignInRefused, SignInRequired
from visavis.server.accounts.passwords import Passwords
from visavis.testing import MemoryKeys
from visavis.types import Role

from .conftest import HERE, PASSWORD, Door

# ------ passwords


async def test_a_password_lets_its_owner_in(door: Door) -> None:
    """Whatever case the login is typed in; the cookie has 256 bits and the database only its digest."""
    await door.add()
    at = await door.sign_in(" Ada ")
    assert at.session.complete
    assert len(at.cookie) >= 43
    found = await door.accounts.sign_ins.find(at.cookie)
    assert found is not None
    assert found.staff.login == "ada"
    assert at.cookie.encode() not in repr(vars(door.storage.staff_sessions)).encode()


async def test_wrong_unknown_and_disabled_are_one_answer(door: Door) -> None:
    """Nobody can ask whether somebody works here."""
    for login in ("ada", "eve", "root"):
        await door.add(login, Role.ADMINISTRATOR)
    await door.accounts.people.disable("eve", by="test")
    said = set()
    for login, password in (("ada", "wrong"), ("mallory", PASSWORD), ("eve", PASSWORD), ("", ""), ("x" * 999, "y")):
        with pytest.raises(SignInRefused) as caught:
            await door.sign_in(login, password)
        said.add(str(caught.value))
    assert len(said) == 1


async def test_an_unknown_login_costs_the_same_work(
    open_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash of the same parameters is computed for a login that nobody has."""
    passwords = Passwords(memory_kib=64, passes=1)
    door = open_door(passwords=passwords)
    await door.add()
    verified: list[str] = []
    verify = type(passwords._hasher).verify

    def counted(hasher: object, stored: str, password: str) -> bool:
        verified.append(stored.split("$")[3])
        return bool(verify(passwords._hasher, stored, password))

    monkeypatch.setattr(type(passwords._hasher), "verify", counted)
    for login in ("ada", "mallory"):
        with pytest.raises(SignInRefused):
            await door.sign_in(login, "wrong")
    assert verified == ["m=64,t=1,p=1"] * 2


async def test_the_parameters_are_owasps_and_renewed(open_door: Callable[..., Door]) -> None:
    """A hash of older parameters is replaced when its owner signs in; the password stays."""
    before = open_door()
    await before.add()
    after = open_door(storage=before.storage, passwords=Passwords())
    await after.sign_in()
    (ada,) = await after.storage.staff.all("site-1")
    assert ada.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await after.sign_in()


@pytest.mark.parametrize(
    "password",
    ["short", "a" * 257, "aaaaaaaaaaaaaaaa", "password123456", "ada-ada-ada-ada", "site-1-visavis-1", "Qwerty123456!"],
)
async def test_what_everybody_tries_first_is_no_password(door: Door, password: str) -> None:
    with pytest.raises(PasswordRefused):
        await door.add(password=password)
    assert await door.storage.staff.all("site-1") == []


async def test_a_composed_letter_is_the_same_letter(door: Door) -> None:
    """Whichever keyboard typed it (NFKC)."""
    await door.add(password="Stra\u00dfe nach K\u00f6penick")
    await door.sign_in(password="Stra\u00dfe nach Ko\u0308penick")


# ------ guessing


async def test_a_brute_forced_login_is_locked(door: Door) -> None:
    """After five wrong tries even the right password waits; another's login does not, and a reset opens it."""
    await door.add()
    await door.add("eve")
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await door.sign_in(password="wrong")
    with pytest.raises(SignInLocked, match="30 s"):
        await door.sign_in()
    await door.sign_in("eve")
    door.clock.advance(30)
    with pytest.raises(SignInRefused):
        await door.sign_in(password="wrong")
    with pytest.raises(SignInLocked, match="60 s"):
        await door.sign_in()
    await door.accounts.sign_ins.unlock("ada")
    await door.sign_in()


async def test_a_login_that_nobody_has_is_locked_alike(door: Door) -> None:
    """Or the lock would tell who works here."""
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await door.sign_in("mallory")
    with pytest.raises(SignInLocked, match="30 s"):
        await door.sign_in("mallory")


async def test_a_hundred_guesses_at_once_are_five(door: Door) -> None:
    """However they are timed."""
    await door.add()
    results = await asyncio.gather(
        *(door.sign_in(password="wrong", address=str(n)) for n in range(100)), return_exceptions=True
    )
    assert sum(isinstance(r, SignInRefused) for r in results) == 5
    assert sum(isinstance(r, SignInLocked) for r in results) == 95


async def test_an_address_that_tries_many_logins_is_locked(door: Door) -> None:
    """Thirty are free, for a shop with one address; another address goes on."""
    await door.add()
    for number in range(30):
        with pytest.raises(SignInRefused):
            await door.sign_in(f"login-{number}")
    with pytest.raises(SignInLocked):
        await door.sign_in()
    await door.sign_in(address="10.0.0.8")


# ------ second factor


async def test_an_administrator_does_nothing_before_the_second_factor(door: Door) -> None:
    """Password alone opens half a session, which ends after ten minutes."""
    await door.add(role=Role.ADMINISTRATOR)
    half = await door.sign_in()
    assert not half.session.complete
    assert half.must_enrol
    with pytest.raises(SignInRequired):
        await door.accounts.sign_ins.change_password(half.cookie, PASSWORD, PASSWORD + "!", address=HERE)
    door.clock.advance(minutes=10)
    assert await door.accounts.sign_ins.find(half.cookie) is None


async def test_password_and_code_let_in(door: Door) -> None:
    """A new cookie; that of the half session has ended. The secret rests sealed."""
    totp, _ = await door.enrolled()
    half = await door.sign_in()
    assert not half.must_enrol
    whole = await door.accounts.sign_ins.code(
        half.cookie, f" {door.code(totp)[:3]} {door.code(totp)[3:]} ", address=HERE
    )
    assert whole.session.complete
    assert whole.cookie != half.cookie
    assert await door.accounts.sign_ins.find(half.cookie) is None
    (ada,) = await door.storage.staff.all("site-1")
    assert totp.secret.encode() not in (ada.sealed_totp or b"")
    assert await door.told() == [
        ("test", "staff_added"),
        (f"staff {ada.id}", "second_factor_set_up"),
        (f"staff {ada.id}", "signed_in"),
        (f"staff {ada.id}", "signed_in"),
    ]


async def test_a_code_counts_once(door: Door) -> None:
    """Nor does an older one after it, nor the one that set the authenticator up."""
    totp, _ = await door.enrolled()
    used = door.code(totp)
    first, second, third = [await door.sign_in() for _ in range(3)]
    await door.accounts.sign_ins.code(first.cookie, used, address=HERE)
    for half, code in ((second, used), (third, door.code(totp, steps=-1))):
        with pytest.raises(SignInRefused):
            await door.accounts.sign_ins.code(half.cookie, code, address=HERE)


async def test_a_code_in_two_browsers_at_once_counts_once(door: Door) -> None:
    totp, _ = await door.enrolled()
    halves = [await door.sign_in() for _ in range(3)]
    results = await asyncio.gather(
        *(door.accounts.sign_ins.code(h.cookie, door.code(totp), address=HERE) for h in halves), return_exceptions=True
    )
    assert sum(isinstance(r, SignInRefused) for r in results) == 2


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_wrong_by_one_step(door: Door, steps: int, counts: bool) -> None:
    totp, _ = await door.enrolled()
    door.clock.advance(minutes=5)
    half = await door.sign_in()
    if counts:
        await door.accounts.sign_ins.code(half.cookie, door.code(totp, steps), address=HERE)
    else:
        with pytest.raises(SignInRefused):
            await door.accounts.sign_ins.code(half.cookie, door.code(totp, steps), address=HERE)


async def test_guessing_codes_is_locked_too(door: Door) -> None:
    """Who has the password guesses a handful of codes, not a million."""
    totp, _ = await door.enrolled()
    half = await door.sign_in()  # one try
    wrong = [code for code in ("000000", "111111", "222222", "333333", "444444") if code != door.code(totp)][:4]
    for code in wrong:
        with pytest.raises(SignInRefused):
            await door.accounts.sign_ins.code(half.cookie, code, address=HERE)
    with pytest.raises(SignInLocked):
        await door.accounts.sign_ins.code(half.cookie, door.code(totp), address=HERE)
    with pytest.raises(SignInLocked):
        await door.sign_in()


async def test_a_recovery_code_counts_once(door: Door) -> None:
    """However it is typed; ten were given, nine are left."""
    _, codes = await door.enrolled()
    assert len(set(codes)) == 10
    half = await door.sign_in()
    await door.accounts.sign_ins.code(half.cookie, codes[3].upper().replace("-", " "), address=HERE)
    again = await door.sign_in()
    with pytest.raises(SignInRefused):
        await door.accounts.sign_ins.code(again.cookie, codes[3], address=HERE)
    (ada,) = await door.storage.staff.all("site-1")
    assert len(ada.recovery_sha256) == 9
    assert not any(code in repr(ada.recovery_sha256) for code in codes)


async def test_a_factor_is_set_up_once(door: Door) -> None:
    """Whoever knows the password cannot put their own authenticator in the place of the first."""
    await door.enrolled()
    half = await door.sign_in()
    secret = pyotp.TOTP(door.accounts.sign_ins.pending_secret(half))
    with pytest.raises(SignInRequired):
        await door.accounts.sign_ins.enrol(half.cookie, door.code(secret), address=HERE)


async def test_the_secret_opens_under_its_own_site_key_only(open_door: Callable[..., Door]) -> None:
    """A stolen database gives no code."""
    door = open_door()
    totp, _ = await door.enrolled()
    thief = open_door(storage=door.storage, clock=door.clock, keys=MemoryKeys(bytes(32)))
    half = await thief.sign_in()
    with pytest.raises(Exception, match="does not open"):
        await thief.accounts.sign_ins.code(half.cookie, door.code(totp), address=HERE)


# ------ sessions


async def test_an_idle_session_ends(open_door: Callable[..., Door]) -> None:
    """After 15 minutes without a deed, or what its role has; looking on is none."""
    door = open_door(lifetimes={Role.ADVERTISER: (60, 12)})
    await door.add()
    await door.add("bea", Role.ADVERTISER)
    ada, bea = await door.sign_in(), await door.sign_in("bea")
    door.clock.advance(minutes=14)
    assert await door.accounts.sign_ins.find(ada.cookie) is not None
    for _ in range(14):
        door.clock.advance(minutes=1)
        assert await door.accounts.sign_ins.find(ada.cookie, act=False) is not None
    door.clock.advance(minutes=1)
    assert await door.accounts.sign_ins.find(ada.cookie) is None
    assert await door.accounts.sign_ins.find(bea.cookie) is not None


async def test_a_session_ends_whatever_its_owner_does(door: Door) -> None:
    """After eight hours."""
    await door.add()
    at = await door.sign_in()
    for _ in range(8 * 6 - 1):
        door.clock.advance(minutes=10)
        assert await door.accounts.sign_ins.find(at.cookie) is not None
    door.clock.advance(minutes=10)
    assert await door.accounts.sign_ins.find(at.cookie) is None


async def test_signing_out_ends_this_session_only(door: Door) -> None:
    await door.add()
    first, second = await door.sign_in(), await door.sign_in()
    await door.accounts.sign_ins.sign_out(first.cookie)
    assert await door.accounts.sign_ins.find(first.cookie) is None
    assert await door.accounts.sign_ins.find(second.cookie) is not None


async def test_a_new_password_ends_every_other_session(door: Door) -> None:
    """And the old one is refused."""
    await door.add()
    first, second = await door.sign_in(), await door.sign_in()
    with pytest.raises(SignInRefused):
        await door.accounts.sign_ins.change_password(
            second.cookie, "wrong", "another horse, another battery", address=HERE
        )
    with pytest.raises(PasswordRefused):
        await door.accounts.sign_ins.change_password(second.cookie, PASSWORD, "short", address=HERE)
    third = await door.accounts.sign_ins.change_password(
        second.cookie, PASSWORD, "another horse, another battery", address=HERE
    )
    assert await door.accounts.sign_ins.find(third.cookie) is not None
    for ended in (first, second):
        assert await door.accounts.sign_ins.find(ended.cookie) is None
    with pytest.raises(SignInRefused):
        await door.sign_in()


async def test_who_is_disabled_reset_or_given_another_role_is_out_at_once(door: Door) -> None:
    await door.add("root", Role.ADMINISTRATOR)
    people = door.accounts.people
    await door.add()
    changes = (
        lambda: people.disable("ada", by="test"),
        lambda: people.reset("ada", PASSWORD, by="test"),
        lambda: people.give_role("ada", Role.AUDITOR, by="test"),
    )
    for change in changes:
        at = await door.sign_in() if await _active(door) else None
        await change()
        assert at is None or await door.accounts.sign_ins.find(at.cookie) is None


async def _active(door: Door) -> bool:
    return (await door.accounts.people.named("ada")).state == "active"


async def test_another_sites_cookie_opens_nothing(open_door: Callable[..., Door]) -> None:
    """Even where both sites share database and key."""
    here = open_door()
    there = open_door(site="site-2", storage=here.storage, clock=here.clock)
    await there.add()
    at = await there.sign_in()
    assert await there.accounts.sign_ins.find(at.cookie) is not None
    assert await here.accounts.sign_ins.find(at.cookie) is None
    with pytest.raises(SignInRefused):
        await here.sign_in()


async def test_a_session_is_of_all_processes(open_door: Callable[..., Door]) -> None:
    """Opened in one, found and ended in another."""
    one = open_door()
    other = open_door(storage=one.storage, clock=one.clock)
    await one.add()
    at = await one.sign_in()
    assert await other.accounts.sign_ins.find(at.cookie) is not None
    await other.accounts.sign_ins.sign_out(at.cookie)
    assert await one.accounts.sign_ins.find(at.cookie) is None


async def test_time_between_activity_is_written_rarely(door: Door) -> None:
    """A page that loads ten files is one deed."""
    await door.add()
    at = await door.sign_in()
    door.clock.advance(29)
    await door.accounts.sign_ins.find(at.cookie)
    kept = await door.storage.staff_sessions.find(at.session.digest)
    assert kept is not None
    assert kept.seen_at == at.session.seen_at
    door.clock.advance(1)
    await door.accounts.sign_ins.find(at.cookie)
    kept = await door.storage.staff_sessions.find(at.session.digest)
    assert kept is not None
    assert kept.seen_at == at.session.seen_at + timedelta(seconds=30)
