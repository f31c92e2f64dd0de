"""What holds for every consent of a site, from its settings and its profile of the law."""

from visavis.config import Settings
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.receipts import Terms
from visavis.types import Scenario


def terms_of(settings: Settings, scenario: Scenario) -> Terms:
    """Raises JurisdictionInvalid."""
    law = load_jurisdiction(settings.jurisdiction)
    kept = scenario.retention_days
    return Terms(
        contact=settings.contact,
        jurisdiction=law.name,
        biometric_days=law.days("biometric", kept.get("biometric")),
        event_days=law.days("event", kept.get("event")),
    )
