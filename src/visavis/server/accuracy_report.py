"""What `visavis assess accuracy` tells: errors by placement and light, and among the members' own templates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.config import Settings
from visavis.identity.accuracy import SiteRow, score_histogram, site_rows
from visavis.perception.packs import chosen_pack, read_manifest
from visavis.pipeline.accuracy import Templates, among_templates
from visavis.server.keys import open_keys, root_of
from visavis.storage.database import open_storage
from visavis.types import Looks

MOST = 500  # members whose templates are compared with each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it; counts, rates and scores, nothing about anybody."""

    looks: Sequence[Looks]
    rows: tuple[SiteRow, ...]
    templates: Templates | None  # None: no two members have any that open here


async def accuracy_report(settings: Settings, *, progress: Callable[[str, float], None], seed: int = 0) -> Report:
    """From the database and, in memory, the templates; nothing is written.

    Args:
        settings: of the site, which may run.
        progress: told of the face pack that is built.
        seed: which members are compared where there are many.
    """
    root = root_of(settings)  # before other programs are started, which would inherit its secrets
    manifest = read_manifest(chosen_pack(settings.face_pack, settings.packs_dir, progress))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with open_storage(settings.database_url, data_dir=settings.data_dir) as storage:
        looks = await storage.accuracy.all()
        members = [member for member in await storage.roster.members() if member.templates]
    chosen = np.random.default_rng(seed).permutation(len(members))[:MOST]
    templates = None
    if root.exists and members:
        keys = open_keys(settings, root=root)
        templates = among_templates([members[k] for k in chosen], keys, manifest, settings.false_match_rate)
    return Report(looks=looks, rows=site_rows(looks), templates=templates)


def histogram(report: Report) -> dict[str, dict[str, int]]:
    """Light -> lower end of the score -> looks; for JSON."""
    found = score_histogram(report.looks)
    return {
        light.value: {f"{score / 20:.2f}": counts[score] for score in sorted(counts)} for light, counts in found.items()
    }
