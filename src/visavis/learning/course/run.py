"""A course: one network or several, epoch by epoch, with a checkpoint after each. Killed, it goes on where it was."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from visavis.errors import SettingInvalid
from visavis.learning.course.checkpoint import read_state, write_state
from visavis.learning.course.epoch import Epoch, best_epoch

FORMAT = 1
Progress = Callable[[str, float], None]


class Learned(Protocol):
    """What a course can train."""

    name: str
    history: list[Epoch]

    @property
    def identity(self) -> Mapping[str, Any]:
        """What must be the same when it goes on: network, recipe, data."""
        ...

    @property
    def epochs(self) -> int:
        """At most so many."""
        ...

    @property
    def patience(self) -> int:
        """Epochs without a smaller validation loss after which it stops."""
        ...

    def epoch(self, told: Callable[[float], None]) -> Epoch:
        """Learn from everything once."""
        ...

    def state(self) -> dict[str, Any]:
        """Tensors, numbers and texts."""
        ...

    def load(self, state: Mapping[str, Any]) -> None:
        """Stand where that state was taken."""
        ...


def run(
    networks: Sequence[Learned],
    *,
    checkpoint: Path | None = None,
    told: Callable[[str, Epoch], None] = lambda _name, _epoch: None,
    progress: Progress = lambda _step, _share: None,
) -> None:
    """Train all of them side by side until each is done or gets no better any more.

    The sum of their losses is made smaller by a step of each: they share no weights, so that its gradient is theirs.

    Args:
        networks: as they stand, fresh or from a checkpoint.
        checkpoint: written after each epoch of each network.
        told: called with each epoch as it ends.
        progress: told of the share of all epochs that is done.
    """
    while waiting := [one for one in networks if not finished(one)]:
        behind = min(waiting, key=lambda one: len(one.history))

        def share(of_epoch: float, one: Learned = behind) -> None:
            progress(f"training {one.name}", (len(one.history) + of_epoch) / one.epochs)

        line = behind.epoch(share)
        if checkpoint is not None:
            kept = {one.name: {"identity": dict(one.identity), **one.state()} for one in networks}
            write_state(checkpoint, {"format": FORMAT, "networks": kept})
        told(behind.name, line)


def finished(one: Learned) -> bool:
    """Whether its epochs are done, or its patience is."""
    done = len(one.history)
    return done >= one.epochs or (done > 0 and done - best_epoch(one.history).number >= one.patience)


def resume(networks: Sequence[Learned], checkpoint: Path) -> None:
    """Let each stand where the checkpoint stood.

    Raises:
        SettingInvalid: there is none, it cannot be read, or it is of other networks, recipes or data.
    """
    kept = read_state(checkpoint, "format", "networks")["networks"]
    if not isinstance(kept, dict) or kept.keys() != {one.name for one in networks}:
        raise SettingInvalid(f"--resume: {checkpoint} was begun with other networks")
    for one in networks:
        try:
            was, now = kept[one.name]["identity"], one.identity
            other = sorted(name for name in now if was.get(name) != now[name])
            if other:
                raise SettingInvalid(f"--resume: {checkpoint}: {one.name} was begun with another {', '.join(other)}")
            one.load(kept[one.name])
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as failure:
            raise SettingInvalid(f"--resume: {checkpoint}: not a checkpoint of this version") from failure
