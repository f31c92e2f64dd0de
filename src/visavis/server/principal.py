"""Who asks, as far as the server is concerned."""

from dataclasses import dataclass
from enum import StrEnum

from visavis.server.permissions import Permission, permissions_of
from visavis.types import Role


class Kind(StrEnum):
    """How it is known who asks."""

    ANONYMOUS = "anonymous"
    MACHINE = "machine"  # somebody who sits at the machine, while no administrator has an account
    STAFF = "staff"
    KEY = "key"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever asks: a person, a program, a device, or nobody that is known."""

    kind: Kind
    site: str
    id: str = ""  # staff id, prefix of the key, id of the device; for the audit log
    role: Role | None = None
    permissions: frozenset[Permission] = frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether this is allowed."""
        return permission in self.permissions

    @property
    def actor(self) -> str:
        """For the audit log: "staff 5f1c…", "machine"."""
        return f"{self.kind} {self.id}".strip()


def person(kind: Kind, role: Role, *, site: str, id: str = "") -> Principal:  # noqa: A002 - as the field
    """Somebody with all that a role may do."""
    return Principal(kind=kind, site=site, id=id, role=role, permissions=permissions_of(role))
