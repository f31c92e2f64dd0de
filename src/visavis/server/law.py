"""What the law of the place and the operator's settings make of one site."""

from visavis.config import Settings
from visavis.privacy.jurisdiction import Jurisdiction


def faces_off(settings: Settings, law: Jurisdiction) -> str:
    """Why no face may be used here, for operators; empty: they may."""
    if not settings.face:
        return "setting: face is off"
    if not law.allows_faces:
        return f"jurisdiction {law.name}: nobody may be recognised by face"
    return ""
