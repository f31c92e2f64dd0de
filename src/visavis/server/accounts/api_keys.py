"""What programs sign in with: `vv_<prefix>_<secret>`, shown once; only its digest is kept."""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from visavis.errors import ApiKeyUnknown, InputRefused
from visavis.ports import ApiKeys, AuditLog, Clock
from visavis.server.permissions import SCOPES, Permission
from visavis.server.principal import Kind, Principal
from visavis.types import ApiKey

PREFIX = 8  # characters
SECRET_BYTES = 32
FORM = re.compile(r"vv_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")
LEAST_DAYS, MOST_DAYS = 1, 730


class Keys:
    """The API keys of one site."""

    def __init__(self, *, site: str, store: ApiKeys, audit: AuditLog, clock: Clock) -> None:
        self._site, self._store, self._audit, self._clock = site, store, audit, clock

    async def all(self) -> Sequence[ApiKey]:
        """Oldest first."""
        return await self._store.all(self._site)

    async def add(self, name: str, scopes: Sequence[str], *, days: int, by: str) -> tuple[ApiKey, str]:
        """The record, and the key itself, which is not kept. Raises InputRefused."""
        unknown = set(scopes) - SCOPES
        if unknown or not scopes:
            known = ", ".join(sorted(SCOPES))
            raise InputRefused(f"scopes: {', '.join(sorted(unknown)) or 'none'}; a key may have {known}")
        if not LEAST_DAYS <= days <= MOST_DAYS:
            raise InputRefused(f"days: {LEAST_DAYS} to {MOST_DAYS}")
        if not 1 <= len(name.strip()) <= 80:
            raise InputRefused("name: 1 to 80 characters")
        now, prefix = self._clock.now(), "".join(secrets.choice(_ALPHABET) for _ in range(PREFIX))
        text = _new_text(prefix)
        key = ApiKey(
            prefix=prefix,
            site=self._site,
            name=name.strip(),
            digest=_digest(text),
            scopes=tuple(sorted(set(scopes))),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        await self._store.save(key)
        await self._note(by, "api_key_added", key, scopes=" ".join(key.scopes))
        return key, text

    async def rotate(self, prefix: str, *, days: int, by: str) -> tuple[ApiKey, str]:
        """Another secret under the same prefix; the old one is refused from now on."""
        before, now = await self._named(prefix), self._clock.now()
        if before.revoked_at is not None:
            raise InputRefused("it was revoked; add another")
        if not LEAST_DAYS <= days <= MOST_DAYS:
            raise InputRefused(f"days: {LEAST_DAYS} to {MOST_DAYS}")
        text = _new_text(prefix)
        key = replace(before, digest=_digest(text), expires_at=now + timedelta(days=days))
        await self._store.save(key)
        await self._note(by, "api_key_rotated", key)
        return key, text

    async def revoke(self, prefix: str, *, by: str) -> ApiKey:
        """Refused from now on; raises ApiKeyUnknown."""
        before = await self._named(prefix)
        key = replace(before, revoked_at=before.revoked_at or self._clock.now())
        await self._store.save(key)
        await self._note(by, "api_key_revoked", key)
        return key

    async def principal(self, text: str) -> Principal | None:
        """The program that has this key; None when it is not, or no longer, good."""
        form = FORM.fullmatch(text)
        key = await self._store.find(form[1]) if form else None
        now = self._clock.now()
        if key is None or not hmac.compare_digest(key.digest, _digest(text)):
            return None
        if key.site != self._site or key.revoked_at is not None or key.expires_at <= now:
            return None
        if key.last_used != now.date():
            await self._store.used(key.prefix, now.date())
        scopes = frozenset(Permission(scope) for scope in key.scopes if scope in SCOPES)
        return Principal(kind=Kind.KEY, site=self._site, id=key.prefix, permissions=scopes)

    async def _named(self, prefix: str) -> ApiKey:
        key = await self._store.find(prefix)
        if key is None or key.site != self._site:
            raise ApiKeyUnknown
        return key

    async def _note(self, by: str, action: str, key: ApiKey, **detail: str) -> None:
        await self._audit.append(
            actor=by, action=action, subject=f"key {key.prefix}", detail=detail, at=self._clock.now()
        )


_ALPHABET = string.ascii_lowercase + string.digits


def _new_text(prefix: str) -> str:
    return f"vv_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
