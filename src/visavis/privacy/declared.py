"""What a person declares when they join: old enough or not, a guardian, a signature. An age is no number here.

A signature is a name that somebody types. It is not kept: what is kept is its keyed digest, bound to the one member, by
which the site can show later that this name was signed. Nobody can read it back, or tell that two members have one
guardian.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field

from visavis.errors import AgeRefused, GuardianMissing, InputRefused, ReleaseMissing
from visavis.ports import KeyProvider
from visavis.privacy.jurisdiction import Jurisdiction
from visavis.types import Consent, MemberId

SHORTEST, LONGEST = 2, 100
SIGNED = "signed hmac-sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """In the person's own words; never inferred, and forgotten at once but for the digest of the signature."""

    of_age: bool
    guardian: bool = False  # a parent or guardian stands by and consents
    signature: str = field(default="", repr=False)  # of the guardian where there is one

    def __post_init__(self) -> None:
        if self.signature and not SHORTEST <= len(_plain(self.signature)) <= LONGEST:
            raise InputRefused(f"signature: {SHORTEST} to {LONGEST} printable characters")


OF_AGE = Declared(of_age=True)


def check_declared(declared: Declared, law: Jurisdiction, *, minimum_age: int, face: bool) -> None:
    """Whether somebody who declares this may join.

    Args:
        declared: by the person.
        law: of the place.
        minimum_age: of the scenario; the higher of both counts.
        face: there are pictures, or will be.

    Raises:
        AgeRefused: Too young, and no guardian may consent here.
        GuardianMissing: Too young, without a guardian who signs.
        ReleaseMissing: The law asks for a signature before the first picture.
    """
    if not declared.of_age:
        if not law.guardian_consents_below:
            raise AgeRefused(f"at least {law.age(minimum_age)} years")
        if not declared.guardian or not declared.signature:
            raise GuardianMissing(f"below {law.age(minimum_age)} years")
    if face and law.written_release and not declared.signature:
        raise ReleaseMissing


def check_release(consent: Consent, law: Jurisdiction) -> None:
    """Raises ReleaseMissing where the law asks for a written release, and this consent to faces was not signed."""
    if law.written_release and not consent.evidence.startswith(SIGNED):
        raise ReleaseMissing


def signed(keys: KeyProvider, member_id: MemberId, signature: str) -> str:
    """What is kept of a signature: equal for equal names, whatever their case and spacing, of this member alone."""
    said = f"{member_id}\n{_plain(signature).casefold()}".encode()
    return SIGNED + hmac.new(keys.derive("signature"), said, hashlib.sha256).hexdigest()


def _plain(text: str) -> str:
    """NFKC, trimmed; empty when it cannot be printed."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return plain if plain.isprintable() else ""
