"""What every StaffStore, StaffSessions, SignInAttempts and ApiKeys does."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from visavis.ports import ApiKeys, SignInAttempts, StaffSessions, StaffStore
from visavis.testing import T0, a_staff, a_staff_session, an_api_key
from visavis.types import Pauses, Role, StaffState

# ------ people


async def test_people_come_back_by_login(staff: StaffStore) -> None:
    """Every field survives, and another site's people are not in the list."""
    ada = a_staff(
        role=Role.ADMINISTRATOR,
        sealed_totp=b"\x00\xff" * 20,
        totp_step=58_000_000,
        recovery_sha256=("a" * 64, "b" * 64),
    )
    eve = a_staff(id="staff-2", login="eve", state=StaffState.DISABLED)
    abroad = a_staff(id="staff-3", site="site-2")
    for person in (eve, ada, abroad):
        assert await staff.save(person, None)
    assert await staff.all("site-1") == [ada, eve]
    assert await staff.get("staff-2") == eve
    assert await staff.find("site-2", "ada") == abroad
    assert await staff.find("site-2", "eve") is None
    assert await staff.get("staff-4") is None


async def test_a_login_is_there_once(staff: StaffStore) -> None:
    """Neither a second person of the same login nor the same person again is written."""
    assert await staff.save(a_staff(), None)
    assert not await staff.save(a_staff(id="staff-2", role=Role.ADMINISTRATOR), None)
    assert not await staff.save(a_staff(role=Role.ADMINISTRATOR), None)
    assert await staff.all("site-1") == [a_staff()]


async def test_of_two_changes_at_once_one_is_written(staff: StaffStore) -> None:
    """Both read the same person; so a code that both saw counts once."""
    before = a_staff()
    await staff.save(before, None)
    changes = [replace(before, totp_step=step, revision=1) for step in range(1, 9)]
    written = await asyncio.gather(*(staff.save(after, before) for after in changes))
    assert sorted(written) == [False] * 7 + [True]
    assert await staff.get("staff-1") == changes[written.index(True)]


async def test_nobody_is_changed_who_is_not_there(staff: StaffStore) -> None:
    """Nothing is added by a change."""
    assert not await staff.save(a_staff(revision=1), a_staff())
    assert await staff.all("site-1") == []


# ------ sessions


async def test_a_session_is_found_by_its_digest(staff: StaffStore, staff_sessions: StaffSessions) -> None:
    """And moves on when its owner does something, never back."""
    await staff.save(a_staff(), None)
    session = a_staff_session(digest=b"\x00\xff" * 16)
    await staff_sessions.start(session)
    assert await staff_sessions.find(session.digest) == session
    assert await staff_sessions.find(bytes(32)) is None
    later = T0 + timedelta(minutes=3)
    await staff_sessions.seen(session.digest, later)
    await staff_sessions.seen(session.digest, T0 + timedelta(minutes=1))
    assert await staff_sessions.find(session.digest) == replace(session, seen_at=later)


async def test_an_ended_session_stays_ended(staff: StaffStore, staff_sessions: StaffSessions) -> None:
    """One alone, or all of a person; others' stay."""
    await staff.save(a_staff(), None)
    await staff.save(a_staff(id="staff-2", login="eve"), None)
    first, second, third = (a_staff_session(digest=bytes([n] * 32)) for n in range(3))
    others = a_staff_session(digest=b"o" * 32, staff_id="staff-2")
    for session in (first, second, third, others):
        await staff_sessions.start(session)
    assert await staff_sessions.end("staff-2", first.digest) == 0
    assert await staff_sessions.end("staff-1", first.digest) == 1
    await staff_sessions.seen(first.digest, T0 + timedelta(minutes=1))
    assert await staff_sessions.find(first.digest) is None
    assert await staff_sessions.end("staff-1") == 2
    assert await staff_sessions.end("staff-1") == 0
    assert await staff_sessions.find(others.digest) == others


async def test_sessions_whose_time_is_over_go_with_the_next(staff: StaffStore, staff_sessions: StaffSessions) -> None:
    """So the table does not grow for ever."""
    await staff.save(a_staff(), None)
    old = a_staff_session(digest=b"o" * 32)
    await staff_sessions.start(old)
    after = T0 + timedelta(hours=8)
    await staff_sessions.start(
        a_staff_session(digest=b"n" * 32, started_at=after, seen_at=after, ends_at=after + timedelta(hours=8))
    )
    assert await staff_sessions.find(old.digest) is None


# ------ attempts

PAUSES = Pauses(free=3, first_s=30, longest_s=100, forgotten_s=1000)


async def test_pauses_double_up_to_the_longest(sign_in_attempts: SignInAttempts) -> None:
    """Three are free; then 30 s, 60 s, 100 s, 100 s. What is refused is not counted."""
    now, waited = T0, []
    for _ in range(3):
        assert await sign_in_attempts.attempt("login", now, PAUSES) is None
    for _ in range(4):
        until = await sign_in_attempts.attempt("login", now, PAUSES)
        assert until is not None
        assert await sign_in_attempts.attempt("login", until - timedelta(seconds=1), PAUSES) == until
        waited.append((until - now).total_seconds())
        now = until
        assert await sign_in_attempts.attempt("login", now, PAUSES) is None
    assert waited == [30, 60, 100, 100]
    assert await sign_in_attempts.attempt("another", T0, PAUSES) is None


async def test_a_success_begins_again(sign_in_attempts: SignInAttempts) -> None:
    """As does a long time without any try."""
    for _ in range(3):
        await sign_in_attempts.attempt("login", T0, PAUSES)
    await sign_in_attempts.forget("login")
    for _ in range(3):
        assert await sign_in_attempts.attempt("login", T0, PAUSES) is None
    later = T0 + timedelta(seconds=1000)
    for _ in range(3):
        assert await sign_in_attempts.attempt("login", later, PAUSES) is None
    assert await sign_in_attempts.attempt("login", later, PAUSES) is not None


async def test_many_at_once_are_many_tries(sign_in_attempts: SignInAttempts) -> None:
    """Of twenty guesses in the same moment three are let through."""
    answers = await asyncio.gather(*(sign_in_attempts.attempt("login", T0, PAUSES) for _ in range(20)))
    assert answers.count(None) == 3


# ------ keys


async def test_keys_come_back_by_time(api_keys: ApiKeys) -> None:
    """Every field survives, and another site's keys are not in the list."""
    till = an_api_key(digest=b"\x00\xff" * 16, scopes=("a", "b"))
    later = an_api_key(prefix="aaaaaaaa", created_at=T0 + timedelta(days=1), revoked_at=T0 + timedelta(days=2))
    for key in (later, till, an_api_key(prefix="abroadab", site="site-2")):
        await api_keys.save(key)
    assert await api_keys.all("site-1") == [till, later]
    assert await api_keys.find("aaaaaaaa") == later
    assert await api_keys.find("bbbbbbbb") is None


async def test_a_rotated_key_keeps_birthday_and_last_use(api_keys: ApiKeys) -> None:
    """The day of last use never goes back; a key that is not there is not made by using it."""
    await api_keys.save(an_api_key())
    await api_keys.used("tilltill", date(2026, 1, 7))
    await api_keys.used("tilltill", date(2026, 1, 6))
    await api_keys.used("nobodysx", date(2026, 1, 6))
    rotated = an_api_key(digest=b"n" * 32, expires_at=T0 + timedelta(days=180), created_at=T0 + timedelta(days=9))
    await api_keys.save(rotated)
    assert await api_keys.all("site-1") == [replace(rotated, created_at=T0, last_used=date(2026, 1, 7))]
