"""What every AuditLog does."""

from datetime import timedelta

from visavis.ports import AuditLog
from visavis.privacy.audit import GENESIS, Chain, verify
from visavis.testing import T0


async def test_entries_hang_on_each_other(audit: AuditLog) -> None:
    """Read back, the chain verifies; the numbers begin at 1 and have no gaps."""
    written = [
        await audit.append(
            actor="edge",
            action="enrolled",
            subject=f"token-{n}",
            detail={"z": "1", "a": "茶 'quoted' \\"},
            at=T0 + timedelta(microseconds=n),
        )
        for n in range(3)
    ]
    read = await audit.after(0)
    assert read == written
    assert [entry.seq for entry in read] == [1, 2, 3]
    assert verify(read) == written[-1].sha256


async def test_reading_goes_on_from_a_number(audit: AuditLog) -> None:
    for n in range(4):
        await audit.append(actor="a", action="b", subject=str(n), detail={}, at=T0)
    assert [entry.subject for entry in await audit.after(1, limit=2)] == ["1", "2"]
    assert await audit.after(4) == []


async def test_an_empty_chain(audit: AuditLog) -> None:
    assert await audit.after(0) == []
    assert await audit.last() == (0, GENESIS)
    assert [batch async for batch in audit.links()] == []


async def test_links_are_what_the_hashes_cover(audit: AuditLog) -> None:
    """Whatever is written, a walk over the links ends at the last hash; it may begin after any entry."""
    strange = "".join(map(chr, (*range(1, 33), 0x7F, 0x85, 0xA0, 0x2028, 0xFEFF, 0x1F600)))
    details = [{}, {"z": "1", "a": "茶 'quoted' \\ \n"}, {"k": ""}, {"k": ""}, {strange: strange}]
    for n, detail in enumerate(details):
        at = T0 + timedelta(microseconds=n * 1_500_000)
        await audit.append(actor='a"/', action="b\\", subject=strange, detail=detail, at=at)
    links = [link async for batch in audit.links() for link in batch]
    chain = Chain()
    assert chain.walk(links) == 5
    assert (chain.seq, chain.last_sha256) == await audit.last()
    assert [link async for batch in audit.links(3) for link in batch] == links[3:]
    assert [batch async for batch in audit.links(5)] == []
