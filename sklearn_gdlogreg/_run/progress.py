"""What `verbose` shows of a run."""

import importlib.util
import math
import sys
import time
from datetime import timedelta

from .observers import Observer

REFRESHES_A_SECOND = 10


def progress(verbose):
    """What `verbose` asks for: a line that moves where it can, else one after the other."""
    live = verbose == 1 and sys.stdout.isatty() and importlib.util.find_spec("rich")
    return LiveProgress() if live else PlainProgress(verbose)


class PlainProgress(Observer):
    """verbose=1 shows iterations 0, 1, 2, 5, 10, 20, 50, ...; 2 all, a larger k every k-th."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.every = verbose if verbose > 2 else 1

    def watch(self, step, run):
        if self.verbose == 1:
            shown = str(step.t).rstrip("0") in ("", "1", "2", "5")
        else:
            shown = step.t % self.every == 0
        if shown:
            sys.stdout.write(f"iteration {step.t:6d}  {_described(step, run.records[step.t])}\n")

    def close(self, result):
        sys.stdout.write(f"stopped after iteration {result.last.t}: {result.stop_reason}\n")


class LiveProgress(Observer):
    """One line at the foot of a terminal, which rich asks for ten times a second.

    As often an iteration leaves what the line is made of: most are over before it is asked for, and
    what is remembered of an iteration may have to be made first.
    """

    def __init__(self):
        from rich.live import Live

        self.live = Live(self, refresh_per_second=REFRESHES_A_SECOND)
        self.due = -math.inf

    def watch(self, step, run):
        now = time.perf_counter()
        if now < self.due:
            return
        self.due = now + 1 / REFRESHES_A_SECOND
        self.seen = step, run.records[step.t], run.max_iter, ""
        if not self.live.is_started:
            self.live.start()

    def close(self, result):
        last = result.last
        self.seen = last, result.records[last.t], result.max_iter, f"  {result.stop_reason}"

    def release(self):
        self.live.stop()

    def __rich__(self):
        """The line as it is now."""
        from rich.text import Text

        step, record, max_iter, end = self.seen
        return Text.assemble(
            (f"{step.t:{len(str(max_iter))}d}/{max_iter}", "progress.download"),
            f" {_described(step, record)}{end} ",
            (str(timedelta(seconds=int(record.seconds))), "progress.elapsed"),
            no_wrap=True,
            overflow="ellipsis",
        )


def _described(step, record):
    rate = f"  learning rate {step.learning_rate:.4g}" if step.t else ""
    return f"cost {step.cost:.8g}  gradient {record.violation:.3e}{rate}"
