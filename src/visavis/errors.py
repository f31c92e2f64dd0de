"""Every error that visavis raises.

The docstring of a class is its message and tells the remedy; the argument says where and what was seen.
Neither ever holds a name, a token, an embedding or a key.

    VisavisError
    ├── InputRefused            what came from outside cannot be used
    │   ├── ImageRefused
    │   ├── VideoRefused
    │   ├── CameraRefused
    │   ├── NoFaceFound
    │   ├── SeveralFacesFound
    │   ├── QualityTooLow
    │   ├── ScenarioUnknown
    │   ├── ScenarioInvalid
    │   ├── EventRefused
    │   ├── MappingInvalid
    │   ├── TableInvalid
    │   │   └── TableEmpty
    │   ├── CredentialRefused
    │   ├── FaceAlreadyEnrolled
    │   ├── TooManyRequests
    │   ├── PairingRefused
    │   ├── AddressRefused
    │   ├── PasswordRefused
    │   ├── LoginTaken
    │   ├── LogTooSmall
    │   ├── ModelMoveRefused
    │   └── TooLarge
    │       └── HeadersTooLarge
    ├── ModelError              a model pack cannot be trusted or run
    │   ├── ManifestInvalid
    │   ├── ChecksumMismatch
    │   ├── ModelRefused
    │   ├── ArtefactInvalid
    │   ├── WeightsUnavailable
    │   ├── PolicyUntrained
    │   └── GalleryMismatch
    ├── PrivacyError            a promise to a member would be broken
    │   ├── AgeRefused
    │   ├── ConsentMissing
    │   ├── NoticeOutdated
    │   ├── GuardianMissing
    │   ├── ReleaseMissing
    │   ├── KeyDestroyed
    │   ├── KeyHeld
    │   ├── SealBroken
    │   ├── SignatureInvalid
    │   │   └── AuditBroken
    │   ├── FacesOff
    │   ├── AssessmentIncomplete
    │   └── DeviceRefused
    ├── AccessRefused           who asks may not do this
    │   ├── StaffOnly
    │   ├── SignInRequired
    │   ├── SignInRefused
    │   ├── SignInLocked
    │   ├── NotAllowed
    │   └── LastAdministrator
    ├── NotFound                what was asked for is not here
    │   ├── MemberUnknown
    │   ├── PlacementUnknown
    │   ├── DecisionUnknown
    │   ├── CameraUnknown
    │   ├── HistoriesMissing
    │   ├── TemplateUnknown
    │   ├── DeviceUnknown
    │   ├── ReviewUnknown
    │   ├── ModelUnknown
    │   ├── StaffUnknown
    │   └── ApiKeyUnknown
    ├── LivenessRequired        a picture of a face could have done this
    │   └── LivenessLocked
    ├── Overloaded
    ├── NothingToShow
    ├── CameraUnavailable
    ├── StorageError            the database or the disk
    │   ├── DatabaseUnavailable
    │   ├── DatabaseVersionMismatch
    │   └── StorageFull
    └── SetupError              this installation or this command line
        ├── ExtraMissing
        ├── KeyServiceUnavailable
        ├── KeysInUse
        ├── PassphraseWrong
        ├── PortInUse
        ├── JurisdictionInvalid
        └── SettingInvalid
"""

import inspect
import re


class VisavisError(Exception):
    """Something went wrong in visavis. Run `visavis doctor` to look for the cause."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        message = inspect.cleandoc(type(self).__doc__ or "").replace("\n", " ")
        super().__init__(f"{message} ({detail})" if detail else message)

    @classmethod
    def code(cls) -> str:
        """Stable kebab-case name for HTTP problem types, the command line and translations."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """First sentence of the message; the rest is the remedy."""
        return inspect.cleandoc(cls.__doc__ or "").replace("\n", " ").split(". ")[0].rstrip(".") + "."


class InputRefused(VisavisError):
    """What was sent cannot be used. Correct it and send it again."""


class ImageRefused(InputRefused):
    """The image cannot be read. Send one JPEG, PNG or WebP of at most 8 MB and 25 megapixels."""


class VideoRefused(InputRefused):
    """The video cannot be read. Check that the file is complete and that its codec is a common one."""


class CameraRefused(InputRefused):
    """The camera cannot be added like this. Give NAME=ADDRESS@PLACEMENT, such as door=rtsp://10.0.0.7/live@entrance."""


class NoFaceFound(InputRefused):
    """No face was found. Look into the camera from arm's length, with light on the face."""


class SeveralFacesFound(InputRefused):
    """More than one face was found where exactly one is needed. Step in front of the camera alone."""


