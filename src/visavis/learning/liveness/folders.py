"""A folder with one folder an instrument, and one of live people: pictures, clips and recorded challenges."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from visavis.errors import ImageRefused, InputRefused
from visavis.learning.liveness.report import LIVE, Report, of_scores, of_verdicts, threshold_at
from visavis.learning.liveness.sessions import SESSION_FILE, judge_session
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.perception.liveness.scorer import VOTES, LiveScorer
from visavis.perception.liveness.verdict import Verdict
from visavis.perception.observe import Observer
from visavis.perception.video import read_video
from visavis.types import Frame

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
CLIPS = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".gif")
CLIP_FPS = 3.0

Progress = Callable[[str, float], None]
"""Called with the name of a step and the share of it that is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentations:
    """Everything that a folder holds, by instrument and "live"."""

    singles: tuple[tuple[str, Path], ...]  # pictures and clips
    sessions: tuple[tuple[str, Path], ...]  # folders with session.json


def read_presentations(root: Path) -> Presentations:
    """List what there is; nothing is opened.

    Raises:
        InputRefused: no folder, or nothing in it that can be judged.
    """
    if not root.is_dir():
        raise InputRefused(f"{root} is no folder")
    singles, sessions = [], []
    for instrument in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in sorted(instrument.iterdir()):
            if path.suffix.lower() in PICTURES + CLIPS:
                singles.append((instrument.name, path))
            elif (path / SESSION_FILE).is_file():
                sessions.append((instrument.name, path))
    if not singles and not sessions:
        raise InputRefused(
            f"{root}: put pictures, clips or recorded challenges into {LIVE}/ and into one folder an instrument"
        )
    return Presentations(singles=tuple(singles), sessions=tuple(sessions))


def evaluate_folder(
    found: Presentations, observer: Observer, scorer: LiveScorer | None, *, now: datetime, progress: Progress
) -> tuple[Report, ...]:
    """A report of the model, at its threshold and at a BPCER of 5 %, and one of each kind of challenge.

    Args:
        found: what is judged.
        observer: finds the faces.
        scorer: the pack's model; only pictures and clips need it.
        now: stamped on the frames.
        progress: told of the share done.

    Raises:
        InputRefused: a file cannot be read, or there are pictures and no model.
    """
    reports = []
    if found.singles:
        if scorer is None:
            raise InputRefused("this pack has no model of liveness, and pictures need one: name another with --pack")
        reports += _of_model(_scores(found.singles, observer, scorer, now, progress), scorer.threshold)
    verdicts: dict[str, dict[str, list[Verdict]]] = defaultdict(lambda: defaultdict(list))
    for number, (instrument, folder) in enumerate(found.sessions):
        challenge, verdict = judge_session(folder, observer, began=now)
        verdicts[challenge][instrument].append(verdict)
        progress("judging challenges", (number + 1) / len(found.sessions))
    return (*reports, *(of_verdicts(challenge, verdicts[challenge]) for challenge in sorted(verdicts)))


Scores = dict[str, list[float | None]]


def _of_model(scores: Scores, threshold: float) -> list[Report]:
    at_five = threshold_at(scores.get(LIVE, ()))
    return [of_scores(scores, threshold), *([of_scores(scores, at_five)] if at_five is not None else [])]


def _scores(
    singles: Sequence[tuple[str, Path]], observer: Observer, scorer: LiveScorer, now: datetime, progress: Progress
) -> Scores:
    scores: Scores = defaultdict(list)
    for number, (instrument, path) in enumerate(singles):
        scores[instrument].append(_score(_frames(path, now), observer, scorer))
        progress("judging pictures", (number + 1) / len(singles))
    return dict(scores)


def _score(frames: Sequence[Frame], observer: Observer, scorer: LiveScorer) -> float | None:
    """Median over the frames in which there is a face; None where there is none."""
    votes = []
    for frame in frames:
        faces = observer.observe(frame)
        if faces:
            votes.append(float(scorer.live_scores(frame.pixels, faces[0].box[None])[0]))
    return float(np.median(votes)) if votes else None


def _frames(path: Path, now: datetime) -> list[Frame]:
    if path.suffix.lower() in CLIPS:
        clip = read_video(path, source=path.name, clock_start=now, max_fps=CLIP_FPS)
        return [frame for frame, _ in zip(clip, range(VOTES), strict=False)]
    try:
        with path.open("rb") as file:
            pixels = decode_image(file.read(MAX_BYTES + 1))
    except OSError as failure:
        raise InputRefused(f"{path} cannot be read: {failure.strerror}") from failure
    except ImageRefused as refused:
        raise InputRefused(f"{path}: {refused.detail}") from None
    return [Frame(pixels=pixels, source=path.name, captured_at=now)]
