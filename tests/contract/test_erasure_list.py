"""What every ErasureList does."""

from datetime import timedelta

from visavis.ports import ErasureList
from visavis.testing import T0
from visavis.types import Erased


def an_entry(number: int, what: str = "everything") -> Erased:
    return Erased(subject_sha256=f"{number:064x}", what=what, at=T0 + timedelta(seconds=number))


async def test_entries_stay(erasures: ErasureList) -> None:
    """To the microsecond, whatever was withdrawn."""
    entries = [an_entry(1), an_entry(1, "push"), Erased(subject_sha256="f" * 64, what="recognise", at=T0)]
    await erasures.append(entries[:2])
    await erasures.append(entries[2:])
    assert set(await erasures.all()) == set(entries)


async def test_an_entry_may_be_written_again(erasures: ErasureList) -> None:
    await erasures.append([an_entry(1)])
    await erasures.append([an_entry(2), an_entry(1)])
    assert set(await erasures.all()) == {an_entry(1), an_entry(2)}


async def test_nothing_is_nothing(erasures: ErasureList) -> None:
    await erasures.append([])
    assert list(await erasures.all()) == []
