"""Every noun that crosses a stage border, in the order of the story.

frame -> face -> sighting -> profile -> decision -> impression -> outcome

Images are RGB uint8 HWC. Scores are cosine similarities in [-1, 1]. Probabilities are in [0, 1]. Times are aware
UTC. A record refuses to exist in a wrong shape. Vocabulary: ISO/IEC 2382-37 for biometrics, contextual bandits for
decisions, IAB/DOOH for delivery, ISO/IEC TS 27560 for consent.
"""

from visavis.types.behaviour import Event, Profile
from visavis.types.delivery import Impression, Outcome, Stage
from visavis.types.identity import (
    Correction,
    Device,
    Light,
    Look,
    Looks,
    Method,
    Monitor,
    PairingCode,
    Review,
    ReviewState,
    Sighting,
)
from visavis.types.models import (
    Artefact,
    KeptModel,
    ModelChange,
    ModelEntry,
    ModelKind,
    ModelState,
    SealedArtefact,
)
from visavis.types.names import MemberId, Token
from visavis.types.perception import Embedding, Face, Frame, Quality
from visavis.types.privacy import (
    AuditEntry,
    Checkpoint,
    Consent,
    DeletionReceipt,
    Erased,
    Link,
    Member,
    Purpose,
    Ran,
    Sealed,
    SealedTemplate,
    Withdrawal,
)
from visavis.types.recommend import Candidate, Decision, PolicySnapshot, Reason
from visavis.types.scenario import (
    Campaign,
    EventType,
    Guarded,
    Item,
    Liveness,
    Localised,
    Notice,
    Placement,
    PrivacyClass,
    Scenario,
    Surface,
)
from visavis.types.staff import ApiKey, Pauses, Role, Staff, StaffSession, StaffState

__all__ = [
    "ApiKey",
    "Artefact",
    "AuditEntry",
    "Campaign",
    "Candidate",
    "Checkpoint",
    "Consent",
    "Correction",
    "Decision",
    "DeletionReceipt",
    "Device",
    "Embedding",
    "Erased",
    "Event",
    "EventType",
    "Face",
    "Frame",
    "Guarded",
    "Impression",
    "Item",
    "KeptModel",
    "Light",
    "Link",
    "Liveness",
    "Localised",
    "Look",
    "Looks",
    "Member",
    "MemberId",
    "Method",
    "ModelChange",
    "ModelEntry",
    "ModelKind",
    "ModelState",
    "Monitor",
    "Notice",
    "Outcome",
    "PairingCode",
    "Pauses",
    "Placement",
    "PolicySnapshot",
    "PrivacyClass",
    "Profile",
    "Purpose",
    "Quality",
    "Ran",
    "Reason",
    "Review",
    "ReviewState",
    "Role",
    "Scenario",
    "Sealed",
    "SealedArtefact",
    "SealedTemplate",
    "Sighting",
    "Staff",
    "StaffSession",
    "StaffState",
    "Stage",
    "Surface",
    "Token",
    "Withdrawal",
]