class QualityTooLow(InputRefused):
    """The face is too small, dark, blurred or turned away to enrol. Come closer and face the light."""


class ScenarioUnknown(InputRefused):
    """No scenario pack has this name. `visavis scenarios list` shows those that are installed."""


class ScenarioInvalid(InputRefused):
    """The scenario pack breaks a rule. Correct the named line and run `visavis scenarios check` again."""


class EventRefused(InputRefused):
    """The event is not valid. Check its type, time and ids against the scenario's list of events."""


class MappingInvalid(InputRefused):
    """The mapping file breaks a rule. Correct the named line and run the import again."""


class TableInvalid(InputRefused):
    """The table cannot be used. Correct the named row and column and give the file again."""


class LogTooSmall(InputRefused):
    """The log holds too little to learn from. Wait for more decisions, or read more days."""


class TableEmpty(TableInvalid):
    """The table has no rows. Give a file with a header and at least one row below it."""


class CredentialRefused(InputRefused):
    """The code was not accepted. Check it and try again in a moment."""


class FaceAlreadyEnrolled(InputRefused):
    """This face already belongs to a member. Use the card or the PIN, or send allow_duplicate to join all the same."""


class PasswordRefused(InputRefused):
    """This password is too easy to guess. Take at least 12 characters; login, site and known words do not count."""


class LoginTaken(InputRefused):
    """Somebody has this login already. Choose another, or reset theirs with `visavis staff reset`."""


class ModelMoveRefused(InputRefused):
    """The model cannot go there from where it stands. `visavis models list` shows where each one stands."""


class ContextInvalid(InputRefused):
    """A number that a policy should decide with or learn from is not finite. Leave the row out, or give what it is."""


class TooManyRequests(InputRefused):
    """Too many requests came from here. Wait a minute and ask again more slowly."""

    def __init__(self, detail: str = "", *, retry_after_s: int = 60) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class PairingRefused(InputRefused):
    """The pairing code was not accepted. Make a new one with `visavis devices pair`; it holds for ten minutes."""


class AddressRefused(InputRefused):
    """The address may not be used. Give the https address of a server on the internet, without a password."""


class TooLarge(InputRefused):
    """More came than this route takes. Send less in one request."""


class HeadersTooLarge(TooLarge):
    """The request has too many or too long headers. Send those alone that the documentation names."""


class Overloaded(VisavisError):
    """Too much arrives at once. Ask again in a moment."""


class ModelError(VisavisError):
    """A model pack cannot be used. `visavis packs verify` shows what is wrong with each."""


class ManifestInvalid(ModelError):
    """The pack's manifest breaks a rule. Correct the named field, or add the pack again."""


class ChecksumMismatch(ModelError):
    """A model file is not the one that its manifest names. Delete the pack and build or pull it again."""


class ModelRefused(ModelError):
    """The file is not an ONNX model with the declared inputs and outputs. Give the ONNX file itself."""


class ArtefactInvalid(ModelError):
    """The stored model is damaged, or this site did not sign it: it is not loaded. Train it again, or roll back."""


class WeightsUnavailable(ModelError):
    """The default face pack's weights are missing. Run `pip install mtcnn==1.0.0 face_recognition_models==0.3.0`."""


class PolicyUntrained(ModelError):
    """This policy works with a trained model, and there is none. Train and promote it first, or name another policy."""


class GalleryMismatch(ModelError):
    """The template was made by another model. Enrol the member again with the pack that is loaded now."""


class PrivacyError(VisavisError):
    """A promise to a member would have been broken, so nothing was done."""


class ConsentMissing(PrivacyError):
    """There is no live consent for this purpose. Ask the person at the kiosk; without it nothing happens."""


class NoticeOutdated(ConsentMissing):
    """The notice has changed since consent was given. Show the new notice and ask again."""


class AgeRefused(PrivacyError):
    """Membership starts at a higher age here; no guardian can consent instead. Come back when you have reached it."""


class GuardianMissing(ConsentMissing):
    """Somebody of this age needs a parent or guardian who consents. Ask them to come along, to read and to sign."""


class ReleaseMissing(ConsentMissing):
    """The law here asks for a signature before the first picture. Sign with your name, or join without your face."""


class KeyDestroyed(PrivacyError):
    """The member's key was destroyed when consent was withdrawn. The data cannot be brought back; enrol anew."""


class KeyHeld(PrivacyError):
    """Only the member can open this. Show the member card; without it this person enrols again."""


class SealBroken(PrivacyError):
    """The stored ciphertext does not open with this key. The key file and the database belong to different sites."""


class SignatureInvalid(PrivacyError):
    """The signature does not fit the document. It was changed, or another site signed it."""


