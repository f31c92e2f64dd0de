"""A record refuses to exist in a wrong shape."""

from datetime import UTC, datetime
from typing import Any

from numpy.typing import NDArray


def aware(name: str, value: datetime | None) -> None:
    """Raises ValueError for a time that is not aware UTC."""
    if value is not None and value.utcoffset() != UTC.utcoffset(None):
        raise ValueError(f"{name} must be an aware UTC time, got {value!r}")


def unit_interval(name: str, value: float) -> None:
    """Raises ValueError outside [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be in [0, 1], got {value}")


def shaped(name: str, array: NDArray[Any], shape: tuple[int | None, ...], dtype: type) -> None:
    """Raises ValueError for another shape or type; None is any length."""
    fits = len(array.shape) == len(shape) and all(w in (None, g) for w, g in zip(shape, array.shape, strict=True))
    if not fits or array.dtype != dtype:
        raise ValueError(f"{name} must be {dtype.__name__} of shape {shape}, got {array.dtype} of {array.shape}")
