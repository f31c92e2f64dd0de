"""What holds for every consent of a site, from its settings and its profile of the law."""

from visavis.config import Settings
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.receipts import Terms
from visavis.privacy.retention import Category, schedule
from visavis.types import Scenario


def terms_of(settings: Settings, scenario: Scenario) -> Terms:
    """Raises JurisdictionInvalid."""
    law = load_jurisdiction(settings.jurisdiction)
    rules = schedule(law, scenario)
    return Terms(
        contact=settings.contact,
        jurisdiction=law.name,
        biometric_days=rules[Category.BIOMETRIC].days or 0,
        event_days=rules[Category.EVENT].days or 0,
    )
