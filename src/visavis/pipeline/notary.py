"""The notary of one half's audit log: signs how it stands, in the database and in a file outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from visavis.errors import AuditBroken, SignatureInvalid
from visavis.ports import AuditLog, CheckpointStore, Clock, KeyProvider
from visavis.privacy.audit import Chain
from visavis.privacy.audit_check import Check, Checked, Means, begin_check, counting
from visavis.privacy.checkpoints import Signed, public_key, read_checkpoint, sign_checkpoint
from visavis.types import Checkpoint

EVERY_ENTRIES = 1000
EVERY = timedelta(hours=1)

Progress = Callable[[str, float], None]


@dataclass(slots=True, kw_only=True)
class Notary:
    """One process at a time should sign; whoever reads may do so at any time."""

    site: str
    half: str
    audit: AuditLog
    table: CheckpointStore
    file: CheckpointStore  # outside the database: it remembers what a database that was put back does not
    keys: KeyProvider
    clock: Clock

    async def sign_when_due(self) -> Checkpoint | None:
        """Sign when enough has been written or enough time has passed; raises AuditBroken as `sign` does."""
        last = await self._last()
        new = (await self.audit.last())[0] - (last.seq if last else 0)
        overdue = last is None or self.clock.now() - last.at >= EVERY
        return await self.sign() if new >= EVERY_ENTRIES or (new > 0 and overdue) else None

    async def sign(self) -> Checkpoint | None:
        """Sign how the log stands now; None when nothing was written since the last time.

        Raises:
            AuditBroken: What was written since does not hang on what was signed; nothing is signed.
        """
        last = await self._last()
        chain = last.chain() if last else Chain()
        await self._walk(chain, after=chain.seq if last else None)
        if chain.seq == (last.seq if last else 0):
            return None
        return await self._keep(sign_checkpoint(self.keys, chain, site=self.site, half=self.half, at=self.clock.now()))

    async def acknowledge_restore(self, *, actor: str, reason: str) -> Checkpoint | None:
        """Say that the database was put back on purpose: checkpoints of what was lost are void from now on.

        Written into the log as well. None when nothing was lost; raises AuditBroken when the chain itself is broken.
        """
        check = await self._checked(lambda _step, _share: None)
        lost = [f.seq for f in check.result().findings if f.means in (Means.CHECKPOINT, Means.CUT)]
        if check.broken:
            raise AuditBroken(f"audit entry {check.chain.seq + 1}")
        if not lost:
            return None
        fits = max((seq for seq in check.held if seq < min(lost)), default=0)
        signed = sign_checkpoint(
            self.keys, check.chain, site=self.site, half=self.half, at=self.clock.now(), restored_to=fits
        )
        await self._keep(signed)
        await self.align()
        detail = {"entries": str(check.chain.seq), "fits_up_to": str(fits), "reason": reason}
        await self.audit.append(actor=actor, action="restored", subject="site", detail=detail, at=self.clock.now())
        return signed

    async def align(self) -> int:
        """Give each place the checkpoints that only the other has and that count; how many. A crash may part them."""
        table, file = await self.table.all(), await self.file.all()
        signed = {c: s for c in {*table, *file} if (s := self._reads(c)) is not None}
        valid, moved = frozenset(counting(signed)), 0
        for place, there in ((self.file, set(file)), (self.table, set(table))):
            for checkpoint in sorted(valid - there, key=lambda c: signed[c].at):
                await place.append(checkpoint)
                moved += 1
        return moved

    async def check(self, progress: Progress, kept: Sequence[Checkpoint] = ()) -> Checked:
        """The whole log against itself and every checkpoint, those that were kept elsewhere too."""
        return (await self._checked(progress, kept)).result()

    async def _checked(self, progress: Progress, kept: Sequence[Checkpoint] = ()) -> Check:
        places = [[*await place.all(), *kept] for place in (self.table, self.file)]
        check = begin_check(self.half, [public_key(self.keys)], *places)
        most = max(1, (await self.audit.last())[0])
        async for batch in self.audit.links():
            check.feed(batch)
            progress(f"checking the {self.half} log", min(1.0, check.chain.seq / most))
        return check

    async def _walk(self, chain: Chain, *, after: int | None) -> None:
        async for batch in self.audit.links(after):
            if chain.walk(batch) < len(batch):
                raise AuditBroken(f"audit entry {chain.seq + 1}")

    async def _last(self) -> Signed | None:
        """The last checkpoint of the database, if the site signed it."""
        last = await self.table.last()
        return self._reads(last) if last is not None else None

    def _reads(self, checkpoint: Checkpoint) -> Signed | None:
        try:
            return read_checkpoint(checkpoint, [public_key(self.keys)])
        except SignatureInvalid:
            return None

    async def _keep(self, checkpoint: Checkpoint) -> Checkpoint:
        await self.file.append(checkpoint)
        await self.table.append(checkpoint)
        return checkpoint
