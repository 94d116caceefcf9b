"""What `verbose` shows of a run."""

import importlib.util
import sys

from .observers import Observer


def progress(verbose):
    """What `verbose` asks for: a line that moves where it can, else one after the other."""
    live = verbose == 1 and sys.stdout.isatty() and importlib.util.find_spec("rich")
    return LiveProgress() if live else PlainProgress(verbose)


class PlainProgress(Observer):
    """verbose=1 shows iterations 0, 1, 2, 5, 10, 20, 50, ...; verbose=2 shows them all."""

    def __init__(self, verbose):
        self.verbose = verbose

    def watch(self, step, run):
        if self.verbose > 1 or str(step.t).rstrip("0") in ("", "1", "2", "5"):
            sys.stdout.write(f"iteration {step.t:6d}  {_described(step, run)}\n")

    def close(self, result):
        sys.stdout.write(f"stopped after iteration {result.last.t}: {result.stop_reason}\n")


class LiveProgress(Observer):
    """One line at the foot of a terminal, by rich."""

    def __init__(self):
        from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.progress = Progress(
            MofNCompleteColumn(), TextColumn("{task.fields[state]}"), TimeElapsedColumn()
        )
        self.task = None

    def watch(self, step, run):
        if self.task is None:
            self.progress.start()
            self.task = self.progress.add_task("", total=run.max_iter, state="")
        self.progress.update(self.task, completed=step.t, state=_described(step, run))

    def close(self, result):
        state = f"{_described(result.last, result)}  {result.stop_reason}"
        self.progress.update(self.task, completed=result.last.t, state=state, refresh=True)

    def release(self):
        self.progress.stop()


def _described(step, run):
    rate = f"  learning rate {step.learning_rate:.4g}" if step.t else ""
    return f"cost {step.cost:.8g}  gradient {run.records[step.t].violation:.3e}{rate}"
