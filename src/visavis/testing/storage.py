"""All ports in memory, connected to each other as those of `visavis.storage.database.Storage` are."""

from dataclasses import dataclass

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
from visavis.testing.hub import (
    MemoryAllowance,
    MemoryDecisions,
    MemoryEraser,
    MemoryEvents,
    MemoryOutcomes,
    MemoryPlays,
    MemoryPolicies,
)
from visavis.testing.retention import MemoryExpiry, MemoryReceipts, MemoryVisits
from visavis.testing.signals import MemoryAudit, MemoryCheckpoints, MemorySignals
from visavis.testing.staff import (
    MemoryApiKeys,
    MemorySignInAttempts,
    MemoryStaff,
    MemoryStaffSessions,
    MemoryStaffWrapped,
)


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
    reviews: MemoryReviews
    erasures: MemoryErasures
    visits: MemoryVisits
    edge_expiry: MemoryReceipts
    wrapped: MemoryWrapped

    hub_ledger: MemoryLedger
    events: MemoryEvents
    decisions: MemoryDecisions
    plays: MemoryPlays
    outcomes: MemoryOutcomes
    policies: MemoryPolicies
    allowance: MemoryAllowance
    eraser: MemoryEraser
    expiry: MemoryExpiry
    hub_audit: MemoryAudit
    hub_wrapped: MemoryStaffWrapped
    hub_checkpoints: MemoryCheckpoints
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
    staff = MemoryStaff()
    return MemoryStorage(
        roster=roster,
        edge_ledger=edge_ledger,
        audit=MemoryAudit(),
        checkpoints=MemoryCheckpoints(),
        edge_signals=signals,
        monitors=monitors,
        devices=MemoryDevices(signals),
        pairings=MemoryPairings(),
        corrections=MemoryCorrections(roster, signals),
        reviews=MemoryReviews(roster),
        erasures=MemoryErasures(),
        visits=MemoryVisits(roster),
        edge_expiry=MemoryReceipts(roster, edge_ledger),
        wrapped=MemoryWrapped(roster, monitors),
        hub_ledger=hub_ledger,
        events=events,
        decisions=decisions,
        plays=plays,
        outcomes=outcomes,
        policies=MemoryPolicies(signals),
        allowance=allowance,
        eraser=eraser,
        expiry=MemoryExpiry(outcomes=outcomes, plays=plays, events=events, allowance=allowance, decisions=decisions),
        hub_audit=MemoryAudit(),
        hub_wrapped=MemoryStaffWrapped(staff),
        hub_checkpoints=MemoryCheckpoints(),
        signals=signals,
        staff=staff,
        staff_sessions=MemoryStaffSessions(),
        sign_in_attempts=MemorySignInAttempts(),
        api_keys=MemoryApiKeys(),
    )
