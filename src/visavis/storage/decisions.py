"""Every decision that was made."""

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Json

from visavis.storage.half import Half
from visavis.storage.queries import queries
from visavis.types import Candidate, Decision, Reason


class PostgresDecisions:
    """Implements `ports.DecisionLog`; topic `decision`, its id."""

    def __init__(self, half: Half) -> None:
        self._half = half
        self._sql = queries("decisions")

    async def append(self, decision: Decision) -> None:
        """Durable on return."""
        await self._half.fetch(self._sql["append"], _row(decision))

    async def get(self, decision_id: str) -> Decision | None:
        """None when unknown or erased."""
        rows = await self._half.fetch(self._sql["get"], {"id": decision_id})
        return decision_of(rows[0]) if rows else None

    async def recent(self, limit: int = 50, scenario: str | None = None) -> Sequence[Decision]:
        """Newest first."""
        rows = await self._half.fetch(self._sql["recent"], {"scenario": scenario, "limit": limit})
        return [decision_of(row) for row in rows]


def _row(decision: Decision) -> dict[str, Any]:
    return {
        "id": decision.id,
        "site": decision.site,
        "scenario": decision.scenario,
        "placement": decision.placement,
        "token": decision.token,
        "sighting_id": decision.sighting_id,
        "receipt_id": decision.receipt_id,
        "item_id": decision.item_id,
        "campaign_id": decision.campaign_id,
        "candidate_items": [c.item_id for c in decision.candidates],
        "candidate_campaigns": [c.campaign_id for c in decision.candidates],
        "candidate_scores": [float(c.score) for c in decision.candidates],
        "probabilities": [float(p) for p in decision.probabilities],
        "estimates": [float(e) for e in decision.estimates],
        "propensity": float(decision.propensity),
        "policy": decision.policy,
        "policy_version": decision.policy_version,
        "model_version": decision.model_version,
        "features": [float(f) for f in decision.features],
        "draw": float(decision.draw),
        "reasons": Json([[r.code, dict(r.detail)] for r in decision.reasons]),
        "decided_at": decision.decided_at,
        "teaches": decision.teaches,
        "widths": [float(w) for w in decision.widths],
        "cap": float(decision.cap),
        "slate": decision.slate,
        "position": decision.position,
    }


def decision_of(row: tuple[Any, ...]) -> Decision:
    """From the 26 columns of the query `get`."""
    (
        decision_id, site, scenario, placement, token, sighting_id, receipt_id, item_id, campaign_id,
        items, campaigns, scores, probabilities, estimates, policy, policy_version, model_version,
        features, draw, reasons, decided_at, teaches, widths, cap, slate, position,
    ) = row  # fmt: skip
    return Decision(
        id=decision_id,
        site=site,
        scenario=scenario,
        placement=placement,
        token=token,
        sighting_id=sighting_id,
        receipt_id=receipt_id,
        item_id=item_id,
        campaign_id=campaign_id,
        candidates=tuple(
            Candidate(item_id=i, campaign_id=c, score=s) for i, c, s in zip(items, campaigns, scores, strict=True)
        ),
        probabilities=tuple(probabilities),
        estimates=tuple(estimates),
        policy=policy,
        policy_version=policy_version,
        model_version=model_version,
        features=tuple(features),
        draw=draw,
        reasons=tuple(Reason(code=code, detail=detail) for code, detail in reasons),
        decided_at=decided_at,
        teaches=teaches,
        widths=tuple(widths),
        cap=cap,
        slate=slate,
        position=position,
    )
