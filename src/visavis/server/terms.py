"""What a site tells of itself: what holds for every consent, and where data can rest; from its settings."""

from visavis.config import Settings
from visavis.privacy.jurisdiction import load_jurisdiction
from visavis.privacy.receipts import Terms
from visavis.privacy.register import Place, places
from visavis.privacy.retention import Category, schedule
from visavis.storage.where import where
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


def places_of(settings: Settings) -> tuple[Place, ...]:
    """The register of this site; raises SettingInvalid."""
    return places(
        database=where(settings.database_url, settings.data_dir),
        data_dir=settings.data_dir,
        cache_dir=settings.cache_dir,
    )
