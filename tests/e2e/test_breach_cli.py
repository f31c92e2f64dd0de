"""`visavis breach report` on a real database: whom it names, worked out by hand."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.identity.enrol import Enrolment, enrol
from visavis.privacy.keys import FileSiteKey
from visavis.scenarios.loader import load_scenario
from visavis.storage.database import Storage, open_storage
from visavis.testing import T0, a_withdrawal, an_embedding, an_event, counted_ids
from visavis.types import Purpose, Token

RETAIL = load_scenario("retail")
IDS = counted_ids()
BOTH = (Purpose.RECOGNISE, Purpose.PERSONALISE)


def joined(keys: FileSiteKey, day: int, *purposes: Purpose) -> Enrolment:
    """A member who joined so many days after T0; with two templates where they allow to be recognised."""
    return enrol(
        nickname="Grace",
        locale="en",
        site="site-1",
        scenario=RETAIL,
        embeddings=[an_embedding()] * 2 if Purpose.RECOGNISE in purposes else [],
        purposes=purposes,
        same_person=0.5,
        keys=keys,
        now=T0 + timedelta(days=day),
        ids=IDS,
    )


async def save(storage: Storage, made: Enrolment) -> str:
    await storage.roster.save(made.member, made.consents_edge)
    await storage.hub_ledger.append(made.consents_hub)
    return str(made.member.token)


class Shop:
    """Four members: by face, by face but withdrew on day 2, by PIN, and one who joined on day 9; a fifth has gone."""

    def __init__(self, folder: Path, url: str) -> None:
        self.options = ["--data-dir", str(folder), "--database-url", url]
        self.keys = FileSiteKey(folder / "site.key")
        asyncio.run(self._fill(url))

    async def _fill(self, url: str) -> None:
        async with open_storage(url) as storage:
            self.face = await save(storage, joined(self.keys, 0, *BOTH))
            left = joined(self.keys, 0, *BOTH, Purpose.IMPROVE)
            self.left = await save(storage, left)
            improve = next(c for c in left.consents_edge if c.purpose is Purpose.IMPROVE)
            ended = a_withdrawal(
                consent_id=improve.id,
                subject=left.member.id,
                purpose=Purpose.IMPROVE,
                withdrawn_at=T0 + timedelta(days=2),
            )
            await storage.edge_ledger.append([ended])
            self.pin = await save(storage, joined(self.keys, 1, Purpose.PERSONALISE))
            self.late = await save(storage, joined(self.keys, 9, *BOTH))
            for day, action, subject, detail in (
                (1, "forgotten", "gone-before", {}),
                (4, "forgotten", "gone-since", {}),
                (4, "read", self.face, {"purpose": "review", "what": "/v1/edge/reviews"}),
                (5, "read", self.pin, {"purpose": "review", "what": "/v1/edge/reviews"}),
                (8, "read", self.pin, {"purpose": "review", "what": "/v1/edge/reviews"}),
            ):
                at = T0 + timedelta(days=day)
                await storage.audit.append(actor="staff 1", action=action, subject=subject, detail=detail, at=at)
            await storage.events.append([an_event(token=Token("only-hub")), an_event(id="e2", token=Token(self.face))])

    def report(self, *arguments: str) -> Any:
        days = ["--since", (T0 + timedelta(days=3)).isoformat(), "--until", (T0 + timedelta(days=7)).isoformat()]
        shown = CliRunner().invoke(app, ["breach", "report", *days, *arguments, *self.options])
        assert shown.exit_code == 0, (shown.output, shown.exception)
        return shown.stdout


@pytest.fixture
def shop(tmp_path: Path, database_url: str) -> Shop:
    return Shop(tmp_path, database_url)


def test_r15_the_report_names_members_data_protection_and_deadline(shop: Shop) -> None:
    """Of the edge's database: who was there in those days, each purpose, every table with its rows; within seconds."""
    made = json.loads(shop.report("--scope", "edge", "--json"))
    concerned = made["concerned"]
    assert concerned["tokens"] == sorted([shop.face, shop.left, shop.pin, "gone-since"])
    assert {key: concerned[key] for key in ("members", "by_face", "held", "gone")} == {
        "members": 4,
        "by_face": 2,
        "held": 0,
        "gone": 1,
    }
    assert concerned["by_purpose"] == {"recognise": 2, "personalise": 3}  # improve had ended before
    rows = {table: count for one in made["exposed"] for table, count in one["rows"].items()}
    assert (rows["edge.template"], rows["edge.member"]) == (6, 4)
    assert not [table for table in rows if table.startswith("hub.")]
    levels = {one["place"]: one["level"] for one in made["exposed"]}
    assert (levels["templates"], levels["members"], levels["audit-edge"]) == ("sealed", "sealed", "readable")
    assert not made["keys_exposed"]
    assert made["staff"] == [{"actor": "staff 1", "purpose": "review", "looks": 2, "subjects": 2}]
    assert made["logs"][0]["intact"]
    here = made["deadlines"][0]
    assert (here["jurisdiction"], here["hours"]) == (made["jurisdiction"], 72) == ("default", 72)
    assert "rekey" in made["actions"]
    assert made["seconds"] < 60


def test_r15_with_the_keys_templates_lie_open(shop: Shop) -> None:
    """A backup with its keys: both halves, opened, and what is advised is more."""
    made = json.loads(shop.report("--scope", "backup", "--scope", "keys", "--json"))
    assert {one["level"] for one in made["exposed"] if one["place"] in ("templates", "members")} == {"opened"}
    assert "only-hub" in made["concerned"]["tokens"]
    assert {"rotate", "rekey", "enrol_anew", "expire_backups"} <= set(made["actions"])
    hub = json.loads(shop.report("--scope", "hub", "--json"))
    assert hub["concerned"]["by_face"] == 0
    assert {table.split(".")[0] for one in hub["exposed"] for table in one["rows"]} == {"hub"}


def test_the_report_is_read_by_people_and_written_down(shop: Shop, tmp_path: Path) -> None:
    """Markdown by default, a page on request; the log knows that it was made, and for what."""
    assert "# Breach report of site-1" in shop.report()
    page = tmp_path / "report.html"
    shop.report("--html", "--out", str(page))
    assert page.read_text().startswith("<!doctype html>")
    found = CliRunner().invoke(app, ["audit", "show", "--action", "breach_reported", "--json", *shop.options])
    entries = json.loads(found.stdout)
    assert [(e["actor"], e["subject"], e["detail"]["members"]) for e in entries] == [("machine", "site", "5")] * 2
    assert entries[0]["detail"]["scopes"] == "edge hub"
    both = CliRunner().invoke(app, ["breach", "report", "--since", "1h", "--md", "--html", *shop.options])
    assert "give one of them" in str(both.exception)
