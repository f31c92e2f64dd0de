"""What the privacy page holds, and where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from visavis.privacy.consent import State
from visavis.privacy.register import Place
from visavis.types import Localised, Purpose

Form = Literal["json", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one consent stands."""

    purpose: Purpose
    title: Localised
    state: State
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTheDesk:
    """A member who asks for something; no name, no face."""

    pseudonym: str
    since: datetime
    locale: str
    templates: int
    consents: Sequence[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was done for a member, from the audit log."""

    at: datetime
    actor: str
    action: str
    pseudonym: str


class PrivacySource(Protocol):
    """One site's members, for staff who answer their requests."""

    places: Sequence[Place]

    async def requests(self, *, actor: str) -> Sequence[Request]:
        """The last ones, newest first; that they were looked at is written down."""
        ...

    async def find(self, text: str, *, actor: str) -> AtTheDesk:
        """By pseudonym, card or PIN; written down before it is shown. Raises MemberUnknown."""
        ...

    async def export(self, pseudonym: str, form: Form, *, actor: str) -> bytes:
        """Everything that is held about them; raises MemberUnknown."""
        ...

    async def withdraw(self, pseudonym: str, purpose: Purpose, *, actor: str) -> None:
        """End one consent; raises MemberUnknown."""
        ...

    async def forget(self, pseudonym: str, *, actor: str) -> str:
        """Erase them; the signed receipt. Raises MemberUnknown."""
        ...
