"""All ports in memory, connected to each other as those of `visavis.storage.database.Storage` are."""

from dataclasses import dataclass

from visavis.testing.accuracy import MemoryAccuracy
from visavis.testing.devices import MemoryDevices, MemoryPairings
from visavis.testing.edge import (
    MemoryCorrections,
    MemoryErasures,
    MemoryLedger,
    MemoryMonitors,
    MemoryReviews,
    MemoryRoster,
    MemoryWrapped,
)
from visavis.testing.held import MemoryEdgeHeld, MemoryHubHeld
from visavis.testing.hub import (
    MemoryAllowance,
    MemoryDecisions,
    MemoryEraser,
    MemoryEvents,
    MemoryOutcomes,
    MemoryPlays,
    MemoryPolicies,
)
from visavis.testing.judged import MemoryJudged
from visavis.testing.models import MemoryModels
from visavis.testing.retention import MemoryExpiry, MemoryReceipts, MemoryVisits
from visavis.testing.signals import MemoryAudit, MemoryCheckpoints, MemorySignals
from visavis.testing.staff import (
    MemoryApiKeys,
    MemoryHubWrapped,
    MemorySignInAttempts,
    MemoryStaff,
    MemoryStaffSessions,
)
from visavis.testing.states import MemoryStates


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStorage:
    """The same names as on PostgreSQL."""

    roster: MemoryRoster
    edge_ledger: MemoryLedger
    audit: MemoryAudit
    checkpoints: MemoryCheckpoints
    edge_signals: MemorySignals
    monitors: MemoryMonitors
    devices: MemoryDevices
    pairings: MemoryPairings
    corrections: MemoryCorrections
    accuracy: MemoryAccuracy
    reviews: MemoryReviews
    erasures: MemoryErasures
    visits: MemoryVisits
    edge_expiry: MemoryReceipts
    wrapped: MemoryWrapped
    edge_held: MemoryEdgeHeld

    hub_ledger: MemoryLedger
    events: MemoryEvents
    decisions: MemoryDecisions
    plays: MemoryPlays
    outcomes: MemoryOutcomes
    judged: MemoryJudged
    policies: MemoryPolicies
    models: MemoryModels
    states: MemoryStates
    allowance: MemoryAllowance
    eraser: MemoryEraser
    expiry: MemoryExpiry
    hub_audit: MemoryAudit
    hub_wrapped: MemoryHubWrapped
    hub_checkpoints: MemoryCheckpoints
    hub_held: MemoryHubHeld
    signals: MemorySignals
    staff: MemoryStaff
    staff_sessions: MemoryStaffSessions
    sign_in_attempts: MemorySignInAttempts
    api_keys: MemoryApiKeys


def memory_storage() -> MemoryStorage:
    """Empty; both halves share one bus of signals, as they share one database."""
    signals = MemorySignals()
    edge_ledger, hub_ledger = MemoryLedger(), MemoryLedger()
    events, decisions, outcomes = MemoryEvents(), MemoryDecisions(signals), MemoryOutcomes(signals)
    plays, allowance = MemoryPlays(outcomes, signals), MemoryAllowance()
    eraser = MemoryEraser(
        outcomes=outcomes, plays=plays, events=events, allowance=allowance, decisions=decisions, ledger=hub_ledger
    )
    roster, monitors = MemoryRoster(edge_ledger, signals), MemoryMonitors(signals)
    staff, models, states = MemoryStaff(), MemoryModels(signals), MemoryStates(events)
    audit, hub_audit, erasures = MemoryAudit(), MemoryAudit(), MemoryErasures()
    corrections, reviews, visits = MemoryCorrections(roster, signals), MemoryReviews(roster), MemoryVisits(roster)
    return MemoryStorage(
        roster=roster,
        edge_ledger=edge_ledger,
        checkpoints=MemoryCheckpoints(),
        audit=audit,
        edge_signals=signals,
        monitors=monitors,
        devices=MemoryDevices(signals),
        pairings=MemoryPairings(),
        edge_expiry=MemoryReceipts(roster, edge_ledger),
        wrapped=MemoryWrapped(roster, monitors),
        visits=visits,
        corrections=corrections,
        accuracy=MemoryAccuracy(),
        reviews=reviews,
        erasures=erasures,
        edge_held=MemoryEdgeHeld(
            roster=roster,
            ledger=edge_ledger,
            audit=audit,
            corrections=corrections,
            reviews=reviews,
            erasures=erasures,
            visits=visits,
        ),
        hub_ledger=hub_ledger,
        events=events,
        decisions=decisions,
        plays=plays,
        outcomes=outcomes,
        judged=MemoryJudged(decisions, outcomes, plays),
        policies=MemoryPolicies(signals),
        models=models,
        states=states,
        allowance=allowance,
        eraser=eraser,
        expiry=MemoryExpiry(outcomes=outcomes, plays=plays, events=events, allowance=allowance, decisions=decisions),
        hub_wrapped=MemoryHubWrapped(staff, models),
        hub_checkpoints=MemoryCheckpoints(),
        hub_audit=hub_audit,
        hub_held=MemoryHubHeld(
            ledger=hub_ledger,
            events=events,
            decisions=decisions,
            plays=plays,
            outcomes=outcomes,
            allowance=allowance,
            audit=hub_audit,
            states=states,
        ),
        signals=signals,
        staff=staff,
        staff_sessions=MemoryStaffSessions(),
        sign_in_attempts=MemorySignInAttempts(),
        api_keys=MemoryApiKeys(),
    )
