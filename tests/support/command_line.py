"""The command line, run in this process."""

import pytest

from seqcnn.cli import main


def cli(*arguments: object) -> int:
    """Run the command line in process and return its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)
