"""Uploaded pictures: bounded before they are read, decoded in a thread."""

import asyncio
from typing import Annotated, Any

from fastapi import File, UploadFile
from pydantic import ConfigDict

from visavis.errors import ImageRefused
from visavis.perception.decode import MAX_BYTES, decode_image
from visavis.server.site import Site
from visavis.types import Frame

Picture = Annotated[UploadFile, File(description="One JPEG, PNG or WebP of at most 8 MB and 25 megapixels.")]


async def read_bounded(upload: UploadFile) -> bytes:
    """An upload's bytes; refuses before it reads more than the limit."""
    data = await upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"more than {MAX_BYTES // 1_000_000} MB")
    return data


async def frame_of(site: Site, upload: UploadFile) -> Frame:
    """An upload as a picture that was taken now; never written to disk."""
    pixels = await asyncio.to_thread(decode_image, await read_bounded(upload))
    return site.frame(pixels, source="upload")


def example(value: dict[str, Any]) -> ConfigDict:
    """The `model_config` of a body: its example in the OpenAPI document, and no field that nobody declared."""
    return ConfigDict(json_schema_extra={"examples": [value]}, extra="forbid")
