"""Films of people who do not exist, for measurements: pictures that a simulation drew become a file to replay."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def write_film(
    path: Path, pictures: Iterable[NDArray[np.uint8]], *, fps: int, size: tuple[int, int], key_every: int = 20
) -> int:
    """Encode RGB pictures as H.264, each scaled to (width, height); the number of pictures. Never for camera frames.

    As IP cameras do, no picture refers to a later one, and a key frame comes every `key_every` pictures.
    """
    count = 0
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = key_every
        stream.codec_context.thread_type = "NONE"
        for pixels in pictures:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            picture = picture.reformat(width=size[0], height=size[1], format="yuv420p")
            picture.pts = count
            container.mux(stream.encode(picture))
            count += 1
        container.mux(stream.encode())
    return count
