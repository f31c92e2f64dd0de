"""Who of many lets us do something, now: the consent gate for work on whole logs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from visavis.errors import ConsentMissing
from visavis.ports import ConsentLedger
from visavis.privacy.consent import Entry, permit
from visavis.types import Purpose, Scenario, Token

BATCH = 5000  # members whose consents are read together


async def allowing(
    ledger: ConsentLedger, tokens: Iterable[Token], purpose: Purpose, *, scenario: Scenario, site: str, at: datetime
) -> frozenset[Token]:
    """Those of the members with a live consent for this purpose, here and at this moment."""
    asked = sorted(set(tokens))
    found: set[Token] = set()
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        histories = await ledger.histories(batch)
        found |= {t for t in batch if _permits(histories.get(t, ()), purpose, scenario, site, at)}
    return frozenset(found)


def _permits(history: Sequence[Entry], purpose: Purpose, scenario: Scenario, site: str, at: datetime) -> bool:
    version = scenario.notices[purpose].version
    try:
        permit(history, purpose=purpose, scenario=scenario.name, site=site, notice_version=version, at=at)
    except ConsentMissing:
        return False
    return True
