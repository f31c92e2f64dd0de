"""A new site key: every key that hung on the old one is wrapped anew, and nothing else has to change.

Whoever has the old root key, and copies the database later, opens nothing. What is under the member keys stays as it
is; `pipeline.rekey` renews that.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from visavis.errors import KeyDestroyed
from visavis.ports import AuditLog, Clock, WrappedKeys
from visavis.privacy.keys import SiteKey
from visavis.privacy.ring import begun, finished, new_root_key, read_ring, write_ring
from visavis.privacy.roots import RootFile
from visavis.privacy.slots import Slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What was done."""

    wrapped: int  # keys that hang on the new site key now and did not before
    resumed: bool  # a rotation that was cut off before was ended


async def rotate(
    root: RootFile, ring: Path, slots: Slots, wrapped: Sequence[WrappedKeys], audit: AuditLog, clock: Clock
) -> Rotated:
    """Rotate, or end a rotation that was cut off; nobody else may use the keys meanwhile.

    It may be killed between any two of its steps. The ring opens with the root key of before and with that of after
    until all is done, and holds both wrapping keys, so that each row opens in whatever state the database is.

    Args:
        root: where the root key rests.
        ring: where the ring rests; made by the first rotation.
        slots: of the member keys.
        wrapped: what is wrapped in the database, of each half.
        audit: is told at the end.
        clock: stamps that.

    Raises:
        SealBroken: the database is another site's; everything opens as before.
    """
    old = root.read()
    before = read_ring(ring, old)
    both, new = begun(before), new_root_key()
    write_ring(ring, both, [old, new])
    root.write(new)
    keys = SiteKey(both, slots)

    def renew(one: bytes, aad: bytes) -> bytes:
        with suppress(KeyDestroyed):  # of a member who is gone; `pipeline.erasure` ends the row
            return keys.rewrap(one, aad=aad)
        return one

    count = sum([await half.rewrap(renew) for half in wrapped])
    detail = {"wrapped": str(count), "resumed": str(before.rotating).lower()}
    await audit.append(actor="edge", action="site_key_rotated", subject="site", detail=detail, at=clock.now())
    write_ring(ring, finished(both), [new])
    return Rotated(wrapped=count, resumed=before.rotating)
