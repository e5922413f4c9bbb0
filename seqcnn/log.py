"""Talk to the user on stderr: one line a message, warnings marked."""

from __future__ import annotations

import logging
import sys

from seqcnn.errors import printable


class _Line(logging.Formatter):
    """`seqcnn: message`, with `warning: ` or `error: ` where it is one; control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one message."""
        text = printable(record.getMessage())
        marks = {logging.WARNING: "warning: ", logging.ERROR: "error: "}
        mark = marks.get(record.levelno, "")
        return f"seqcnn: {mark}{text}"


def log_to_stderr(*, quiet: bool = False) -> None:
    """Send the package's messages to stderr: all of them, or only warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    logger = logging.getLogger("seqcnn")
    logger.handlers = [handler]
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False
