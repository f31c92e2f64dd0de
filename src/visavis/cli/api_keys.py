"""`visavis api-keys`: what programs sign in with."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, SiteName, out, print_json, settings
from visavis.cli.site_accounts import BY, site_accounts

if TYPE_CHECKING:
    from visavis.types import ApiKey

api_keys_app = typer.Typer(no_args_is_help=True, help=say("API keys: what programs sign in with."))

Prefix = Annotated[str, typer.Argument(help=say("The part of the key between the underscores."), show_default=False)]
Days = Annotated[int, typer.Option("--days", min=1, max=730, help=say("Good for so many days."))]


@api_keys_app.command(
    "add",
    epilog='`visavis api-keys add "till 3" --scope events.send --days 90`',
    help=say("Make a key for one program; it is shown once."),
)
def add(
    name: Annotated[str, typer.Argument(help=say("Which program it is for."), show_default=False)],
    scope: Annotated[list[str], typer.Option("--scope", help=say("What it may do, such as events.send; repeatable."))],
    days: Days = 90,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """The key goes to standard output, and is kept nowhere."""

    async def work() -> "tuple[ApiKey, str]":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return await accounts.keys.add(name, scope, days=days, by=BY)

    _show(*asyncio.run(work()), json_=json_)


@api_keys_app.command("list", epilog="`visavis api-keys list --json`", help=say("Every key, without what is secret."))
def list_(
    site: SiteName = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False
) -> None:
    """Oldest first."""

    async def work() -> "list[ApiKey]":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return list(await accounts.keys.all())

    keys = asyncio.run(work())
    if json_:
        print_json([_view(key) for key in keys])
        return
    table = Table(say("prefix"), say("name"), say("scopes"), say("good until"), say("last used"))
    for key in keys:
        until = f"{key.expires_at.astimezone():%Y-%m-%d}" if key.revoked_at is None else say("revoked")
        table.add_row(key.prefix, key.name, " ".join(key.scopes), until, str(key.last_used or say("never")))
    out.print(table if keys else say("There are no keys yet."))


@api_keys_app.command(
    "rotate",
    epilog="`visavis api-keys rotate k3v9qd2x --days 90`",
    help=say("Give a program a new key; the old one is refused at once."),
)
def rotate(
    prefix: Prefix,
    days: Days = 90,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Name, scopes and prefix stay."""

    async def work() -> "tuple[ApiKey, str]":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return await accounts.keys.rotate(prefix, days=days, by=BY)

    _show(*asyncio.run(work()), json_=json_)


@api_keys_app.command("revoke", epilog="`visavis api-keys revoke k3v9qd2x`", help=say("Refuse a key from now on."))
def revoke(
    prefix: Prefix,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """It stays in the list."""

    async def work() -> "ApiKey":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return await accounts.keys.revoke(prefix, by=BY)

    key = asyncio.run(work())
    if json_:
        print_json(_view(key))
    else:
        out.print(say("{name} is refused from now on.").format(name=key.name), markup=False, highlight=False)


def _show(key: "ApiKey", text: str, *, json_: bool) -> None:
    if json_:
        print_json(_view(key) | {"key": text})
        return
    out.print(say("The key of {name}, shown once:").format(name=key.name), markup=False, highlight=False)
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def _view(key: "ApiKey") -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "scopes": key.scopes,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used": key.last_used,
    }
