"""What every CheckpointStore does."""

from dataclasses import replace

from visavis.ports import CheckpointStore
from visavis.types import Checkpoint


async def test_checkpoints_stay_in_order(checkpoints: CheckpointStore) -> None:
    """Each once, however often it is appended; the last is the one that was appended last."""
    assert list(await checkpoints.all()) == []
    assert await checkpoints.last() is None
    first, second, other = (
        Checkpoint(half="edge", seq=seq, jws=jws) for seq, jws in ((2, "a.b.c"), (10, "d.e.f"), (2, "g.h.i"))
    )
    for checkpoint in (second, first, first, other, second):
        await checkpoints.append(checkpoint)
    assert [replace(found, half="edge") for found in await checkpoints.all()] == [second, first, other]
    last = await checkpoints.last()
    assert last is not None
    assert (last.seq, last.jws) == (2, "g.h.i")
