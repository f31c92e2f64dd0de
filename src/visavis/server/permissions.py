"""Who of the staff may do what: one table. A route names its permission, never a role."""

from collections.abc import Mapping
from enum import StrEnum

from visavis.types import Role

OPERATOR, ADVERTISER, AUDITOR = Role.OPERATOR, Role.ADVERTISER, Role.AUDITOR
OFFICER, ADMINISTRATOR = Role.PRIVACY_OFFICER, Role.ADMINISTRATOR


class Permission(StrEnum):
    """One thing that may be done; also the scope of an API key."""

    # what anybody of the staff may
    OWN_ACCOUNT = "account.own"
    READ_BOARD = "board.read"
    READ_DECISIONS = "decisions.read"

    # the site
    READ_SYSTEM = "system.read"
    READ_METRICS = "metrics.read"
    READ_CAMERAS = "cameras.read"
    PREVIEW_CAMERAS = "cameras.preview"
    MANAGE_CAMERAS = "cameras.manage"
    ANSWER_REVIEWS = "reviews.answer"
    COMPARE_FACES = "faces.compare"
    READ_SCORES = "faces.scores"

    # in the place of a device
    RUN_KIOSK = "kiosk.run"
    PLAY = "screen.play"
    SEND_EVENTS = "events.send"

    # members and their rights
    READ_MEMBERS = "members.read"
    EXPORT_MEMBERS = "members.export"
    CHANGE_MEMBERS = "members.change"
    ERASE_MEMBERS = "members.erase"
    READ_AUDIT = "audit.read"

    # who may come in
    MANAGE_DEVICES = "devices.manage"
    MANAGE_KEYS = "keys.manage"
    MANAGE_STAFF = "staff.manage"


ALLOWED: Mapping[Permission, frozenset[Role]] = {
    Permission.OWN_ACCOUNT: frozenset(Role),
    Permission.READ_BOARD: frozenset(Role),
    Permission.READ_DECISIONS: frozenset(Role),
    Permission.READ_SYSTEM: frozenset({OPERATOR, OFFICER, AUDITOR, ADMINISTRATOR}),
    Permission.READ_METRICS: frozenset({OPERATOR, AUDITOR, ADMINISTRATOR}),
    Permission.READ_CAMERAS: frozenset({OPERATOR, OFFICER, AUDITOR, ADMINISTRATOR}),
    Permission.PREVIEW_CAMERAS: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.MANAGE_CAMERAS: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.ANSWER_REVIEWS: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.COMPARE_FACES: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.READ_SCORES: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.RUN_KIOSK: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.PLAY: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.SEND_EVENTS: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.READ_MEMBERS: frozenset({OFFICER, ADMINISTRATOR}),
    Permission.EXPORT_MEMBERS: frozenset({OFFICER}),
    Permission.CHANGE_MEMBERS: frozenset({OFFICER}),
    Permission.ERASE_MEMBERS: frozenset({OPERATOR, OFFICER}),
    Permission.READ_AUDIT: frozenset({OFFICER, AUDITOR}),
    Permission.MANAGE_DEVICES: frozenset({OPERATOR, ADMINISTRATOR}),
    Permission.MANAGE_KEYS: frozenset({ADMINISTRATOR}),
    Permission.MANAGE_STAFF: frozenset({ADMINISTRATOR}),
}

# A program never manages who may come in, and has no account of its own.
SCOPES = frozenset(Permission) - {
    Permission.OWN_ACCOUNT,
    Permission.MANAGE_DEVICES,
    Permission.MANAGE_KEYS,
    Permission.MANAGE_STAFF,
}

OF_DEVICES = frozenset({Permission.RUN_KIOSK, Permission.PLAY, Permission.SEND_EVENTS})
"""What a paired kiosk or screen may do, at its own placement."""

SECOND_FACTOR = frozenset({OFFICER, ADMINISTRATOR})
"""Roles that do nothing before their second factor is set up."""


def permissions_of(role: Role) -> frozenset[Permission]:
    """All that a role may do."""
    return frozenset(permission for permission, roles in ALLOWED.items() if role in roles)
