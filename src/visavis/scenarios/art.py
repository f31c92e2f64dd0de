"""Drawings of a pack: plain SVG that cannot run, fetch or restyle anything.

Pages serve the files as they are, so what a drawing may hold is a short list of shapes.
"""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

MAX_BYTES = 64 * 1024
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "title",
    ]
)
LOCAL_REFERENCE = re.compile(r"url\(#[\w-]+\)")


def drawing(folder: Path, category: str) -> Path:
    """The file of a category's drawing."""
    return folder / "art" / f"{category}.svg"


def fault(path: Path) -> str | None:
    """What is wrong with a drawing; None when it can be shown."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        return "is missing"
    if len(content) > MAX_BYTES:
        return f"is larger than {MAX_BYTES // 1024} KiB"
    if b"<!" in content.replace(b"<!--", b""):
        return "declares a document type or entities"
    try:
        root = ET.fromstring(content)  # noqa: S314 - small, and without declarations nothing can expand
    except ET.ParseError as error:
        return f"is not XML: {error}"
    if root.tag != f"{SVG}svg" or "viewBox" not in root.attrib:
        return "is not an SVG with a viewBox"
    return next((found for element in root.iter() if (found := _element_fault(element))), None)


def _element_fault(element: ET.Element) -> str | None:
    name = str(element.tag).removeprefix(SVG)
    if name not in ELEMENTS:
        return f"holds <{name[:40]}>, which no drawing needs"
    for attribute, value in element.attrib.items():
        if attribute == "style" or attribute.startswith("on") or "href" in attribute:
            return f"<{name}> has the attribute {attribute[:40]}, which pages do not allow"
        if "url(" in value and not LOCAL_REFERENCE.fullmatch(value.strip()):
            return f"<{name}> refers to something outside the drawing"
    return None
