"""Models at rest: each file under a key of that model, which hangs on the site key; one signature over all of them."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from visavis.errors import ArtefactInvalid, SealBroken, SignatureInvalid
from visavis.ports import KeyProvider
from visavis.privacy import jws
from visavis.privacy.keys import NONCE_BYTES, bound
from visavis.types import Artefact, SealedArtefact

LABEL = "models"
FORMAT = "visavis model 1"
MOST_META_BYTES = 256 * 1024
MOST_FILES, MOST_FILE_BYTES = 32, 512 * 2**20
MOST_CHARS = 2 * MOST_META_BYTES  # of a signed manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the signature says."""

    made_at: datetime
    meta: Mapping[str, Any]
    sha256: Mapping[str, str]  # file -> digest
    sizes: Mapping[str, int]  # file -> bytes


def model_binding(kind: str, scenario: str, version: str) -> bytes:
    """What the wrapped key of a model is bound to."""
    return bound("model", kind, scenario, version)


def public_key(keys: KeyProvider) -> bytes:
    """What models of this site verify with, 32 bytes."""
    return jws.public_key(keys, LABEL)


def seal_artefact(keys: KeyProvider, artefact: Artefact) -> SealedArtefact:
    """Encrypt and sign; raises ArtefactInvalid for what is too large or no JSON."""
    key = secrets.token_bytes(32)
    cipher = AESGCM(key)
    sealed = {}
    for name, content in artefact.files.items():
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed[name] = nonce + cipher.encrypt(nonce, content, _bound(artefact, name))
    return SealedArtefact(
        kind=artefact.kind,
        scenario=artefact.scenario,
        version=artefact.version,
        manifest=jws.sign(keys, LABEL, _claims(artefact)),
        wrapped_key=keys.wrap(key, aad=_bound(artefact)),
        files=sealed,
    )


def open_artefact(keys: KeyProvider, sealed: SealedArtefact) -> Artefact:
    """The model in memory, after its signature and every digest were compared.

    Raises:
        ArtefactInvalid: A bit was changed, a file is missing or too many, or another site signed it.
    """
    manifest = read_manifest(keys, sealed)
    if manifest.sha256.keys() != sealed.files.keys():
        raise ArtefactInvalid(f"{_name(sealed)}: its files are not those that were signed")
    try:
        cipher = AESGCM(keys.unwrap(sealed.wrapped_key, aad=_bound(sealed)))
    except SealBroken:
        raise ArtefactInvalid(f"{_name(sealed)}: its key does not open") from None
    files = {name: _opened(cipher, sealed, name, manifest) for name in sealed.files}
    return Artefact(
        kind=sealed.kind,
        scenario=sealed.scenario,
        version=sealed.version,
        files=files,
        meta=manifest.meta,
        made_at=manifest.made_at,
    )


def read_manifest(keys: KeyProvider, sealed: SealedArtefact) -> Manifest:
    """What was signed; raises ArtefactInvalid."""
    try:
        claims = jws.verify(sealed.manifest, public_key(keys), most=MOST_CHARS)
    except SignatureInvalid:
        raise ArtefactInvalid(f"{_name(sealed)}: the signature does not fit") from None
    named = (claims.get("format"), claims.get("kind"), claims.get("scenario"), claims.get("version"))
    if named != (FORMAT, sealed.kind.value, sealed.scenario, sealed.version):
        raise ArtefactInvalid(f"{_name(sealed)}: another model's signature")
    return Manifest(
        made_at=datetime.fromisoformat(claims["made_at"]),
        meta=claims["meta"],
        sha256={name: one["sha256"] for name, one in claims["files"].items()},
        sizes={name: one["bytes"] for name, one in claims["files"].items()},
    )


def _claims(artefact: Artefact) -> dict[str, Any]:
    try:
        meta = json.dumps(artefact.meta, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ArtefactInvalid(f"what is known of it is no JSON: {type(error).__name__}") from None
    largest = max(map(len, artefact.files.values()))
    if len(meta) > MOST_META_BYTES or len(artefact.files) > MOST_FILES or largest > MOST_FILE_BYTES:
        raise ArtefactInvalid(
            f"{len(artefact.files)} files, the largest of {largest} bytes, and {len(meta)} bytes about it: too much"
        )
    return {
        "format": FORMAT,
        "kind": artefact.kind.value,
        "scenario": artefact.scenario,
        "version": artefact.version,
        "made_at": artefact.made_at.isoformat(),
        "meta": json.loads(meta),
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in artefact.files.items()
        },
    }


def _opened(cipher: AESGCM, sealed: SealedArtefact, name: str, manifest: Manifest) -> bytes:
    data = sealed.files[name]
    try:
        content = cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _bound(sealed, name))
    except (InvalidTag, ValueError):
        raise ArtefactInvalid(f"{_name(sealed)}: {name} is damaged") from None
    if hashlib.sha256(content).hexdigest() != manifest.sha256[name]:
        raise ArtefactInvalid(f"{_name(sealed)}: {name} is not the file that was signed")
    return content


def _bound(one: Artefact | SealedArtefact, *file: str) -> bytes:
    return model_binding(one.kind.value, one.scenario, str(one.version)) + (bound(*file) if file else b"")


def _name(one: SealedArtefact) -> str:
    return f"{one.kind.value} model of {one.scenario}, version {one.version}"
