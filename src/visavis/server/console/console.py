from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Board:
    scenario: Any
    site: str
    frames: int
    faces: int
    recognised: int
    decided: int
    shown: int
    reacted: int
    curve: Any
    recent: Any


Row = None


def mount_console(app, board):
    pass
