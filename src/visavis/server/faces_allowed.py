"""Whether faces may be used at this site: the one place that says so, asked at every start.

Card and PIN never ask here.
"""

from dataclasses import dataclass
from enum import StrEnum

from visavis.config import Settings
from visavis.privacy.assessment.signing import Standing
from visavis.privacy.jurisdiction import Jurisdiction

SHOWN = 5  # differences that a message names


class FaceUse(StrEnum):
    """On, or the first reason why not."""

    ON = "on"
    SWITCHED_OFF = "switched_off"  # the setting `face`
    JURISDICTION = "jurisdiction"  # the law of the place allows none
    NO_ASSESSMENT = "no_assessment"  # nobody has signed one that is valid here
    STALE_ASSESSMENT = "stale_assessment"  # it describes another configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesAllowed:
    """The answer, which holds for the life of the process."""

    use: FaceUse
    detail: str = ""  # what staff should know

    @property
    def on(self) -> bool:
        return self.use is FaceUse.ON

    @property
    def reason(self) -> str:
        """Code and detail in one line."""
        return f"{self.use.value}: {self.detail}" if self.detail else self.use.value


def faces_allowed(settings: Settings, law: Jurisdiction, standing: Standing) -> FacesAllowed:
    """Switch, law, then the assessment; a demonstration needs none."""
    if not settings.face:
        return FacesAllowed(use=FaceUse.SWITCHED_OFF, detail="setting face")
    if not law.allows_faces:
        return FacesAllowed(use=FaceUse.JURISDICTION, detail=f"{law.name}: nobody may be recognised by face")
    if settings.demonstration:
        return FacesAllowed(use=FaceUse.ON, detail="demonstration")
    match standing.trouble:
        case "":
            return FacesAllowed(use=FaceUse.ON)
        case "changed":
            return FacesAllowed(use=FaceUse.STALE_ASSESSMENT, detail=_named(standing.changed))
        case "missing":
            return FacesAllowed(use=FaceUse.NO_ASSESSMENT)
        case "demonstration":
            return FacesAllowed(use=FaceUse.NO_ASSESSMENT, detail="the one that is there is a demonstration's")
        case "invalid":
            return FacesAllowed(use=FaceUse.NO_ASSESSMENT, detail="its signature does not fit this site")


def _named(changes: tuple[str, ...]) -> str:
    more = f"; {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
    return "; ".join(changes[:SHOWN]) + more
