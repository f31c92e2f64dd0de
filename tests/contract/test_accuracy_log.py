"""What every AccuracyLog does."""

from dataclasses import replace

from visavis.ports import AccuracyLog
from visavis.types import Light, Look, Looks

ONE = Looks(month="2026-01", placement="door", light=Light.DIM, look=Look.RECOGNISED, score=15, count=2)


async def test_counts_add_up(accuracy: AccuracyLog) -> None:
    """Also those of one call; each kind for itself."""
    assert await accuracy.all() == []
    other = replace(ONE, light=Light.DARK, look=Look.MISSED, score=-1, count=1)
    await accuracy.add([ONE, other, ONE])
    await accuracy.add([replace(ONE, count=5)])
    await accuracy.add([])
    assert await accuracy.all() == [other, replace(ONE, count=9)]


async def test_every_kind_is_kept_apart(accuracy: AccuracyLog) -> None:
    """By month, placement, light, look and score."""
    kinds = [
        ONE,
        replace(ONE, month="2026-02"),
        replace(ONE, placement="desk"),
        replace(ONE, light=Light.BRIGHT),
        replace(ONE, look=Look.WRONG, score=-1),
        replace(ONE, score=16),
    ]
    await accuracy.add(kinds)
    found = await accuracy.all()
    assert set(found) == set(kinds)
    assert [one.month for one in found] == sorted(one.month for one in kinds)
