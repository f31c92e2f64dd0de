"""`visavis models` on a real database: nothing damaged goes live, and who served before can be brought back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.config import Settings
from visavis.errors import ArtefactInvalid
from visavis.server.models import open_registry
from visavis.testing import an_artefact


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> list[str]:
    """Options of a site with two behaviour models of retail."""

    async def fill() -> None:
        async with open_registry(Settings(data_dir=tmp_path, database_url=database_url)) as (_storage, registry):
            for _ in range(2):
                await registry.save(an_artefact(scenario="retail"))

    asyncio.run(fill())
    return ["--scenario", "retail", "--data-dir", str(tmp_path), "--database-url", database_url]


def asked(site: list[str], *words: str, status: int = 0) -> Any:
    result = CliRunner().invoke(app, ["models", *words, *site, "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.output)


def test_models_are_promoted_and_rolled_back(site: list[str]) -> None:
    assert [(one["version"], one["state"]) for one in asked(site, "list")] == [(2, "shadow"), (1, "shadow")]
    assert asked(site, "show", "behaviour", "1") == an_artefact().meta
    for version in ("1", "2"):
        asked(site, "promote", "behaviour", version, "--why", "better")
    assert asked(site, "rollback", "behaviour", "--why", "worse")["version"] == 1
    listed = asked(site, "list")
    assert [(one["version"], one["state"]) for one in listed] == [(2, "retired"), (1, "live")]
    assert listed[1]["changes"][-1]["why"] == "command line: worse"


def test_a_damaged_model_is_found_and_never_goes_live(site: list[str], database_url: str) -> None:
    """One bit of a file of version 2."""
    asked(site, "promote", "behaviour", "1", "--why", "first")
    with psycopg.connect(database_url) as owner:
        owner.execute(
            "UPDATE hub.model_file SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) "
            "WHERE model_id = (SELECT id FROM hub.model WHERE version = 2) AND name = 'network.onnx'"
        )
    found = asked(site, "verify", status=1)
    assert [(one["version"], bool(one["damaged"])) for one in found] == [(2, True), (1, False)]
    result = CliRunner().invoke(app, ["models", "promote", "behaviour", "2", "--why", "x", *site])
    assert isinstance(result.exception, ArtefactInvalid)
    assert [one["state"] for one in asked(site, "list")] == ["shadow", "live"]
