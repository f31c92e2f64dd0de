"""Budgets and caps, exact across processes: counted by the database, under its row locks."""

from collections.abc import Sequence
from datetime import UTC, datetime

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Campaign, Token


class PostgresAllowance:
    """Implements `ports.Allowance`. A campaign without limits costs no visit to the database."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("allowance")

    async def reserve(self, decision_id: str, campaign: Campaign, token: Token | None, at: datetime) -> bool:
        """Take one impression from budget and cap; False (and nothing taken) when either is used up."""
        if not _limited(campaign, token):
            return True
        wanted = {
            "decision": decision_id,
            "campaign": campaign.id,
            "token": token,
            "day": at.astimezone(UTC).date(),
            "budget": campaign.budget_impressions,
            "cap": campaign.cap_per_member_day,
        }
        return bool((await self._half.fetch(self._sql["reserve"], wanted))[0][0])

    async def release(self, decision_id: str) -> None:
        """Give back what a decision reserved and never showed."""
        await self._half.fetch(self._sql["release"], {"decision": decision_id})

    async def exhausted(self, campaigns: Sequence[Campaign], token: Token | None, at: datetime) -> frozenset[str]:
        """Ids of those campaigns whose budget, or cap for this token today (UTC), is used up."""
        limited = [campaign for campaign in campaigns if _limited(campaign, token)]
        if not limited:
            return frozenset()
        asked = {
            "ids": [c.id for c in limited],
            "budgets": [c.budget_impressions for c in limited],
            "caps": [c.cap_per_member_day for c in limited],
            "token": token,
            "day": at.astimezone(UTC).date(),
        }
        return frozenset(row[0] for row in await self._half.fetch(self._sql["exhausted"], asked))


def _limited(campaign: Campaign, token: Token | None) -> bool:
    capped = campaign.cap_per_member_day is not None and token is not None
    return capped or campaign.budget_impressions is not None
