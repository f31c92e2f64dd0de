"""`visavis staff` and `visavis api-keys`: over a real database, as a person at the machine uses them."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import Result
from typer.testing import CliRunner

from visavis.cli.app import app
from visavis.config import Settings
from visavis.errors import InputRefused, LastAdministrator, LoginTaken, PasswordRefused, SignInRefused, StaffUnknown
from visavis.server.accounts.accounts import open_accounts
from visavis.server.keys import open_keys
from visavis.server.wall_clock import WallClock
from visavis.storage.database import open_storage

PASSWORD = "correct horse battery staple"
Run = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs a command on this test's site; the second argument is what stands on its standard input."""

    def run_it(line: str, typed: str = "") -> Result:
        where = ["--data-dir", str(settings.data_dir), "--database-url", str(settings.database_url)]
        return CliRunner().invoke(app, [*line.split(), *where], input=typed)

    return run_it


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def signed_in(settings: Settings, login: str, password: str, code: str | None = None) -> bool:
    """What the sign-in page would say."""

    async def work() -> bool:
        async with open_storage(settings.database_url) as storage:
            sign_ins = open_accounts("site-1", storage, open_keys(settings), WallClock(), lifetimes={}).sign_ins
            at = await sign_ins.password(login, password, address="")
            return (await sign_ins.code(at.cookie, code, address="") if code else at).session.complete

    return asyncio.run(work())


def test_a_person_is_added_with_a_password_from_standard_input(run: Run, settings: Settings) -> None:
    """It is printed nowhere, and lets the person in."""
    shown = run("staff add Bea --role operator --json", f"{PASSWORD}\n")
    assert PASSWORD not in shown.output
    assert as_json(shown)["login"] == "bea"
    assert signed_in(settings, "bea", PASSWORD)
    (bea,) = as_json(run("staff list --json"))
    assert {key: bea[key] for key in ("login", "role", "state", "second_factor")} == {
        "login": "bea",
        "role": "operator",
        "state": "active",
        "second_factor": False,
    }
    assert "bea" in run("staff list").stdout


def test_the_second_factor_is_shown_on_the_terminal(run: Run, settings: Settings) -> None:
    """As a QR code, with the recovery codes; both let in."""
    shown = run("staff add ada --role administrator --totp", f"{PASSWORD}\n").stdout
    assert "█" in shown or "▀" in shown
    (uri,) = re.findall(r"otpauth://totp/\S+", shown)
    codes = re.findall(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b", shown)
    assert len(codes) == 10
    assert signed_in(settings, "ada", PASSWORD, pyotp.parse_uri(uri).now())
    assert signed_in(settings, "ada", PASSWORD, codes[9])


def test_what_cannot_be_is_refused_with_its_reason(run: Run) -> None:
    """Nothing is half-written."""
    run("staff add ada --role administrator", f"{PASSWORD}\n")
    for line, typed, error in (
        ("staff add ada --role auditor", PASSWORD, LoginTaken),
        ("staff add eve --role auditor", "short", PasswordRefused),
        ("staff add eve --role auditor", "", PasswordRefused),
        ("staff disable ada", "", LastAdministrator),
        ("staff role ada auditor", "", LastAdministrator),
        ("staff reset nobody", PASSWORD, StaffUnknown),
        ("api-keys add till --scope staff.manage", "", InputRefused),
    ):
        assert isinstance(run(line, typed).exception, error), line
    assert [(one["login"], one["role"]) for one in as_json(run("staff list --json"))] == [("ada", "administrator")]
    assert as_json(run("api-keys list --json")) == []


def test_a_role_is_given_and_an_account_disabled_and_reset(run: Run, settings: Settings) -> None:
    """Each says what it did, in the language of the environment."""
    run("staff add ada --role administrator", f"{PASSWORD}\n")
    run("staff add bea --role operator", f"{PASSWORD}\n")
    assert run("staff role bea auditor").stdout == "bea is now auditor.\n"
    assert as_json(run("staff disable bea --json"))["state"] == "disabled"
    with pytest.raises(SignInRefused):
        signed_in(settings, "bea", PASSWORD)
    assert as_json(run("staff reset bea --json", "another horse, new battery\n"))["state"] == "active"
    assert signed_in(settings, "bea", "another horse, new battery")


def test_keys_are_made_listed_rotated_and_revoked(run: Run) -> None:
    """The key is shown once; the list has its prefix alone."""
    made = as_json(run("api-keys add till --scope events.send --scope board.read --days 30 --json"))
    assert re.fullmatch(rf"vv_{made['prefix']}_[\w-]{{43}}", made["key"])
    rotated = run(f"api-keys rotate {made['prefix']}").stdout.split()[-1]
    assert rotated.startswith(f"vv_{made['prefix']}_")
    assert rotated != made["key"]
    listed = run("api-keys list --json").stdout
    assert made["key"] not in listed
    assert rotated not in listed
    assert json.loads(listed)[0]["scopes"] == ["board.read", "events.send"]
    run(f"api-keys revoke {made['prefix']}")
    assert "revoked" in run("api-keys list").stdout
