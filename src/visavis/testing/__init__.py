"""For tests of what is built on visavis: every port in memory, a clock that stands still, records in one word.

    storage = memory_storage()
    clock = FixedClock()
    await storage.events.append([an_event(token="token-1", occurred_at=clock.now())])

The ports pass the same contract suite as those on PostgreSQL. Nothing here waits, sleeps or leaves the process.
"""

from visavis.testing.accuracy import MemoryAccuracy
from visavis.testing.builders import (
    T0,
    a_campaign,
    a_consent,
    a_correction,
    a_decision,
    a_device,
    a_frame,
    a_member,
    a_monitor,
    a_placement,
    a_profile,
    a_review,
    a_scenario,
    a_sighting,
    a_snapshot,
    a_staff,
    a_staff_session,
    a_state,
    a_template,
    a_withdrawal,
    an_api_key,
    an_artefact,
    an_embedding,
    an_event,
    an_impression,
    an_item,
    an_outcome,
)
from visavis.testing.clock import FixedClock, counted_ids
from visavis.testing.devices import MemoryDevices, MemoryPairings
from visavis.testing.edge import (
    MemoryCorrections,
    MemoryErasures,
    MemoryKeys,
    MemoryLedger,
    MemoryMonitors,
    MemoryReviews,
    MemoryRoster,
    RecordingHub,
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
    RecordingChannel,
)
from visavis.testing.judged import MemoryJudged
from visavis.testing.models import MemoryModels
from visavis.testing.retention import MemoryExpiry, MemoryReceipts, MemoryVisits
from visavis.testing.signals import MemoryAudit, MemoryCheckpoints, MemorySignals
from visavis.testing.staff import MemoryApiKeys, MemorySignInAttempts, MemoryStaff, MemoryStaffSessions
from visavis.testing.states import MemoryStates
from visavis.testing.storage import MemoryStorage, memory_storage

__all__ = [
    "T0",
    "FixedClock",
    "MemoryAccuracy",
    "MemoryAllowance",
    "MemoryApiKeys",
    "MemoryAudit",
    "MemoryCheckpoints",
    "MemoryCorrections",
    "MemoryDecisions",
    "MemoryDevices",
    "MemoryEdgeHeld",
    "MemoryEraser",
    "MemoryErasures",
    "MemoryEvents",
    "MemoryExpiry",
    "MemoryHubHeld",
    "MemoryJudged",
    "MemoryKeys",
    "MemoryLedger",
    "MemoryModels",
    "MemoryMonitors",
    "MemoryOutcomes",
    "MemoryPairings",
    "MemoryPlays",
    "MemoryPolicies",
    "MemoryReceipts",
    "MemoryReviews",
    "MemoryRoster",
    "MemorySignInAttempts",
    "MemorySignals",
    "MemoryStaff",
    "MemoryStaffSessions",
    "MemoryStates",
    "MemoryStorage",
    "MemoryVisits",
    "RecordingChannel",
    "RecordingHub",
    "a_campaign",
    "a_consent",
    "a_correction",
    "a_decision",
    "a_device",
    "a_frame",
    "a_member",
    "a_monitor",
    "a_placement",
    "a_profile",
    "a_review",
    "a_scenario",
    "a_sighting",
    "a_snapshot",
    "a_staff",
    "a_staff_session",
    "a_state",
    "a_template",
    "a_withdrawal",
    "an_api_key",
    "an_artefact",
    "an_embedding",
    "an_event",
    "an_impression",
    "an_item",
    "an_outcome",
    "counted_ids",
    "memory_storage",
]
