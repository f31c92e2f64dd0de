"""What every DeviceStore and every PairingStore does."""

from dataclasses import replace
from datetime import timedelta

from visavis.ports import DeviceStore, PairingStore
from visavis.testing import T0, a_device
from visavis.types import PairingCode

MINUTE = timedelta(minutes=1)


def a_code(digest: bytes = b"code-1", **changes: object) -> PairingCode:
    code = PairingCode(digest=digest, placement="screen", made_by="staff-1", expires_at=T0 + 10 * MINUTE, tries_left=3)
    return replace(code, **changes)  # type: ignore[arg-type]  # of the record's fields


async def test_devices_come_back_in_the_order_of_pairing(devices: DeviceStore) -> None:
    """Every byte of the key survives."""
    later = a_device(id="device-0", public_key=b"\x00\xff" * 16, paired_at=T0 + MINUTE)
    assert await devices.add(later)
    assert await devices.add(a_device())
    assert await devices.all() == [a_device(), later]


async def test_a_device_is_added_once(devices: DeviceStore) -> None:
    """Neither its id nor its key can be taken by another: a key speaks for one placement."""
    assert await devices.add(a_device())
    assert not await devices.add(a_device(public_key=bytes(32), placement="aisle"))
    assert not await devices.add(a_device(id="device-2", placement="aisle"))
    assert await devices.all() == [a_device()]


async def test_revoking_counts_once_and_lasts(devices: DeviceStore) -> None:
    """The device stays in the list, with the time; it cannot come back under its old key."""
    await devices.add(a_device())
    assert await devices.revoke("device-1", T0 + MINUTE)
    assert not await devices.revoke("device-1", T0 + 2 * MINUTE)
    assert not await devices.revoke("nobody", T0)
    assert not await devices.add(a_device(id="device-2"))
    assert await devices.all() == [a_device(revoked_at=T0 + MINUTE)]


async def test_seen_moves_forward_only(devices: DeviceStore) -> None:
    """A late write of another process changes nothing."""
    await devices.add(a_device())
    await devices.seen("device-1", T0 + MINUTE)
    await devices.seen("device-1", T0)
    await devices.seen("nobody", T0)
    assert await devices.all() == [a_device(seen_at=T0 + MINUTE)]


async def test_a_code_works_once(pairings: PairingStore) -> None:
    """The second use finds nothing."""
    await pairings.offer(a_code())
    assert await pairings.use(b"code-1", T0) == a_code()
    assert await pairings.use(b"code-1", T0) is None


async def test_a_code_expires(pairings: PairingStore) -> None:
    """To the moment."""
    await pairings.offer(a_code())
    await pairings.offer(a_code(b"code-2"))
    assert await pairings.use(b"code-1", T0 + 10 * MINUTE - timedelta(seconds=1)) is not None
    assert await pairings.use(b"code-2", T0 + 10 * MINUTE) is None


async def test_wrong_codes_use_up_every_open_one(pairings: PairingStore) -> None:
    """Three may miss; the third takes the code away, and one made afterwards has its own three."""
    await pairings.offer(a_code())
    for _ in range(2):
        assert await pairings.use(b"wrong", T0) is None
    await pairings.offer(a_code(b"code-2"))
    assert await pairings.use(b"wrong", T0) is None
    assert await pairings.use(b"code-1", T0) is None
    assert await pairings.use(b"code-2", T0) is not None


async def test_a_right_code_does_not_count_against_others(pairings: PairingStore) -> None:
    """Ten kiosks are paired one after the other."""
    for number in range(10):
        await pairings.offer(a_code(b"%d" % number))
    for number in range(10):
        assert await pairings.use(b"%d" % number, T0) is not None
