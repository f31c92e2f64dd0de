"""A run on disk, written whole or not at all."""

import errno
import os
import pickle
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import torch

from visavis.errors import SettingInvalid, StorageFull


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Tensors, numbers and texts into a file; an older one is replaced in one move.

    Raises:
        StorageFull: the disk is full; the older file is still whole.
        SettingInvalid: the file cannot be written.
    """
    content = BytesIO()
    torch.save(dict(state), content)
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            try:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
    except OSError as failure:
        if failure.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(f"while {path} was written") from failure
        raise SettingInvalid(f"{path}: {failure.strerror}") from failure


def read_state(path: Path, *fields: str) -> dict[str, Any]:
    """What was written, if it has these fields; no code of the file runs.

    Raises:
        SettingInvalid: there is none, or it cannot be read.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of what an odd file may be
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as failure:
        raise SettingInvalid(f"--resume: {path}: {failure.strerror}") from failure
    except (RuntimeError, KeyError, TypeError, EOFError, ValueError, pickle.UnpicklingError) as failure:
        raise SettingInvalid(f"--resume: {path}: not a checkpoint of this version") from failure
    if not isinstance(state, dict) or any(name not in state for name in fields):
        raise SettingInvalid(f"--resume: {path}: not a checkpoint of this version")
    return state


def check_place(out: Path, name: str, *, resume: bool) -> Path:
    """The checkpoint's path in a folder that is made where it is missing; resume: it must be there, else it must not.

    Raises:
        SettingInvalid: the folder cannot be used, or it is otherwise.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingInvalid(f"--out: {out}: {failure.strerror}") from failure
    checkpoint = out / name
    if resume and not checkpoint.is_file():
        raise SettingInvalid(f"--resume: there is no {checkpoint}")
    if checkpoint.exists() and not resume:
        raise SettingInvalid(f"--out: {checkpoint} is there; --resume goes on with it")
    return checkpoint
