"""`visavis staff`: who may sign in at the console."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, SiteName, out, print_json, settings
from visavis.cli.site_accounts import BY, site_accounts
from visavis.types import Role

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.types import Staff

staff_app = typer.Typer(no_args_is_help=True, help=say("Staff: who may sign in at the console."))

Login = Annotated[str, typer.Argument(help=say("Login of the person."), show_default=False)]
RoleOption = Annotated[Role, typer.Option("--role", help=say("What the person is there for."), show_default=False)]
Totp = Annotated[bool, typer.Option("--totp", help=say("Show the second factor here, once, as a QR code."))]


@staff_app.command(
    "add",
    epilog="`visavis staff add ada --role administrator`",
    help=say("Add a person; the password is typed, or read from standard input."),
)
def staff_add(
    login: Login,
    role: RoleOption,
    totp: Totp = False,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Without --totp the person sets up the second factor at the first sign-in."""
    given, password = settings(site=site, data_dir=data_dir, database_url=database_url), read_password()
    person, factor = asyncio.run(_added(given, login, password, role, totp=totp))
    if json_:
        print_json(_view(person) | ({"totp_uri": factor[0], "recovery_codes": factor[1]} if factor else {}))
        return
    out.print(say("{login} may sign in as {role}.").format(login=person.login, role=say(person.role)))
    if factor:
        _show_factor(*factor)


async def _added(
    given: "Settings", login: str, password: str, role: Role, *, totp: bool
) -> "tuple[Staff, tuple[str, tuple[str, ...]] | None]":
    async with site_accounts(given) as accounts:
        person = await accounts.people.add(login, password, role, by=BY)
        if not totp:
            return person, None
        import pyotp

        from visavis.server.accounts.factors import provisioning_uri

        secret = pyotp.random_base32()
        done = await accounts.people.enrol(person, secret, 0, by=BY)
        uri = provisioning_uri(secret, login=person.login, site=person.site)
        return person, (uri, done[1] if done else ())


def _show_factor(uri: str, codes: tuple[str, ...]) -> None:
    import segno

    out.print(say("Scan this with an authenticator; it is shown once."))
    segno.make(uri, error="l", micro=False).terminal(compact=True)
    out.print(uri, markup=False, highlight=False, soft_wrap=True)
    out.print(say("Recovery codes, each good once:"))
    for code in codes:
        out.print(f"  {code}", highlight=False)


@staff_app.command("list", epilog="`visavis staff list --json`", help=say("Everybody who has an account."))
def staff_list(
    site: SiteName = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False
) -> None:
    """By login."""
    people = asyncio.run(_listed(settings(site=site, data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json([_view(person) for person in people])
        return
    table = Table(say("login"), say("role"), say("state"), say("second factor"), say("since"))
    for person in people:
        second = say("set up") if person.sealed_totp else say("not yet")
        since = f"{person.created_at.astimezone():%Y-%m-%d}"
        table.add_row(person.login, say(person.role), say(person.state), second, since)
    out.print(table if people else say("Nobody has an account yet."))


async def _listed(given: "Settings") -> "list[Staff]":
    async with site_accounts(given) as accounts:
        return list(await accounts.people.all())


@staff_app.command(
    "disable", epilog="`visavis staff disable ada`", help=say("Refuse a person from now on; every session ends.")
)
def staff_disable(
    login: Login,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """The account stays, for the audit log."""

    async def work() -> "Staff":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return await accounts.people.disable(login, by=BY)

    _told(asyncio.run(work()), say("{login} is refused from now on."), json_=json_)


@staff_app.command(
    "reset",
    epilog="`visavis staff reset ada`",
    help=say("A new password, no second factor, no lock; a disabled person may come in again."),
)
def staff_reset(
    login: Login,
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Every session ends; the person sets up the second factor anew."""
    password = read_password()

    async def work() -> "Staff":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            person = await accounts.people.reset(login, password, by=BY)
            await accounts.sign_ins.unlock(login)
            return person

    _told(asyncio.run(work()), say("{login} signs in with the new password."), json_=json_)


@staff_app.command(
    "role", epilog="`visavis staff role ada auditor`", help=say("Give a person another role; every session ends.")
)
def staff_role(
    login: Login,
    role: Annotated[Role, typer.Argument(help=say("What the person is there for."), show_default=False)],
    site: SiteName = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """One role a person."""

    async def work() -> "Staff":
        async with site_accounts(settings(site=site, data_dir=data_dir, database_url=database_url)) as accounts:
            return await accounts.people.give_role(login, role, by=BY)

    _told(asyncio.run(work()), say("{login} is now {role}."), json_=json_)


def read_password() -> str:
    """Typed twice at a terminal, else the first line of standard input; never an argument, which others can list."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(say("Password"), hide_input=True, confirmation_prompt=say("Once more"), err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _told(person: "Staff", text: str, *, json_: bool) -> None:
    if json_:
        print_json(_view(person))
    else:
        out.print(text.format(login=person.login, role=say(person.role)), highlight=False)


def _view(person: "Staff") -> dict[str, object]:
    return {
        "id": person.id,  # by which the audit log knows them
        "login": person.login,
        "role": person.role,
        "state": person.state,
        "second_factor": person.sealed_totp is not None,
        "created_at": person.created_at,
    }
