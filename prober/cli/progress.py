"""What long work shows of itself: a line on a terminal that goes away, nothing elsewhere."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

EVERY = 1_000  # how many go by between two words about them


@contextmanager
def working(title: str) -> Iterator[Callable[[str], None]]:
    """Says what is done and for how long already, on standard error. Gives a function that adds how far it is."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(title)
        yield lambda far: shown.update(task, description=f"{title}: {far}")


def counted(title: str, of: str, found: Iterable[T]) -> Iterator[T]:
    """The same things, while their number is shown."""
    with working(title) as say:
        for number, one in enumerate(found):
            if number % EVERY == 0:
                say(f"{number:,} {of}")
            yield one
