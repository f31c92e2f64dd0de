"""Checkpoints: the site signs how its audit log stands, so that what was signed cannot be cut off or written anew."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from visavis.errors import SignatureInvalid
from visavis.ports import KeyProvider
from visavis.privacy import jws
from visavis.privacy.audit import Chain
from visavis.privacy.lines import append_lines, read_lines
from visavis.types import Checkpoint

LABEL = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a checkpoint says."""

    site: str
    half: str
    seq: int  # entries that it covers
    root: str  # tree hash over them (RFC 6962)
    last_sha256: str  # hash of the last of them
    peaks: tuple[str, ...]  # roots of the full subtrees: whoever trusts the checkpoint goes on from here
    at: datetime
    key_id: str
    restored_to: int | None  # the database was put back on purpose: earlier checkpoints above this number are void

    def chain(self) -> Chain:
        """The chain as it stood."""
        return Chain(self.seq, self.last_sha256, map(bytes.fromhex, self.peaks))

    def voids(self, other: "Signed") -> bool:
        """Whether this one says that the other counts no more."""
        return self.restored_to is not None and other.at < self.at and other.seq > self.restored_to


def public_key(keys: KeyProvider) -> bytes:
    """What checkpoints of this site verify with, 32 bytes."""
    return jws.public_key(keys, LABEL)


def key_id(public: bytes) -> str:
    """Short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign_checkpoint(
    keys: KeyProvider, chain: Chain, *, site: str, half: str, at: datetime, restored_to: int | None = None
) -> Checkpoint:
    """How this half's log stands now."""
    claims = {
        "site": site,
        "half": half,
        "seq": chain.seq,
        "root": chain.root,
        "last_sha256": chain.last_sha256,
        "peaks": [peak.hex() for peak in chain.peaks],
        "at": at.isoformat(),
        "key_id": key_id(public_key(keys)),
        "restored_to": restored_to,
    }
    return Checkpoint(half=half, seq=chain.seq, jws=jws.sign(keys, LABEL, claims))


def read_checkpoint(checkpoint: Checkpoint, publics: Iterable[bytes]) -> Signed:
    """What one of these keys signed; raises SignatureInvalid for anything else."""
    for public in publics:
        try:
            claims = jws.verify(checkpoint.jws, public)
        except SignatureInvalid:
            continue
        try:
            signed = _signed(claims)
        except (KeyError, TypeError, ValueError):
            raise SignatureInvalid("another kind of document") from None
        if (signed.half, signed.seq) == (checkpoint.half, checkpoint.seq):
            return signed
    raise SignatureInvalid(f"checkpoint of entry {checkpoint.seq}")


def _signed(claims: dict[str, Any]) -> Signed:
    return Signed(
        **{
            **claims,
            "peaks": tuple(claims["peaks"]),
            "at": datetime.fromisoformat(claims["at"]),
        }
    )


class FileCheckpoints:
    """Implements `ports.CheckpointStore` on a file outside the database, so that no restore takes it back."""

    def __init__(self, path: Path, half: str) -> None:
        self._path, self._half = path, half

    async def append(self, checkpoint: Checkpoint) -> None:
        """On the disk on return; raises StorageFull."""
        if checkpoint not in await self.all():
            append_lines(self._path, [line_of(checkpoint)])

    async def all(self) -> Sequence[Checkpoint]:
        """This half's, in the order of appending; raises SettingInvalid with the line."""
        return [checkpoint for checkpoint in read_checkpoints(self._path) if checkpoint.half == self._half]

    async def last(self) -> Checkpoint | None:
        """The one that was appended last."""
        return next(reversed(await self.all()), None)


def line_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as a line of a file."""
    return {"half": checkpoint.half, "seq": checkpoint.seq, "jws": checkpoint.jws}


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """Checkpoints of both halves from a file; raises SettingInvalid with the line."""
    return read_lines(path, _checkpoint)


def _checkpoint(document: Any) -> Checkpoint:
    return Checkpoint(half=str(document["half"]), seq=int(document["seq"]), jws=str(document["jws"]))
