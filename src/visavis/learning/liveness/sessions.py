"""Recorded challenges: what a person, or an instrument, showed while the challenge ran; judged again as it was then."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from visavis.errors import InputRefused
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.perception.liveness.follow import Follower
from visavis.perception.liveness.head import HeadChallenge, Pose
from visavis.perception.liveness.light import Sample, Shown, judge, measure
from visavis.perception.liveness.verdict import Verdict
from visavis.perception.observe import Observer
from visavis.perception.video import read_video
from visavis.types import Face, Frame

SESSION_FILE = "session.json"
MAX_SESSION_BYTES = 2**20

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]  # beside session.json
Seconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(_Part):
    """One frame."""

    file: FileName
    at_s: Seconds


class Colour(_Part):
    """What the screen was asked to show."""

    at_s: Seconds
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]

    def shown(self, began: datetime) -> Shown:
        """As the judge takes it."""
        red, green, blue = bytes.fromhex(self.colour[1:])
        return Shown(at=began + timedelta(seconds=self.at_s), colour=(red, green, blue))


class Session(_Part):
    """session.json: one challenge. Times are seconds from the first frame, and never fall."""

    format: Literal[1]
    challenge: Literal["head", "light"]
    steps: Annotated[tuple[Pose, ...], Field(max_length=20)] = ()
    shown: Annotated[tuple[Colour, ...], Field(max_length=100)] = ()
    frames: Annotated[tuple[Picture, ...], Field(max_length=5_000)] = ()
    video: FileName | None = None

    @model_validator(mode="after")
    def _holds_what_it_needs(self) -> "Session":
        if (self.challenge == "head") != bool(self.steps) or (self.challenge == "light") != bool(self.shown):
            raise ValueError("a head challenge has steps, a light challenge has shown")
        if bool(self.frames) == (self.video is not None):
            raise ValueError("give either frames or video")
        for times in ([one.at_s for one in self.frames], [one.at_s for one in self.shown]):
            if any(later < earlier for earlier, later in pairwise(times)):
                raise ValueError("times fall")
        return self


def read_session(folder: Path) -> Session:
    """The description of one recorded challenge.

    Raises:
        InputRefused: it is missing, too large, or breaks a rule; names the first place.
    """
    try:
        with (folder / SESSION_FILE).open("rb") as file:
            content = file.read(MAX_SESSION_BYTES + 1)
        if len(content) > MAX_SESSION_BYTES:
            raise InputRefused(f"{folder.name}/{SESSION_FILE} is larger than {MAX_SESSION_BYTES} bytes")
        return Session.model_validate_json(content)
    except OSError as failure:
        raise InputRefused(f"{folder.name}/{SESSION_FILE} cannot be read: {failure.strerror}") from failure
    except ValidationError as failure:
        first = failure.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise InputRefused(f"{folder.name}/{SESSION_FILE}: {place}: {first['msg']}") from failure


def write_session(folder: Path, session: Session) -> None:
    """The description, for people who record their own."""
    document = session.model_dump(mode="json", exclude_defaults=True)
    (folder / SESSION_FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def judge_session(folder: Path, observer: Observer, *, began: datetime) -> tuple[str, Verdict]:
    """The challenge, and what the edge would have said: undecided is neither.

    Raises:
        InputRefused: the description or a picture cannot be used.
    """
    session = read_session(folder)
    seen = ((frame, observer.observe(frame)) for frame in _frames(folder, session, began))
    if session.challenge == "head":
        return "head", judge_head(session.steps, seen)
    return "light", judge_light([colour.shown(began) for colour in session.shown], seen)


Seen = Iterator[tuple[Frame, tuple[Face, ...]]]
"""Frames and their faces, in order."""


def judge_head(steps: Sequence[Pose], seen: Seen) -> Verdict:
    """Whether the poses were shown; a recording that stops before is a failure."""
    challenge, follower = HeadChallenge(steps=tuple(steps)), Follower()
    for frame, faces in seen:
        height, width = frame.pixels.shape[:2]
        verdict = challenge.see(follower.see(faces, frame.captured_at), (height, width))
        if verdict is not Verdict.PENDING:
            return verdict
    return Verdict.FAILED


def judge_light(shown: Sequence[Shown], seen: Seen) -> Verdict:
    """Whether the face followed the colours; whoever was lost meanwhile has failed."""
    follower, samples = Follower(), []
    for frame, faces in seen:
        glimpse = follower.see(faces, frame.captured_at)
        if glimpse.lost:
            return Verdict.FAILED
        light = measure(frame.pixels, glimpse.face) if glimpse.face is not None else None
        if light is not None:
            samples.append(Sample(at=frame.captured_at, face=light[0], beside=light[1]))
    return judge(samples, shown)


def _frames(folder: Path, session: Session, began: datetime) -> Iterator[Frame]:
    if session.video is not None:
        yield from read_video(folder / session.video, source=folder.name, clock_start=began)
    for picture in session.frames:
        yield Frame(
            pixels=decode_image(_bytes(folder / picture.file)),
            source=folder.name,
            captured_at=began + timedelta(seconds=picture.at_s),
        )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as failure:
        raise InputRefused(f"{path.parent.name}/{path.name} cannot be read: {failure.strerror}") from failure
