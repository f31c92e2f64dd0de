"""What staff does for one member at the command line: `visavis members export`, `withdraw` and `forget`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, out, print_json, settings
from visavis.errors import InputRefused, SettingInvalid
from visavis.types import Purpose

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.pipeline.rights import Rights
    from visavis.types import Member

R = TypeVar("R")


class Reason(StrEnum):
    """As `visavis.pipeline.rights.Why`, which is not imported to show `--help`."""

    MEMBER = "member"
    AUTHORITY = "authority"
    COMPLAINT = "complaint"
    BREACH = "breach"


class Format(StrEnum):
    """For programs, or for people."""

    JSON = "json"
    HTML = "html"


Token = Annotated[
    str | None, typer.Argument(help=say("Pseudonym of the member, or its first eight characters."), show_default=False)
]
Card = Annotated[
    bool,
    typer.Option("--card", help=say("The member shows card or PIN: it is asked for, or read from standard input.")),
]
SiteName = Annotated[str | None, typer.Option("--site", help=say("Name of this site."), show_default="site-1")]


async def with_member(
    given: "Settings", token: str | None, card: str | None, work: "Callable[[Rights, Member], Awaitable[R]]"
) -> R:
    """Open the desk, find the member, do the work."""
    from visavis.server.desk import open_desk

    async with open_desk(given) as rights:
        return await work(rights, await rights.find(token=token, card=card))


def secret_of(token: str | None, *, card: bool) -> str | None:
    """The card or PIN, never as an argument: those stand in the list of processes."""
    if (token is None) != card:
        raise InputRefused("name the member by a pseudonym, or give --card")
    if not card:
        return None
    if sys.stdin.isatty():
        return str(typer.prompt(say("Card or PIN"), hide_input=True))
    return sys.stdin.readline().strip()


def export(
    token: Token = None,
    card: Card = False,
    why: Annotated[Reason, typer.Option(help=say("What for; it stands in the audit log."))] = Reason.MEMBER,
    format_: Annotated[Format, typer.Option("--format", help=say("For programs, or for people."))] = Format.JSON,
    out_file: Annotated[
        Path | None, typer.Option("--out", help=say("Write here, for its owner alone."), show_default=False)
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
) -> None:
    """To standard output unless a file is named."""
    from visavis.pipeline.rights import Why
    from visavis.server.export_page import as_html

    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
    secret = secret_of(token, card=card)

    async def work(rights: "Rights", member: "Member") -> dict[str, Any]:
        return await rights.export(member, actor="command line", why=Why(why.value))

    document = asyncio.run(with_member(given, token, secret, work))
    text = as_html(document) if format_ is Format.HTML else json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if out_file is None:
        sys.stdout.write(text)
        return
    _write(out_file, text)
    out.print(say("Written to {file}.").format(file=out_file), highlight=False)


def _write(file: Path, text: str) -> None:
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise InputRefused(f"--out: {file} exists; name another file") from None
    except OSError as error:
        raise SettingInvalid(f"--out: {file}: {error.strerror}") from None


def withdraw(
    purpose: Annotated[Purpose, typer.Option(help=say("Which consent ends."))],
    token: Token = None,
    card: Card = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
    json_: AsJson = False,
) -> None:
    """A running site follows within a second."""
    from visavis.privacy.receipts import withdrawal_receipt
    from visavis.types import Consent

    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
    secret = secret_of(token, card=card)

    async def work(rights: "Rights", member: "Member") -> list[dict[str, str]]:
        edge = rights.edge
        ended = await edge.withdraw(member.id, purpose, method="command line")
        given_before = {e.id: e for e in await edge.consents(member.id) if isinstance(e, Consent)}
        return [
            {"id": e.id, "jws": withdrawal_receipt(edge.keys, e, given_before[e.consent_id], rights.terms)}
            for e in ended
        ]

    receipts = asyncio.run(with_member(given, token, secret, work))
    if json_:
        print_json({"purpose": purpose.value, "receipts": receipts})
        return
    out.print(say("Ended: {count} consents for {purpose}.").format(count=len(receipts), purpose=purpose.value))
    for receipt in receipts:
        out.print(receipt["jws"], highlight=False, soft_wrap=True)


def forget(
    token: Token = None,
    card: Card = False,
    yes: Annotated[bool, typer.Option("--yes", help=say("Do not ask whether this is meant."))] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
    json_: AsJson = False,
) -> None:
    """Nobody can bring them back, from a backup either. A running site follows within a second."""
    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
    secret = secret_of(token, card=card)
    if not yes and not (sys.stdin.isatty() and typer.confirm(say("Erase this member for ever?"))):
        raise InputRefused("nothing was done; give --yes to erase without being asked")

    async def work(rights: "Rights", member: "Member") -> dict[str, Any]:
        receipt = await rights.edge.forget(member.id, method="command line")
        return {
            "id": receipt.id,
            "deleted_at": receipt.deleted_at.isoformat(),
            "removed": dict(receipt.removed),
            "signature": receipt.signature,
        }

    receipt = asyncio.run(with_member(given, token, secret, work))
    if json_:
        print_json(receipt)
        return
    out.print(say("Forgotten. The receipt for the member:"))
    out.print(receipt["signature"], highlight=False, soft_wrap=True)
