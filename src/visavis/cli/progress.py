"""Progress of long work, where a person looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from visavis.cli.messages import say


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A function (step, share of it done in [0, 1]); on no terminal, one line a step."""
    if not console.is_terminal:
        named: set[str] = set()

        def line(step: str, _share: float) -> None:
            if step not in named:
                named.add(step)
                console.print(f"{say(step)} …", highlight=False)

        yield line
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bars:
        tasks: dict[str, int] = {}

        def bar(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(say(step), total=1.0)
            bars.update(tasks[step], completed=share)  # type: ignore[arg-type]  # TaskID is a NewType of int

        yield bar
