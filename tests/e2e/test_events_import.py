"""Business data reach a running site's members from the command line."""

import json
from pathlib import Path

from .conftest import SiteUnderTest
from .test_desk import visavis, where

MAPPING = """\
source: /tills
member: {column: card}
time: {column: sold_at}
kind: {constant: purchase}
item: {column: sku}
value: {column: price}
"""


async def test_purchases_of_a_member_are_kept_once(site: SiteUnderTest, database_url: str, tmp_path: Path) -> None:
    """Of a stranger nothing is; a wrong row names itself and keeps nothing; the same file again changes nothing."""
    joined = (await site.join(purposes=("personalise",))).raise_for_status().json()
    (member,) = await site.site.storage.roster.members()
    (tmp_path / "map.yaml").write_text(MAPPING)
    table = tmp_path / "sales.csv"
    rows = [
        f"{joined['card']},2026-01-05T10:00:00Z,sourdough-loaf,4.5",
        "VV1-OTHER,2026-01-05T10:00:00Z,sourdough-loaf,4.5",
    ]
    command = ["events", "import", str(table), "--mapping", str(tmp_path / "map.yaml"), *where(site, database_url)]

    table.write_text("\n".join(["card,sold_at,sku,price", *rows, f"{joined['card']},2026-01-05T10:00:00Z,cake,4.5"]))
    code, _, err = await visavis(*command)
    assert code == 2
    assert "row 4, column sku: the scenario has no item 'cake'" in err.replace("\n", "")
    assert joined["card"] not in err
    assert not await site.site.storage.events.of(member.token)

    table.write_text("\n".join(["card,sold_at,sku,price", *rows]))
    for kept, known in ((1, 0), (0, 1)):
        code, out, err = await visavis(*command, "--json")
        assert code == 0, err
        counts = json.loads(out)
        assert (counts["kept"], counts["known"], counts["strangers"]) == (kept, known, 1)
    (event,) = await site.site.storage.events.of(member.token)
    assert (event.kind, event.item_id, event.value) == ("purchase", "sourdough-loaf", 4.5)


async def test_a_report_of_the_site(site: SiteUnderTest, database_url: str, tmp_path: Path) -> None:
    """A page, paper and a table beside a running site; one member alone is in no figure, and in no file."""
    (await site.join(purposes=("personalise", "improve"))).raise_for_status()
    (member,) = await site.site.storage.roster.members()
    files = [tmp_path / f"report.{suffix}" for suffix in ("html", "pdf", "csv")]
    outs = [word for file in files for word in ("--out", str(file))]
    code, out, err = await visavis("report", "--json", *outs, *where(site, database_url))
    assert code == 0, err
    told = json.loads(out)
    assert (told["members"], told["events"]) == (0, 0)
    for file in files:
        assert file.stat().st_size > 100
        assert member.token.encode() not in file.read_bytes()
    assert member.token not in out
