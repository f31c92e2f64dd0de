"""A configuration to assess."""

from typing import Any

import pytest

from visavis.privacy.assessment.configuration import Configuration
from visavis.privacy.jurisdiction import load_jurisdiction


@pytest.fixture
def configuration() -> Configuration:
    """A shop in the European Union with a kiosk and one watched camera."""
    return a_configuration()


def a_configuration(**changes: Any) -> Configuration:
    said: dict[str, Any] = {
        "site": "site-1",
        "scenario": "sample",
        "title": {"en": "Corner Market", "zh-CN": "街角市集"},
        "jurisdiction": load_jurisdiction("EU").model_dump(mode="json", by_alias=True),
        "minimum_age": 16,
        "purposes": {
            "recognise": {
                "version": "1",
                "required": False,
                "title": {"en": "Know me by my face", "zh-CN": "通过面部识别我"},
                "sha256": {"en": "a" * 64, "zh-CN": "b" * 64},
            }
        },
        "consent_days": 365,
        "retention": {
            "biometric": {"days": 365, "since": "last_visit"},
            "event": {"days": 730, "since": "made"},
            "audit": {"days": None, "since": "made"},
        },
        "protection": "L1",
        "pack": {
            "name": "default-face",
            "version": "1",
            "model": "default-face@0123456789ab",
            "files": {"embedder.onnx": "c" * 64},
            "licences": ["CC0-1.0"],
            "impostor_pairs": 499_500,
            "evidence": "1,000 people",
        },
        "false_match_rate": 0.001,
        "liveness": {"enrolment": "off", "consent_change": "off", "rewards": "off"},
        "review": "off",
        "placements": {"entrance": {"surface": "kiosk", "name": {"en": "Entrance", "zh-CN": "入口"}}},
        "cameras": {"entrance": 1},
    }
    return Configuration(**(said | changes))


ANSWERS = {
    "controller": "Corner Market Ltd, 1 Main Street",
    "necessity": "Members with full hands are greeted without a card.",
    "alternatives": "A card at the till; it is forgotten at home.",
    "people": "Some 300 customers a day, ten staff.",
    "minors": "Children come with their parents; age is asked.",
    "lawful_basis": "Explicit consent, GDPR art. 9(2)(a).",
    "notices": "A sign at the door, in English and Chinese.",
    "recipients": "Nobody.",
    "machines": "In a locked cabinet; disk encrypted.",
    "backups": "Weekly, in a safe, without the site key, four weeks.",
    "accuracy": "On twelve of our staff, mornings and evenings.",
    "consulted": "The data protection officer and the works council.",
    "residual_risk": "medium",
    "residual_reason": "Nothing depends on a face.",
    "decision": "yes",
    "review_by": "2027-01-31",
    "signer_role": "Data protection officer",
    "contact": "Data protection, +49 30 1234",
}
