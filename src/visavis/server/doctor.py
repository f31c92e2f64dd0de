"""`visavis doctor`: what is broken or missing on this machine, and what to do about it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import Any, Literal

from packaging.requirements import Requirement

from visavis.config import Settings
from visavis.errors import VisavisError
from visavis.perception.packs import default_pack_folder, verify_pack
from visavis.privacy.filing import Filing, filing, threshold_of
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.keys import ring_file
from visavis.privacy.ring import read_ring
from visavis.privacy.roots import RootFile
from visavis.scenarios.loader import load_scenario
from visavis.server.assessed import assessed
from visavis.server.faces_allowed import FaceUse
from visavis.server.keys import check_kept_there, root_of
from visavis.server.run import listen
from visavis.server.site_database import check_database
from visavis.storage.database import open_storage

State = Literal["ok", "note", "broken"]
FREE_BYTES = 1_000_000_000
SIGN = "Run `visavis assess new`, answer, then `visavis assess sign`; card and PIN serve meanwhile."
REMEDIES = {
    FaceUse.SWITCHED_OFF: "Set VISAVIS_FACE=true if faces are wanted.",
    FaceUse.JURISDICTION: "Nothing to do: card and PIN serve.",
    FaceUse.NO_ASSESSMENT: SIGN,
    FaceUse.STALE_ASSESSMENT: SIGN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    seen: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, each on its own, so that one broken part does not hide another."""
    roots: list[RootFile] = []  # the one that was opened: its passphrase can be taken from the environment once
    return [
        _python(),
        _packages(),
        *(_extra(name, module) for name, module in (("demo", "skimage"), ("learning", "torch"))),
        _disk(settings),
        _guarded("site key", lambda: _site_key(settings, roots)),
        _guarded("protection", lambda: _protection(settings)),
        _guarded("face pack", lambda: _face_pack(settings)),
        _guarded("scenario", lambda: _scenario(settings)),
        await _database(settings),
        await _faces(settings, roots),
        await _enrolled(settings),
        _contact(settings),
        _guarded("port", lambda: _port(settings)),
        _browser(),
    ]


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    """A finding, also when looking failed: the error's own words are the remedy."""
    try:
        return look()
    except VisavisError as error:
        return Finding(name=name, state="broken", seen=error.code(), remedy=str(error))


def _python() -> Finding:
    enough = sys.version_info >= (3, 11)
    return Finding(
        name="python",
        state="ok" if enough else "broken",
        seen=f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        remedy="" if enough else "Install Python 3.11 or newer.",
    )


def _packages() -> Finding:
    """Every requirement of the base installation, at a version that fits."""
    wrong = []
    for line in requires("visavis") or ():
        need = Requirement(line)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            if not need.specifier.contains(version(need.name), prereleases=True):
                wrong.append(f"{need} (found {version(need.name)})")
        except PackageNotFoundError:
            wrong.append(f"{need} (missing)")
    if wrong:
        return Finding(
            name="packages", state="broken", seen=", ".join(wrong), remedy="Run `pip install --upgrade visavis` again."
        )
    return Finding(name="packages", state="ok", seen=f"visavis {version('visavis')} and all that it needs")


def _extra(name: str, module: str) -> Finding:
    there = find_spec(module) is not None
    return Finding(
        name=f"extra {name}",
        state="ok" if there else "note",
        seen="installed" if there else "not installed",
        remedy="" if there else f"If you need it: pip install 'visavis[{name}]'",
    )


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    if not writable:
        return Finding(
            name="disk", state="broken", seen=f"{folder} cannot be written", remedy="Choose another --data-dir."
        )
    enough = free > FREE_BYTES
    return Finding(
        name="disk",
        state="ok" if enough else "broken",
        seen=f"{free / 1e9:.1f} GB free for {settings.data_dir}",
        remedy="" if enough else "Free some space, or choose another --data-dir.",
    )


def _site_key(settings: Settings, roots: list[RootFile]) -> Finding:
    root = root_of(settings)
    roots.append(root)
    check_kept_there(settings, root)
    if not root.exists:
        return Finding(name="site key", state="ok", seen="none yet; made at the first start")
    ring = read_ring(ring_file(settings.site_key_file), root.read())
    if ring.rotating:
        remedy = "The site works; stop it and run `visavis keys rotate` to end what was begun."
        return Finding(name="site key", state="note", seen=f"{root.place}; a rotation was cut off", remedy=remedy)
    return Finding(name="site key", state="ok", seen=root.place)


