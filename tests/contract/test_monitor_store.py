"""What every MonitorStore does."""

from dataclasses import replace
from datetime import timedelta

from visavis.ports import MonitorStore
from visavis.testing import T0, a_monitor


async def test_monitors_come_back_by_name(monitors: MonitorStore) -> None:
    """Every byte of the sealed address survives."""
    aisle = a_monitor(name="aisle", sealed_address=b"\x00\xff" * 20, max_fps=0.5, enabled=False)
    for monitor in (a_monitor(), aisle):
        await monitors.save(monitor)
    assert await monitors.all() == [aisle, a_monitor()]


async def test_saving_again_replaces_and_keeps_the_birthday(monitors: MonitorStore) -> None:
    """One row a name."""
    await monitors.save(a_monitor())
    changed = a_monitor(placement="aisle-1", enabled=False, created_at=T0 + timedelta(days=1))
    await monitors.save(changed)
    assert await monitors.all() == [replace(changed, created_at=T0)]


async def test_a_removed_monitor_is_gone(monitors: MonitorStore) -> None:
    """The second removal finds nothing."""
    await monitors.save(a_monitor())
    assert await monitors.remove("door")
    assert not await monitors.remove("door")
    assert await monitors.all() == []
