"""For whom a request is counted."""

import hmac
import secrets

from starlette.requests import HTTPConnection

from visavis.server.limits import address_key, is_here

_CODES = secrets.token_bytes(32)  # of this process alone: what it keeps of a code means nothing elsewhere


def asking(connection: HTTPConnection, *, placement: str | None = None) -> tuple[str, ...]:
    """The placement, the device or key that was shown, and the address; of this machine's own the placement alone."""
    caller: str | None = getattr(connection.state, "caller", None)
    host = connection.client.host if connection.client else ""
    address = None if placement is not None and is_here(host) else address_key(host)
    found = (f"placement {placement}" if placement is not None else None, caller, address)
    return tuple(one for one in found if one is not None)


def code_key(code: str) -> str:
    """A card or a PIN, whoever's it is and whether or not it is anybody's."""
    return f"code {hmac.digest(_CODES, code.encode(), 'sha256').hex()}"
