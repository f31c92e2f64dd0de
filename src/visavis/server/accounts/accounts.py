"""People, sign-ins and keys of one site, built together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from visavis.ports import ApiKeys, AuditLog, Clock, KeyProvider, SignInAttempts, StaffSessions, StaffStore
from visavis.server.accounts.api_keys import Keys
from visavis.server.accounts.passwords import Passwords
from visavis.server.accounts.people import People
from visavis.server.accounts.sign_in import SignIns
from visavis.types import Role


class Stores(Protocol):
    """What of the storage they need."""

    @property
    def staff(self) -> StaffStore: ...
    @property
    def staff_sessions(self) -> StaffSessions: ...
    @property
    def sign_in_attempts(self) -> SignInAttempts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def hub_audit(self) -> AuditLog: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who may come in."""

    people: People
    sign_ins: SignIns
    keys: Keys


def open_accounts(
    site: str,
    storage: Stores,
    keys: KeyProvider,
    clock: Clock,
    *,
    lifetimes: Mapping[Role, tuple[int, int]],
    passwords: Passwords | None = None,
) -> Accounts:
    """Those of one site; `lifetimes` is minutes idle and hours in all, by role."""
    people = People(
        site=site,
        store=storage.staff,
        sessions=storage.staff_sessions,
        audit=storage.hub_audit,
        keys=keys,
        passwords=passwords or Passwords(),
        clock=clock,
    )
    return Accounts(
        people=people,
        sign_ins=SignIns(
            people=people,
            sessions=storage.staff_sessions,
            attempts=storage.sign_in_attempts,
            keys=keys,
            lifetimes=lifetimes,
        ),
        keys=Keys(site=site, store=storage.api_keys, audit=storage.hub_audit, clock=clock),
    )
