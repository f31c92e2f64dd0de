"""Accounts over ports in memory, with passwords that are hashed as everywhere but faster."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from visavis.server.accounts.accounts import Accounts, open_accounts
from visavis.server.accounts.passwords import Passwords
from visavis.server.accounts.sign_in import SignedIn
from visavis.testing import FixedClock, MemoryKeys, MemoryStorage, memory_storage
from visavis.types import Role

PASSWORD = "correct horse battery staple"
HERE = "10.0.0.7"


@dataclass(kw_only=True)
class Door:
    """One site's accounts, and what a test does at its door."""

    accounts: Accounts
    storage: MemoryStorage
    clock: FixedClock

    async def add(self, login: str = "ada", role: Role = Role.OPERATOR, password: str = PASSWORD) -> None:
        await self.accounts.people.add(login, password, role, by="test")

    async def sign_in(self, login: str = "ada", password: str = PASSWORD, address: str = HERE) -> SignedIn:
        return await self.accounts.sign_ins.password(login, password, address=address)

    async def enrolled(self, login: str = "ada", role: Role = Role.ADMINISTRATOR) -> tuple[pyotp.TOTP, tuple[str, ...]]:
        """Somebody with a second factor: their authenticator and recovery codes."""
        await self.add(login, role)
        half = await self.sign_in(login)
        totp = pyotp.TOTP(self.accounts.sign_ins.pending_secret(half))
        _, codes = await self.accounts.sign_ins.enrol(half.cookie, self.code(totp), address=HERE)
        self.clock.advance(30)  # the code that set it up has counted
        return totp, codes

    def code(self, totp: pyotp.TOTP, steps: int = 0) -> str:
        return totp.at(self.clock.now() + timedelta(seconds=30 * steps))

    async def told(self) -> list[tuple[str, str]]:
        """Actor and action of each entry of the audit log."""
        return [(entry.actor, entry.action) for entry in await self.storage.hub_audit.after(0)]


@pytest.fixture
def open_door() -> Callable[..., Door]:
    """Opens a site's door; two of them may share one storage."""

    def open_it(**changes: Any) -> Door:
        storage, clock = changes.pop("storage", None) or memory_storage(), changes.pop("clock", FixedClock())
        accounts = open_accounts(
            changes.pop("site", "site-1"),
            storage,
            changes.pop("keys", MemoryKeys()),
            clock,
            lifetimes=changes.pop("lifetimes", {}),
            passwords=changes.pop("passwords", Passwords(memory_kib=64, passes=1)),
        )
        return Door(accounts=accounts, storage=storage, clock=clock)

    return open_it


@pytest.fixture
def door(open_door: Callable[..., Door]) -> Door:
    return open_door()
