"""For whom a request is counted."""

import hmac
import secrets

from starlette.requests import HTTPConnection

from visavis.server.limits import address_key

_CODES = secrets.token_bytes(32)  # of this process alone: what it keeps of a code means nothing elsewhere


def asking(connection: HTTPConnection, *, placement: str | None = None) -> tuple[str, ...]:
    """The placement, the device or key that was shown, and the address."""
    found = [f"placement {placement}"] if placement is not None else []
    caller: str | None = getattr(connection.state, "caller", None)
    if caller is not None:
        found.append(caller)
    address = address_key(connection.client.host) if connection.client else None
    return (*found, *([address] if address else []))


def code_key(code: str) -> str:
    """A card or a PIN, whoever's it is and whether or not it is anybody's."""
    return f"code {hmac.digest(_CODES, code.encode(), 'sha256').hex()}"
