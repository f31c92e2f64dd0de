"""Packs from the network: one zip file, or one model, whose SHA-256 the caller knows."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from visavis.errors import ChecksumMismatch, InputRefused, ManifestInvalid
from visavis.perception.packs.manifest import MANIFEST_FILE, MAX_MANIFEST_BYTES
from visavis.privacy.outside import Network, Outside, outside

MAX_BYTES = 2**30
_CHUNK = 2**16
_PATIENCE_S = 30.0

Progress = Callable[[str, float], None]


@contextmanager
def pulled(address: str, sha256: str, progress: Progress, *, allowed: Sequence[Network] = ()) -> Iterator[Path]:
    """What lies at an address: the folder of an unpacked pack, or a model file; it goes with the context.

    Args:
        address: https; http only from this machine itself. Redirections are not followed.
        sha256: of the file, lower-case hexadecimal.
        progress: told of the part that has come.
        allowed: private networks that may be asked.

    Raises:
        AddressRefused: https, but not of the internet.
        InputRefused: the address cannot be used, or nothing of at most 1 GiB comes from it.
        ChecksumMismatch: another file came.
        ManifestInvalid: the zip file is not a pack.
    """
    parts = urlsplit(address)
    here = parts.scheme == "http" and _is_here(parts.hostname or "")
    there = None if here else outside(address, allowed=allowed)
    with tempfile.TemporaryDirectory(prefix="visavis-pull-") as temporary:
        file = Path(temporary) / "pulled"
        found = _download(address, there, file, progress)
        if found != sha256:
            raise ChecksumMismatch(f"what came has sha256 {found[:12]}…, expected {sha256[:12]}…")
        yield _unpacked(file, Path(temporary) / "pack") if zipfile.is_zipfile(file) else file


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _download(address: str, there: Outside | None, file: Path, progress: Progress) -> str:
    digest, size = hashlib.sha256(), 0
    url, headers, extensions = (there.pinned, there.headers, there.extensions) if there else (address, None, None)
    try:
        with (
            file.open("wb") as out,
            httpx.Client(timeout=_PATIENCE_S) as client,
            client.stream("GET", url, headers=headers, extensions=extensions) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise InputRefused(f"the address answered {answer.status_code}")
            announced = int(answer.headers.get("content-length") or 0)
            for chunk in answer.iter_bytes(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise InputRefused(f"more than {MAX_BYTES} bytes came")
                digest.update(chunk)
                out.write(chunk)
                progress("pulling the pack", min(1.0, size / announced) if announced else 0.0)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as failure:
        raise InputRefused(f"nothing came from the address: {type(failure).__name__}") from failure
    progress("pulling the pack", 1.0)
    return digest.hexdigest()


def _unpacked(file: Path, folder: Path) -> Path:
    """Manifest and the models that it names, and nothing else, wherever in the zip file they lie."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(file) as archive:
            manifests = sorted((n for n in archive.namelist() if Path(n).name == MANIFEST_FILE), key=len)
            if not manifests:
                raise ManifestInvalid(f"the zip file has no {MANIFEST_FILE}")
            text = _member(archive, manifests[0], MAX_MANIFEST_BYTES)
            named = [str(model["file"]) for model in json.loads(text)["models"]]
            (folder / MANIFEST_FILE).write_bytes(text)
            place = manifests[0].removesuffix(MANIFEST_FILE)
            for name in named:
                if Path(name).name != name:
                    raise ManifestInvalid("models: a file lies beside the manifest")
                (folder / name).write_bytes(_member(archive, place + name, MAX_BYTES))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, NotImplementedError, RuntimeError) as failure:
        raise ManifestInvalid(f"the zip file is not a pack: {type(failure).__name__}") from failure
    return folder


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ManifestInvalid(f"{Path(name).name} is larger than {most} bytes")
    return content
