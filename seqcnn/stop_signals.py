"""Signals that stop a process, as far as the system has them: Windows has no SIGHUP and no SIGUSR1."""

from __future__ import annotations

import signal


def available(*names: str) -> tuple[signal.Signals, ...]:
    """Return the signals of the given names, without those that the system lacks.

    >>> available("SIGTERM", "SIGNONE")
    (<Signals.SIGTERM: 15>,)
    """
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))