def _protection(settings: Settings) -> Finding:
    law, mine = load_jurisdiction(settings.jurisdiction), settings.protection.value
    if mine < law.protection:
        remedy = f"{law.name} recommends {law.protection} or more: set VISAVIS_PROTECTION={law.protection}."
        return Finding(name="protection", state="note", seen=mine, remedy=remedy)
    return Finding(name="protection", state="ok", seen=mine)


def _face_pack(settings: Settings) -> Finding:
    folder = default_pack_folder(settings.packs_dir)
    if not folder.exists():
        return Finding(
            name="face pack",
            state="note",
            seen="not built yet",
            remedy="The first start builds it; or run `visavis packs build`.",
        )
    verify_pack(folder)
    return Finding(name="face pack", state="ok", seen=f"{folder.name}: sums and known answers hold")


def _scenario(settings: Settings) -> Finding:
    loaded = load_scenario(settings.scenario)
    return Finding(name="scenario", state="ok", seen=f"{loaded.name}: {len(loaded.items)} items")


async def _database(settings: Settings) -> Finding:
    try:
        seen = await check_database(settings)
    except VisavisError as error:
        return Finding(name="database", state="broken", seen=error.code(), remedy=str(error))
    return Finding(name="database", state="ok", seen=seen)


async def _faces(settings: Settings, roots: list[RootFile]) -> Finding:
    """Whether faces would be on at the next start; that they are off breaks nothing."""
    if not roots or (not default_pack_folder(settings.packs_dir).exists() and settings.face_pack is None):
        return Finding(name="faces", state="note", seen="unknown without site key and face pack")
    try:
        async with assessed(settings, progress=lambda _step, _share: None, root=roots[0]) as site:
            faces, overdue = site.faces(), site.overdue(datetime.now(UTC).date())
    except VisavisError as error:
        return Finding(name="faces", state="note", seen=f"unknown: {error.code()}")
    if faces.on and overdue:
        return Finding(name="faces", state="note", seen="on; the assessment was to be looked at again", remedy=SIGN)
    if faces.on:
        return Finding(name="faces", state="ok", seen=faces.reason)
    return Finding(name="faces", state="note", seen=faces.reason, remedy=REMEDIES[faces.use])


async def _counted(settings: Settings) -> int:
    """People with a face template; none where no database was made yet."""
    if settings.database_url is None and not settings.data_dir.exists():
        return 0
    async with open_storage(settings.database_url, data_dir=settings.data_dir, half="edge", connections=1) as storage:
        return sum(bool(member.templates) for member in await storage.roster.members())


async def _enrolled(settings: Settings) -> Finding:
    """People with a face template, beside the number from which on the site has to be registered."""
    name = "enrolled people"
    try:
        threshold = threshold_of(load_jurisdiction(settings.jurisdiction))
        people = await _counted(settings)
    except VisavisError as error:
        return Finding(name=name, state="broken", seen=error.code(), remedy=str(error))
    seen = f"{people:,} of {threshold:,}, from which on the site has to be registered"
    match filing(people, threshold):
        case Filing.BELOW:
            return Finding(name=name, state="ok", seen=seen)
        case Filing.NEAR:
            return Finding(name=name, state="note", seen=seen, remedy="Prepare the filing with your authority.")
        case Filing.REACHED:
            return Finding(
                name=name, state="broken", seen=seen, remedy="File with your authority now, or enrol no more."
            )


def _contact(settings: Settings) -> Finding:
    remedy = "Set VISAVIS_CONTACT_ROLE, VISAVIS_CONTACT_PHONE and VISAVIS_CONTACT_EMAIL."
    if not settings.contact:
        return Finding(name="contact", state="note", seen="nobody is named whom members can call", remedy=remedy)
    return Finding(name="contact", state="ok", seen=settings.contact)


def _port(settings: Settings) -> Finding:
    listen(settings).close()
    return Finding(name="port", state="ok", seen=f"{settings.host}:{settings.port} is free")


def _browser() -> Finding:
    found = next((p for p in ("chromium", "chromium-browser", "google-chrome", "firefox") if shutil.which(p)), None)
    return Finding(
        name="browser",
        state="ok" if found else "note",
        seen=found or "none found on this machine",
        remedy="" if found else "Open the pages on another machine through a tunnel, or `apt-get install chromium`.",
    )
