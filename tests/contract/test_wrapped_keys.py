"""Everything that hangs on the site key passes through one function, or nothing is written."""

import pytest

from visavis.errors import SealBroken
from visavis.privacy.vault import address_binding, key_binding, totp_binding
from visavis.storage.database import Storage
from visavis.testing import MemoryStorage, a_member, a_monitor, a_staff
from visavis.types import MemberId, Token

Ports = MemoryStorage | Storage


@pytest.fixture
async def ports(ports: Ports) -> Ports:
    """With two members, one of whom has no key any more, a camera, and one of the staff with a second factor."""
    await ports.roster.save(a_member())
    await ports.roster.save(a_member(id=MemberId("member-2"), token=Token("token-2"), credentials=(), wrapped_key=b""))
    await ports.monitors.save(a_monitor())
    await ports.staff.save(a_staff(sealed_totp=b"sealed"), None)
    await ports.staff.save(a_staff(id="staff-2", login="ben", sealed_totp=None), None)
    return ports


async def test_each_is_told_what_it_is_bound_to(ports: Ports) -> None:
    """What changed is counted and written; the rest of a row stays."""
    seen: list[tuple[bytes, bytes]] = []

    def renew(wrapped: bytes, aad: bytes) -> bytes:
        seen.append((wrapped, aad))
        return wrapped if wrapped == b"sealed" else wrapped + b"!"

    member, monitor = a_member(), a_monitor()
    assert await ports.wrapped.rewrap(renew) == 2
    assert await ports.hub_wrapped.rewrap(renew) == 0
    assert seen == [
        (member.wrapped_key, key_binding("member-1")),
        (monitor.sealed_address, address_binding("door")),
        (b"sealed", totp_binding("site-1", "staff-1")),
    ]
    after = next(m for m in await ports.roster.members() if m.id == "member-1")
    assert after.wrapped_key == member.wrapped_key + b"!"
    assert after.templates == member.templates
    assert [m.sealed_address for m in await ports.monitors.all()] == [monitor.sealed_address + b"!"]
    assert await ports.hub_wrapped.rewrap(lambda _wrapped, _aad: b"new") == 1
    somebody = await ports.staff.get("staff-1")
    assert somebody is not None
    assert somebody.sealed_totp == b"new"


async def test_one_that_does_not_open_stops_all(ports: Ports) -> None:
    before = await ports.roster.members()

    def renew(wrapped: bytes, aad: bytes) -> bytes:
        if aad == address_binding("door"):
            raise SealBroken
        return wrapped + b"!"

    with pytest.raises(SealBroken):
        await ports.wrapped.rewrap(renew)
    assert await ports.roster.members() == before
