"""Frames of a video file, one after another."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import av
import av.error
import av.logging

from visavis.errors import VideoRefused
from visavis.types import Frame

MAX_SIDE = 4096


def read_video(path: Path, *, source: str, starts_at: datetime, max_fps: float = 10.0) -> Iterator[Frame]:
    """Frames in order, at most so many a second of the video's own time.

    Args:
        path: File with at least one video stream.
        source: Name for the frames.
        starts_at: Time of the first frame; later ones follow the video's clock.
        max_fps: Frames above this rate are skipped.

    Raises:
        VideoRefused: Not a video, too large, or it ends in the middle of a frame: then after the last good one.
    """
    av.logging.set_level(av.logging.PANIC)  # libav would print to stderr
    seen = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise VideoRefused("it holds no picture")
            stream = container.streams.video[0]
            if max(stream.width, stream.height) > MAX_SIDE:
                raise VideoRefused(f"{stream.width} x {stream.height} pixels")
            due = 0.0
            for picture in container.decode(stream):
                time_s = float(picture.time or 0.0)
                if time_s + 1e-6 < due:
                    continue
                due = time_s + 1 / max_fps
                seen += 1
                yield Frame(
                    pixels=picture.to_ndarray(format="rgb24"),
                    source=source,
                    captured_at=starts_at + timedelta(seconds=time_s),
                )
    except av.error.FFmpegError as error:
        place = f"it breaks off after frame {seen}" if seen else "it is not a video"
        raise VideoRefused(f"{place}: {error.strerror}") from None
    except OSError as error:
        raise VideoRefused(f"{path.name}: {error.strerror}") from None
    if not seen:
        raise VideoRefused("it holds no frame")
