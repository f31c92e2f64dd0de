"""The keys of a site, found where the settings say; the one place that chooses."""

import fcntl
import os
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

from visavis.config import Kept, Protection, Settings
from visavis.errors import KeysInUse, SealBroken, SettingInvalid
from visavis.pipeline.rotate import Rotated, rotate
from visavis.ports import RootCipher
from visavis.privacy.age import AgeRoot
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.keys import SiteKey, ring_file, slots_file
from visavis.privacy.kms import KmsRoot
from visavis.privacy.ring import read_ring
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.slots import Slots
from visavis.privacy.transit import VaultRoot
from visavis.server.secrets_given import taken_from_environment
from visavis.server.wall_clock import WallClock
from visavis.storage.database import open_storage

PASSPHRASE = "VISAVIS_SITE_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
TOKEN = "VISAVIS_VAULT_TOKEN"  # noqa: S105


def open_keys(settings: Settings, *, root: RootFile | None = None, make: bool = False) -> SiteKey:
    """The site's keys, in memory. Nobody can rotate them until they are let go of (`release`, or the object's end).

    Args:
        settings: say where the root key rests.
        root: that place, where its secrets were taken from the environment before.
        make: make a root key where there is none.

    Raises:
        SettingInvalid, PassphraseWrong, KeyServiceUnavailable: there is none, or it does not open.
        KeysInUse: they are being rotated.
    """
    root = root or root_of(settings)
    check_kept_there(settings, root)
    lock = locked(settings.data_dir, alone=False)
    try:
        key = root.read_or_make() if make else root.read()
        ring = read_ring(ring_file(settings.site_key_file), key)
    except BaseException:
        os.close(lock)
        raise
    slotted = settings.protection is not Protection.L0
    keys = SiteKey(ring, Slots(slots_file(settings.site_key_file)), slotted=slotted)
    keys.release = weakref.finalize(keys, os.close, lock)
    return keys


def root_of(settings: Settings, kept: Kept | None = None, passphrase: str | None = None) -> RootFile:
    """Where the root key rests, or would rest; secrets are taken from the environment now, and leave it.

    Args:
        settings: of the site.
        kept: another way than that of the settings.
        passphrase: for a key file that is to be encrypted.
    """
    way = settings.site_key if kept is None else kept
    return RootFile(root_path(settings, way), _cipher(settings, way, passphrase))


def root_path(settings: Settings, kept: Kept) -> Path:
    """The file of one way."""
    plain = settings.site_key_file
    return plain if kept is Kept.FILE else plain.with_name(f"{plain.name}.{kept.value}")


def _cipher(settings: Settings, kept: Kept, passphrase: str | None) -> RootCipher:
    match kept:
        case Kept.FILE:
            return PlainRoot()
        case Kept.AGE:
            return AgeRoot(passphrase or given_passphrase(settings))
        case Kept.VAULT:
            if settings.vault_url is None:
                raise SettingInvalid("vault_url: where is Vault? Set VISAVIS_VAULT_URL")
            token = given_secret(TOKEN, settings.vault_token_file)
            if token is None:
                raise SettingInvalid(f"vault: no token; set {TOKEN}_FILE to a file that holds it")
            return VaultRoot(settings.vault_url, settings.vault_key, token, ca_file=settings.vault_ca_file)
        case Kept.KMS:
            return KmsRoot(settings.kms_key)


def check_kept_there(settings: Settings, root: RootFile) -> None:
    """Raises SettingInvalid where the key rests in another way than the settings say: it would be made anew."""
    others = [way for way in Kept if way is not settings.site_key and root_path(settings, way).exists()]
    if others and not root.exists:
        name = root_path(settings, others[0]).name
        raise SettingInvalid(f"site_key: the key rests in {name}; set VISAVIS_SITE_KEY={others[0].value}")


def given_passphrase(settings: Settings) -> str:
    """From the environment, a file or descriptor (/dev/fd/3), or who sits at the terminal; never an argument."""
    given = given_secret(PASSPHRASE, settings.site_key_passphrase_file)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise SettingInvalid(f"site key: no passphrase; set {PASSPHRASE}_FILE to a file that holds it")
    return getpass("site key: ")


def given_secret(name: str, file: Path | None) -> str | None:
    """The first line of a file, or a variable, which is taken away; None where neither is set."""
    given = taken_from_environment(name)
    if file is None:
        return given
    try:
        lines = _text(file).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{name}_FILE: {file.name}: {type(error).__name__}") from None
    if not lines:
        raise SettingInvalid(f"{name}_FILE: {file.name} is empty")
    return lines[0]


def _text(file: Path) -> str:
    """A descriptor is read as it is: its name in /dev/fd may be closed to the program by then."""
    if file.parent == Path("/dev/fd") and file.name.isdecimal():
        with os.fdopen(int(file.name), encoding="utf-8") as opened:
            return opened.read()
    return file.read_text(encoding="utf-8")


def locked(folder: Path, *, alone: bool) -> int:
    """The folder of the keys, opened; others may use them too, or nobody may. Raises KeysInUse."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise KeysInUse from None
    return opened


# ------ what the command line does


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysShown:
    """Where the keys of a site are; never a key."""

    site_key: str  # the setting
    place: str
    exists: bool
    protection: str
    recommended: str  # least level, by the profile of the law here
    rotated: bool  # there is a ring
    rotating: bool | None  # a rotation was cut off; None where the key was not opened


def shown(settings: Settings, *, opened: bool) -> KeysShown:
    """What `visavis keys show` tells; opened: also whether the key opens."""
    path, law = root_path(settings, settings.site_key), load_jurisdiction(settings.jurisdiction)
    ring = ring_file(settings.site_key_file)
    root = root_of(settings) if opened else None
    return KeysShown(
        site_key=settings.site_key.value,
        place=str(path) if root is None else root.place,
        exists=path.exists(),
        protection=settings.protection.value,
        recommended=law.protection,
        rotated=ring.exists(),
        rotating=None if root is None else read_ring(ring, root.read()).rotating,
    )


async def rotate_keys(settings: Settings) -> Rotated:
    """A new root key and a new wrapping key, while nothing else runs; raises KeysInUse."""
    root = root_of(settings)
    check_kept_there(settings, root)
    with _alone(settings):
        async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
            return await rotate(
                root,
                ring_file(settings.site_key_file),
                Slots(slots_file(settings.site_key_file)),
                [storage.wrapped, storage.hub_wrapped],
                storage.audit,
                WallClock(),
            )


def move_key(settings: Settings, to: Kept, passphrase: str | None = None) -> RootFile:
    """Let the root key rest in another way, while nothing else runs: written, read back, then taken from where it was.

    Args:
        settings: of the site as it is.
        to: the other way.
        passphrase: for age, where it is not the one in use.
    """
    source, target = root_of(settings), root_of(settings, to, passphrase)
    with _alone(settings):
        root = source.read()
        target.write(root)
        if target.read() != root:
            raise SealBroken(target.path.name)
        if target.path != source.path:
            source.discard()
    return target


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    lock = locked(settings.data_dir, alone=True)
    try:
        yield
    finally:
        os.close(lock)
