"""Signals of a process that a test starts."""

import signal


def no_ignored_signals() -> None:
    """Take signals as a shell in the foreground does; one in the background, or nohup, has some ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