class AuditBroken(SignatureInvalid):
    """The audit log was changed. Keep database and files as they are and run `visavis audit verify` to see where."""


class FacesOff(PrivacyError):
    """Faces are off at this site. The card or the PIN gives the same; `visavis assess status` tells staff why."""


class AssessmentIncomplete(PrivacyError):
    """The impact assessment cannot be signed as it is. Complete what is named and sign again."""


class AccessRefused(VisavisError):
    """Whoever asks may not do this. Sign in as somebody who may."""


class StaffOnly(AccessRefused):
    """This is for staff at this machine. Ask from there without a proxy, or make accounts with `visavis staff add`."""


class SignInRequired(AccessRefused):
    """This is for staff, or for a program with a key. Sign in, or send an API key that is still good."""


class SignInRefused(AccessRefused):
    """Login, password or code is wrong. Check them and try again; an administrator can reset them."""


class SignInLocked(AccessRefused):
    """Too many tries to sign in failed. Wait for the time that is named; `visavis staff reset` opens it at once."""


class NotAllowed(AccessRefused):
    """This role, or this key's scopes, do not allow it. Ask an administrator of the site."""


class LastAdministrator(AccessRefused):
    """Somebody must be left to administer the site. Make another administrator first."""


class DeviceRefused(PrivacyError):
    """This device is not paired with the placement. Make a code with `visavis devices pair` and type it on the page."""


class LivenessRequired(VisavisError):
    """This needs a liveness check, passed just now by who stands at the camera. Card, PIN or staff serve as well."""


class LivenessLocked(LivenessRequired):
    """Too many liveness checks failed here. Wait for the time that is named; card, PIN or staff serve as well."""


class NotFound(VisavisError):
    """What was asked for is not here. Check the id."""


class MemberUnknown(NotFound):
    """No member was recognised. The card or the code serves as well as the face."""


class PlacementUnknown(NotFound):
    """No placement has this name. The scenario pack lists its placements."""


class DecisionUnknown(NotFound):
    """No decision has this id. It may have been erased with its member."""


class CameraUnknown(NotFound):
    """No camera has this name. The list of cameras shows those that run."""


class HistoriesMissing(NotFound):
    """The pack does not say what its members did. Add `histories:` to its simulator.yaml, or simulate another pack."""


class TemplateUnknown(NotFound):
    """The member has no template with this id. The list of templates shows those that there are."""


class DeviceUnknown(NotFound):
    """No device has this id. `visavis devices list` shows those that are paired."""


class ReviewUnknown(NotFound):
    """No review with this id is open. It was answered, has expired, or went with its member."""


class ModelUnknown(NotFound):
    """There is no such model. `visavis models list` shows those that there are."""


class StaffUnknown(NotFound):
    """Nobody of the staff has this login. `visavis staff list` shows who does."""


class ApiKeyUnknown(NotFound):
    """No API key has this prefix. `visavis api-keys list` shows those that there are."""


class CameraUnavailable(VisavisError):
    """The camera gives no pictures. Check its power, network, address and password; visavis keeps trying."""


class NothingToShow(VisavisError):
    """No item may be shown here and now. Give the placement a public house item without caps."""


class StorageError(VisavisError):
    """The database refused the work. Nothing was half-written; try again."""


class DatabaseUnavailable(StorageError):
    """The database does not answer. Start it, or check --database-url; `visavis doctor` tells which."""


class DatabaseVersionMismatch(StorageError):
    """The database was written by another version. Run `visavis migrate`, or install the newer visavis."""


class StorageFull(StorageError):
    """The disk is full. Free some space and start again; what was acknowledged is safe."""


class SetupError(VisavisError):
    """This installation cannot do that. `visavis doctor` explains what is missing."""


class ExtraMissing(SetupError):
    """An optional part is not installed. Install the named extra with pip."""


class KeyServiceUnavailable(SetupError):
    """The service that keeps the site key refuses or does not answer. Do what is named, then start again."""


class KeysInUse(SetupError):
    """Another program uses the keys of this site. Stop `visavis serve` and what else runs here, then try again."""


class PassphraseWrong(SetupError):
    """The site key does not open with this passphrase. Give the one that it was encrypted with; nobody else has it."""


class PortInUse(SetupError):
    """Another program uses this port. Choose another with --port, or 0 for any free one."""


class SettingInvalid(SetupError):
    """A setting has a value that cannot be used. Correct it; `visavis serve --help` shows the settings."""


class JurisdictionInvalid(SettingInvalid):
    """The jurisdiction's profile cannot be used. Name one that there is, or correct the named line of the file."""
