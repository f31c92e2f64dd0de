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
from visavis.types.recommend import Candidate, Decision, PolicyName, PolicySnapshot, Reason
from visavis.types.scenario import (
    DEFAULT_CLASSES,
    Campaign,
    EventType,
    Guarded,
    Item,
    Liveness,
    Localised,
    Notice,
    Placement,
    PrivacyClass,
    Relation,
    Rule,
    Scenario,
    Surface,
)
from visavis.types.staff import ApiKey, Pauses, Role, Staff, StaffSession, StaffState
from visavis.types.states import MemberState, Standing

__all__ = [
    "DEFAULT_CLASSES",
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
    "MemberState",
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
    "PolicyName",
    "PolicySnapshot",
    "PrivacyClass",
    "Profile",
    "Purpose",
    "Quality",
    "Ran",
    "Reason",
    "Relation",
    "Review",
    "ReviewState",
    "Role",
    "Rule",
    "Scenario",
    "Sealed",
    "SealedArtefact",
    "SealedTemplate",
    "Sighting",
    "Staff",
    "StaffSession",
    "StaffState",
    "Stage",
    "Standing",
    "Surface",
    "Token",
    "Withdrawal",
]
