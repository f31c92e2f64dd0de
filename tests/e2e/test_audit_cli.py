"""`visavis audit` as an auditor uses it, on a real database and offline."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.privacy.erasure import digest
from visavis.privacy.keys import FileSiteKey
from visavis.privacy.merkle import includes
from visavis.storage.database import open_storage
from visavis.testing import T0
from visavis.types import Token

from .conftest import OpenSite, eventually

TOKEN = Token("k3v9qd2xk3v9qd2xk3v9qd2xk3v9qd2x")


@pytest.fixture
def where(tmp_path: Path, database_url: str) -> list[str]:
    """Options of a site with three entries at the edge and two at the hub, signed once."""
    FileSiteKey(tmp_path / "site.key")
    asyncio.run(fill(database_url))
    options = ["--data-dir", str(tmp_path), "--database-url", database_url]
    assert len(ran("checkpoint", *options)) == 2
    return options


async def fill(url: str) -> None:
    async with open_storage(url) as storage:
        for log, actor, subjects in (
            (storage.audit, "edge", (TOKEN, "other", TOKEN)),
            (storage.hub_audit, "hub", (digest(TOKEN), "x")),
        ):
            for subject in subjects:
                await log.append(actor=actor, action="withdrawn", subject=subject, detail={"purpose": "茶"}, at=T0)


def ran(*arguments: str, status: int = 0) -> Any:
    shown = CliRunner().invoke(app, ["audit", *arguments, "--json"])
    assert shown.exit_code == status, (shown.output, shown.exception)
    return json.loads(shown.stdout)


def halves(found: dict[str, Any]) -> dict[str, Any]:
    return {half["half"]: half for half in found["halves"]}


def test_r13_the_command_verifies_both_halves(where: list[str], database_url: str) -> None:
    """Whole, it says so; an edit in the database is named with its entry, and the exit status is 1."""
    found = ran("verify", *where)
    assert found["intact"]
    assert {name: (half["entries"], half["covered"]) for name, half in halves(found).items()} == {
        "edge": (3, 3),
        "hub": (2, 2),
    }
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE hub.audit SET subject = 'somebody' WHERE seq = 2")
    found = ran("verify", *where, status=1)
    assert not found["intact"]
    assert halves(found)["edge"]["findings"] == []
    assert halves(found)["hub"]["findings"][0] == {"half": "hub", "means": "chain", "seq": 2}
    text = CliRunner().invoke(app, ["audit", "verify", *where])
    assert text.exit_code == 1
    assert "entry 2 is not what was written" in text.output


def test_r13_an_export_is_verified_without_database_and_secret(where: list[str], tmp_path: Path) -> None:
    """Three files are enough; a changed character, a lost line or another site's key is found."""
    log, signed, key = (str(tmp_path / name) for name in ("log.jsonl", "signed.jsonl", "site.jwks"))
    assert ran("export", log, "--checkpoints", signed, "--public-key", key, *where) == {"entries": 6, "checkpoints": 2}
    away = ["--data-dir", str(tmp_path / "elsewhere"), "--export", log, "--checkpoints", signed, "--public-key", key]
    found = ran("verify", *away)
    assert (found["intact"], found["entries"]) == (True, 6)  # the export itself is an entry
    assert [half["covered"] for half in found["halves"]] == [3, 2]
    lines = Path(log).read_text().splitlines(keepends=True)
    for number, line in enumerate(lines):
        place = line.index('"entry"') + 12
        other = line[:place] + ("0" if line[place] != "0" else "1") + line[place + 1 :]
        Path(log).write_text("".join([*lines[:number], other, *lines[number + 1 :]]))
        assert not ran("verify", *away, status=1)["intact"]
        Path(log).write_text("".join([*lines[:number], *lines[number + 1 :]]))
        if number != 3:  # the newest entry of the edge came after the checkpoint
            assert not ran("verify", *away, status=1)["intact"]
    Path(log).write_text("".join(lines))
    FileSiteKey(tmp_path / "elsewhere.key")
    (tmp_path / "elsewhere").mkdir()
    FileSiteKey(tmp_path / "elsewhere" / "site.key")
    found = ran("verify", *away[:-2], status=1)
    assert {finding["means"] for half in found["halves"] for finding in half["findings"]} == {"signature"}
    Path(log).write_text("no entry\n")
    refused = CliRunner().invoke(app, ["audit", "verify", *away])
    assert "line 1: not an entry" in str(refused.exception)


def test_showing_the_log_is_written_down_itself(where: list[str]) -> None:
    """By token, also where the hub knows its digest alone; who looked, and at whom."""
    found = ran("show", "--subject", TOKEN, "--action", "withdrawn", *where)
    assert [(one["half"], one["seq"]) for one in found] == [("edge", 3), ("edge", 1), ("hub", 1)]
    (read,) = ran("show", "--action", "read", "--subject", TOKEN, "--since", "1h", *where)[1:]
    assert (read["actor"], read["subject"]) == ("machine", TOKEN)
    assert read["detail"] == {"purpose": "audit", "what": "audit show"}
    assert "machine" in CliRunner().invoke(app, ["audit", "show", *where]).output
    wrong = CliRunner().invoke(app, ["audit", "show", "--since", "yesterday", *where])
    assert wrong.exit_code == 2


def test_a_restored_backup_is_acknowledged(where: list[str], database_url: str) -> None:
    """The log is shorter than what was signed, until it is said that a backup was restored."""
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM edge.audit WHERE seq = 3")
        owner.execute("DELETE FROM edge.checkpoint")
    found = halves(ran("verify", *where, status=1))["edge"]["findings"]
    assert {finding["means"] for finding in found} == {"cut", "missing"}
    ran("checkpoint", "--restored", "disk failed", *where)
    assert ran("verify", *where)["intact"]
    (entry,) = ran("show", "--action", "restored", *where)
    assert entry["detail"] == {"entries": "2", "fits_up_to": "0", "reason": "disk failed"}


def test_one_entry_is_proved_to_whoever_has_a_checkpoint(where: list[str]) -> None:
    """The proof holds for this entry at this place alone; an entry that nothing covers yet has none."""
    shown = CliRunner().invoke(app, ["audit", "prove", "2", "--half", "edge", *where])
    found = json.loads(shown.stdout)
    root, proof = bytes.fromhex(found["root"]), [bytes.fromhex(node) for node in found["proof"]]
    leaf = sha256(found["entry"].encode()).digest()
    assert (found["index"], found["size"], leaf.hex()) == (1, 3, found["sha256"])
    assert includes(root, 3, leaf=leaf, index=1, proof=proof)
    assert not includes(root, 3, leaf=leaf, index=0, proof=proof)
    assert found["checkpoint"].count(".") == 2
    later = CliRunner().invoke(app, ["audit", "prove", "4", *where])
    assert "no checkpoint covers it" in str(later.exception)


async def test_r13_a_running_site_signs_by_itself(
    open_test_site: OpenSite, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both halves, in the database and in the file outside, soon after the first entry."""
    monkeypatch.setattr("visavis.server.loops.SIGN_EVERY_S", 0.1)
    async with open_test_site(database_url=database_url) as running:
        (await running.join()).raise_for_status()

        async def signed() -> bool:
            return all([await notary.table.last() is not None for notary in running.site.notaries])

        await eventually(signed, within_s=20)
        for notary in running.site.notaries:
            assert set(await notary.file.all()) == set(await notary.table.all())
            assert (await notary.check(lambda _step, _share: None)).intact
