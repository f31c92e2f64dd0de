"""A signed assessment: who signed what, when, for which configuration; and whether it still fits."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from visavis.errors import SettingInvalid, SignatureInvalid
from visavis.ports import KeyProvider
from visavis.privacy import jws
from visavis.privacy.assessment.configuration import Facts, changed, configuration_sha256

LABEL = "assessment"
DOCUMENT = "visavis impact assessment"
MAX_BYTES = 1_000_000

Trouble = Literal["", "missing", "invalid", "demonstration", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What the signature covers."""

    configuration: Facts
    answers: Mapping[str, Any]  # what only people could say
    role: str  # of the signer; their name is in no file of ours
    signed_at: datetime
    demonstration: bool  # stands for no real site

    @property
    def sha256(self) -> str:
        """Digest of the configuration."""
        return configuration_sha256(self.configuration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an assessment is worth for the configuration that runs."""

    trouble: Trouble
    changed: tuple[str, ...] = ()
    signed: Signed | None = None  # also of one that does not fit


def public_key(keys: KeyProvider) -> bytes:
    """What anybody can check assessments of this site with, 32 bytes."""
    return jws.public_key(keys, LABEL)


def sign(keys: KeyProvider, signed: Signed) -> str:
    """As one compact JWS, with the digest of the configuration beside it."""
    claims = {
        "document": DOCUMENT,
        "configuration": signed.configuration,
        "configuration_sha256": signed.sha256,
        "answers": dict(signed.answers),
        "role": signed.role,
        "signed_at": signed.signed_at.isoformat(),
        "demonstration": signed.demonstration,
    }
    return jws.sign(keys, LABEL, claims)


def read(text: str, public: bytes) -> Signed:
    """What was signed; raises SignatureInvalid when a character was changed or another site signed it."""
    claims = jws.verify(text.strip(), public, most=MAX_BYTES)
    try:
        signed = Signed(
            configuration=claims["configuration"],
            answers=claims["answers"],
            role=claims["role"],
            signed_at=datetime.fromisoformat(claims["signed_at"]),
            demonstration=claims["demonstration"],
        )
        if claims["document"] != DOCUMENT or claims["configuration_sha256"] != signed.sha256:
            raise SignatureInvalid("another kind of document")
    except (KeyError, TypeError, ValueError):
        raise SignatureInvalid("another kind of document") from None
    return signed


def standing(text: str | None, public: bytes, facts: Facts) -> Standing:
    """Whether this assessment lets the site that runs use faces."""
    if text is None:
        return Standing(trouble="missing")
    try:
        signed = read(text, public)
    except SignatureInvalid:
        return Standing(trouble="invalid")
    if signed.demonstration:
        return Standing(trouble="demonstration", signed=signed)
    differences = changed(signed.configuration, facts)
    return Standing(trouble="changed" if differences else "", changed=differences, signed=signed)


# ------ the file


def read_file(path: Path) -> str | None:
    """The text; None where there is none. What cannot be read is no signed assessment either."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1).decode("ascii", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        return ""


def write_file(path: Path, text: str) -> None:
    """Whole or not at all; raises SettingInvalid."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SettingInvalid(f"{path.name}: cannot be written: {error.strerror}") from error
