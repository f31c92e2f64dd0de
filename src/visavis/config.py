"""Settings; read by server and cli alone. Every setting is also an environment variable `VISAVIS_<NAME>`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from visavis.types import Role

Minutes = Annotated[int, Field(ge=1, le=1440)]
Hours = Annotated[int, Field(ge=1, le=168)]


class Kept(StrEnum):
    """How the root key of a site rests while nothing runs."""

    FILE = "file"  # as it is, for its owner alone
    AGE = "age"  # encrypted with a passphrase
    VAULT = "vault"  # encrypted by HashiCorp Vault
    KMS = "kms"  # encrypted by AWS KMS


class Protection(StrEnum):
    """What a template at a site needs to be opened; each level needs more than the one before."""

    L0 = "L0"  # the site key
    L1 = "L1"  # and a number of the member's own, which withdrawal destroys in every backup
    L2 = "L2"  # and the member's card: compared 1:1 when it is shown, never searched


class Settings(BaseSettings):
    """What an operator can set; the defaults run everything on one machine."""

    model_config = SettingsConfigDict(env_prefix="VISAVIS_", extra="ignore", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: user_data_path("visavis"), description="Database and site key live here."
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("visavis"), description="Model packs live here; it can be deleted."
    )
    database_url: str | None = Field(
        default=None, description="PostgreSQL 16 or newer; without it an embedded server runs in data_dir."
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; beyond loopback only once an administrator has an account.",
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    protection: Protection = Field(
        default=Protection.L1,
        description="What opens a template: L0 the site key; L1 a member's key too; L2 the member's card too (1:1).",
    )
    site_key: Kept = Field(
        default=Kept.FILE,
        description="How the site key rests: file, age, vault, kms; `visavis keys move` changes it.",
    )
    site_key_passphrase_file: Path | None = Field(
        default=None,
        description="For age: file (or `/dev/fd/3`) with the passphrase; or set VISAVIS_SITE_KEY_PASSPHRASE.",
    )
    vault_url: str | None = Field(default=None, description="For vault: where HashiCorp Vault is, such as https://….")
    vault_key: str = Field(default="transit/visavis", description="For vault: mount and name of its transit key.")
    vault_token_file: Path | None = Field(
        default=None, description="For vault: file with the token; or set VISAVIS_VAULT_TOKEN."
    )
    vault_ca_file: Path | None = Field(default=None, description="For vault: certificates to trust, in PEM.")
    kms_key: str = Field(default="alias/visavis", description="For kms: id, ARN or alias of a symmetric key.")
    names: tuple[str, ...] = Field(
        default=(),
        description="Names by which browsers reach this site, beside loopback and the host, as a JSON list: "
        '`["kiosk.example"]`.',
    )
    tls_certificate: Path | None = Field(default=None, description="Certificate chain (PEM) to speak TLS with.")
    tls_key: Path | None = Field(default=None, description="Its private key (PEM).")
    site: str = Field(default="site-1", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name of this site.")
    scenario: str = Field(default="retail", description="Scenario pack, by name or folder.")
    face_pack: str | None = Field(default=None, description="Model pack, by name or folder; the default one is built.")
    false_match_rate: float = Field(
        default=0.001, gt=0, lt=0.5, description="How often a stranger may be taken for some member (FPIR)."
    )
    review: Literal["off", "standard", "strict"] = Field(
        default="off",
        description="Matches that wait for staff: none; doubtful ones; and each member's first one.",
    )
    min_face_px: int = Field(default=60, ge=20, le=1000, description="Smallest face that is looked at, in pixels.")
    show_s: float = Field(default=20.0, ge=1, le=600, description="How long a screen shows one decision, in seconds.")
    cameras: tuple[str, ...] = Field(
        default=(),
        repr=False,  # addresses may hold passwords
        description='Cameras as a JSON list of NAME=ADDRESS@PLACEMENT: `["door=rtsp://10.0.0.7/live@entrance"]`.',
    )
    camera_fps: float = Field(
        default=5.0, ge=0.1, le=60, description="Frames a second of each camera that are looked at, at most."
    )
    camera_every: int = Field(
        default=1, ge=1, le=100, description="Of a camera's pictures only every k-th is looked at."
    )
    camera_loop: bool = Field(default=False, description="A camera that is a video file begins again at its end.")
    pairing: Literal["off", "required"] | None = Field(
        default=None,
        description="Whether kiosks and screens must be paired; without it, as soon as staff has accounts or the site"
        " listens beyond this machine.",
    )
    camera_hosts: tuple[str, ...] = Field(
        default=(),
        description='Hosts and networks where cameras may be, as a JSON list: `["10.20.0.0/16"]`; without it all but'
        " link-local ones.",
    )
    outside_allowed: tuple[str, ...] = Field(
        default=(),
        description='Private networks that packs may be pulled from and hooks may lie in: `["10.30.0.0/16"]`.',
    )
    liveness: str = Field(
        default="pack",
        pattern="^(pack|active|either|both)$",
        description="Liveness check asked at kiosks for all that a face opens, where the scenario asks for less.",
    )
    attended: tuple[str, ...] = Field(
        default=(), description='Placements where staff look on, so that no liveness check is asked: `["desk"]`.'
    )
    jurisdiction: str = Field(
        default="default",
        description="Profile of the law here: CN, EU, UK, US-IL, CA, AU, default or a file.",
    )
    face: bool = Field(default=True, description="Whether faces may be used here at all; card and PIN always serve.")
    demonstration: bool = Field(
        default=False, description="Not for real members: faces are on without a signed impact assessment."
    )
    contact_role: str = Field(default="", max_length=100, description="Whom to call about personal data: their role.")
    contact_phone: str = Field(default="", max_length=60, description="Their telephone number.")
    contact_email: str = Field(default="", max_length=200, description="Their e-mail address.")
    staff_sessions: dict[Role, tuple[Minutes, Hours]] = Field(
        default={},
        description="Minutes idle and hours in all after which staff signs in again, by role; otherwise 15 and 8: "
        '`{"operator": [60, 12]}`.',
    )
    seed: int | None = Field(default=None, description="Seed of the policy's draws; without it, the machine's entropy.")
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="Least level that is logged."
    )

    @property
    def packs_dir(self) -> Path:
        """Folder of model packs."""
        return self.cache_dir / "packs"

    @property
    def site_key_file(self) -> Path:
        """The key that everything personal at this site hangs on."""
        return self.data_dir / "site.key"

    @property
    def erasures_file(self) -> Path:
        """Who must not come back when an older database does."""
        return self.data_dir / "erased.jsonl"

    @property
    def checkpoints_file(self) -> Path:
        """How the audit logs stood when the site signed them; outside the database: no restore takes it back."""
        return self.data_dir / "checkpoints.jsonl"

    @property
    def assessment_file(self) -> Path:
        """The signed impact assessment; without it faces stay off."""
        return self.data_dir / "assessment.json"

    @property
    def contact(self) -> str:
        """Whom to call, in one line; empty when nobody is named."""
        ways = " ".join(way for way in (self.contact_phone, self.contact_email) if way)
        return ", ".join(part for part in (self.contact_role, ways) if part)
