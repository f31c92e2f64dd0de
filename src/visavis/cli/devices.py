"""`visavis devices`: kiosks and screens that are paired with this site."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, out, print_json, settings
from visavis.errors import DeviceUnknown

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.types import Device, PairingCode

devices_app = typer.Typer(no_args_is_help=True, help=say("Kiosks and screens: pair them, list them, revoke them."))

BY = "command line"
Placement = Annotated[str, typer.Option(help=say("Where the device stands, as the scenario names it."))]


@devices_app.command(
    "pair",
    epilog="`visavis devices pair --placement entrance`",
    help=say("Make a code that pairs one kiosk or screen with a placement: ten minutes, once."),
)
def devices_pair(
    placement: Placement,
    scenario: Scenario = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """The code is printed here and kept nowhere; the site may go on running."""
    given = settings(scenario=scenario, data_dir=data_dir, database_url=database_url)
    code, offered = asyncio.run(_offered(given, placement))
    if json_:
        print_json({"code": code, "placement": placement, "expires_at": offered.expires_at.isoformat()})
        return
    out.print(say("Type this code on the page of {placement}:").format(placement=placement), highlight=False)
    out.print(f"\n    [bold]{code[:4]} {code[4:]}[/]\n", highlight=False)
    out.print(say("It works once, until {time}.").format(time=f"{offered.expires_at.astimezone():%H:%M}"))


async def _offered(given: "Settings", placement: str) -> "tuple[str, PairingCode]":
    from visavis.privacy.device_identity import new_code
    from visavis.scenarios.loader import load_scenario
    from visavis.server.devices import offered
    from visavis.server.keys import open_keys
    from visavis.server.wall_clock import WallClock
    from visavis.storage.database import open_storage

    scenario, code, clock = load_scenario(given.scenario), new_code(), WallClock()
    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        keys = open_keys(given)
        made = offered(scenario, keys, code, placement=placement, by=BY, now=clock.now())
        await storage.pairings.offer(made)
        detail = {"placement": placement}
        await storage.audit.append(actor=BY, action="pairing_code_made", subject="", detail=detail, at=clock.now())
    return code, made


@devices_app.command("list", epilog="`visavis devices list --json`", help=say("Devices that are or were paired."))
def devices_list(data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False) -> None:
    """Oldest first."""
    devices = asyncio.run(_all(settings(data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json([_row(device) for device in devices])
        return
    table = Table(*(say(column) for column in ("device", "placement", "paired", "last seen", "revoked")))
    for device in devices:
        row = _row(device)
        table.add_row(*(row[name] or "" for name in ("id", "placement", "paired_at", "seen_at", "revoked_at")))
    out.print(table)


def _row(device: "Device") -> dict[str, str | None]:
    return {
        "id": device.id,
        "placement": device.placement,
        "paired_at": device.paired_at.isoformat(timespec="seconds"),
        "paired_by": device.paired_by,
        "seen_at": device.seen_at.isoformat(timespec="seconds"),
        "revoked_at": device.revoked_at.isoformat(timespec="seconds") if device.revoked_at else None,
    }


async def _all(given: "Settings") -> "Sequence[Device]":
    from visavis.storage.database import open_storage

    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        return await storage.devices.all()


@devices_app.command(
    "revoke",
    epilog="`visavis devices revoke 0b6c2f52-3f0a-4d0e-9d55-1f6f0c1f7a11`",
    help=say("Know a device no more: what it shows ends at once, also in sites that run."),
)
def devices_revoke(
    device: Annotated[str, typer.Argument(help=say("Its id, as `devices list` shows it."))],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Paired again, it is another device."""
    asyncio.run(_revoked(settings(data_dir=data_dir, database_url=database_url), device))
    out.print(say("Revoked."))


async def _revoked(given: "Settings", device_id: str) -> None:
    from visavis.server.wall_clock import WallClock
    from visavis.storage.database import open_storage

    now = WallClock().now()
    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        if not await storage.devices.revoke(device_id, now):
            raise DeviceUnknown
        detail = {"device": device_id}
        await storage.audit.append(actor=BY, action="device_revoked", subject="", detail=detail, at=now)
