"""Who signs the audit logs of a site."""

from visavis.config import Settings
from visavis.pipeline.notary import Notary
from visavis.ports import Clock, KeyProvider
from visavis.privacy.checkpoints import FileCheckpoints
from visavis.storage.database import Storage


def site_notaries(settings: Settings, storage: Storage, keys: KeyProvider, clock: Clock) -> tuple[Notary, ...]:
    """The notary of each half."""
    halves = (("edge", storage.audit, storage.checkpoints), ("hub", storage.hub_audit, storage.hub_checkpoints))
    return tuple(
        Notary(
            site=settings.site,
            half=half,
            audit=audit,
            table=table,
            file=FileCheckpoints(settings.checkpoints_file, half),
            keys=keys,
            clock=clock,
        )
        for half, audit, table in halves
    )
