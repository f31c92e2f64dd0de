"""`visavis consent`: what a member allowed, and receipts that anybody can check."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, out, print_json, settings
from visavis.cli.rights import Card, SiteName, Token, secret_of, with_member, withdraw
from visavis.errors import InputRefused, SignatureInvalid

if TYPE_CHECKING:
    from visavis.pipeline.rights import Rights
    from visavis.types import Member

MAX_BYTES = 64 * 1024
consent_app = typer.Typer(
    no_args_is_help=True, help=say("Consents: list, withdraw, and check receipts without the site.")
)
consent_app.command(
    "withdraw",
    epilog="`visavis consent withdraw mfrggzdf --purpose improve`",
    help=say("End one consent on a member's request; they stay a member."),
)(withdraw)


@consent_app.command(
    "list", epilog="`visavis consent list mfrggzdf`", help=say("What one member allowed, and what became of it.")
)
def consent_list(
    token: Token = None,
    card: Card = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    scenario: Scenario = None,
    site: SiteName = None,
    json_: AsJson = False,
) -> None:
    """By purpose, in the order in which they were given."""
    from visavis.privacy.consent import standing

    given = settings(data_dir=data_dir, database_url=database_url, scenario=scenario, site=site)
    secret = secret_of(token, card=card)

    async def work(rights: "Rights", member: "Member") -> list[dict[str, Any]]:
        edge = rights.edge
        history = await edge.consents(member.id)
        lines = standing(history, scenario=edge.scenario, site=edge.site, at=edge.clock.now())
        return [
            {
                "purpose": line.consent.purpose.value,
                "state": line.state.value,
                "given_at": line.consent.given_at.isoformat(),
                "expires_at": line.consent.expires_at.isoformat(),
                "notice_version": line.consent.notice_version,
                "id": line.consent.id,
            }
            for line in lines
        ]

    found = asyncio.run(with_member(given, token, secret, work))
    if json_:
        print_json(found)
        return
    table = Table(*(say(name) for name in ("purpose", "state", "given", "until", "notice")))
    for one in found:
        table.add_row(one["purpose"], one["state"], one["given_at"][:10], one["expires_at"][:10], one["notice_version"])
    out.print(table)


@consent_app.command(
    "verify",
    epilog="`visavis consent verify receipt.jws --public-key site.jwks.json`",
    help=say("Check a receipt with the site's public key; needs neither database nor network."),
)
def consent_verify(
    receipt: Annotated[str, typer.Argument(help=say("File with the receipt, or - for standard input."))],
    public_key: Annotated[Path, typer.Option(help=say("The site's JWKS, a JWK or a PEM file."), show_default=False)],
    json_: AsJson = False,
) -> None:
    """Exit status 1 when a single character was changed, or another site signed it."""
    from visavis.privacy.jwk import read_public_keys

    text = (sys.stdin.read(MAX_BYTES) if receipt == "-" else _read(Path(receipt), "receipt")).strip()
    claims = _claims(text, read_public_keys(_read(public_key, "--public-key")))
    if json_:
        print_json({"valid": True, "claims": claims})
        return
    out.print(f"[green]✓[/] {say('The signature is good.')}")
    for name, value in claims.items():
        out.print(f"  {name}: {value}", highlight=False, markup=False, soft_wrap=True)


def _claims(text: str, keys: list[bytes]) -> dict[str, Any]:
    """By the first of the keys that fits; raises SignatureInvalid when none does."""
    from visavis.privacy.receipts import verify

    for key in keys[:-1]:
        try:
            return verify(text, key)
        except SignatureInvalid:
            continue
    return verify(text, keys[-1])


def _read(file: Path, name: str) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputRefused(f"{name}: {file} is larger than {MAX_BYTES // 1024} KiB")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{name}: {file} cannot be read: {type(error).__name__}") from None


@consent_app.command(
    "public-key",
    epilog="`visavis consent public-key --json > site.jwks.json`",
    help=say("The key that receipts are checked with; it may be given to anybody."),
)
def consent_public_key(data_dir: DataDir = None, json_: AsJson = False) -> None:
    """PEM, or a JWKS."""
    from visavis.privacy.jwk import to_jwks, to_pem
    from visavis.privacy.receipts import public_key
    from visavis.server.keys import open_keys

    public = public_key(open_keys(settings(data_dir=data_dir)))
    if json_:
        print_json(to_jwks([public]))
    else:
        sys.stdout.write(to_pem(public))
