"""Level L2: a member's card holds a part of their key, and is the only place that does."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from visavis.ports import KeyProvider


class HeldKeys:
    """Implements `ports.KeyProvider` with a member's card in the hand.

    What only the card opens is opened; erasable keys that are wrapped need it from then on.
    """

    def __init__(self, keys: KeyProvider, holder: bytes) -> None:
        """Take the site's keys, and what `pseudonym.holder_of` says of the card; for the length of a visit."""
        self._keys, self._holder = keys, holder

    def __repr__(self) -> str:
        return "HeldKeys(…)"

    def wrap(self, key: bytes, *, aad: bytes, erasable: bool = False, holder: bytes = b"") -> bytes:
        """See the port."""
        mine = self._holder if erasable else b""
        return self._keys.wrap(key, aad=aad, erasable=erasable, holder=holder or mine)

    def unwrap(self, wrapped: bytes, *, aad: bytes, holder: bytes = b"") -> bytes:
        """See the port."""
        return self._keys.unwrap(wrapped, aad=aad, holder=holder or self._holder)

    def rewrap(self, wrapped: bytes, *, aad: bytes, fresh: bool = False) -> bytes:
        """See the port."""
        return self._keys.rewrap(wrapped, aad=aad, fresh=fresh)

    def destroy(self, wrapped: Iterable[bytes]) -> int:
        """See the port."""
        return self._keys.destroy(wrapped)

    def together(self) -> AbstractContextManager[None]:
        """See the port."""
        return self._keys.together()

    def derive(self, label: str) -> bytes:
        """See the port."""
        return self._keys.derive(label)


def keys_with(keys: KeyProvider, holder: bytes) -> KeyProvider:
    """The site's keys with this card; without one, as they are."""
    return HeldKeys(keys, holder) if holder else keys
