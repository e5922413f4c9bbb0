"""The decorator of public functions: their arguments are checked, and their errors name these arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from seqcnn.errors import SeqcnnError
from seqcnn.schema import checks_arguments

P = ParamSpec("P")
R = TypeVar("R")

_OPTION = re.compile(r"--([a-z][a-z0-9-]*)")


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with its arguments checked, and without options of the command line in its errors.

    Stations are shared with the commands, and so are their messages: `--window-bp` becomes `window_bp`.
    """
    checked = checks_arguments(function)

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function, and name arguments in its errors."""
        try:
            return checked(*args, **kwargs)
        except SeqcnnError as error:
            if (text := as_arguments(str(error))) == str(error):
                raise
            raise type(error)(text) from error

    return called


def as_arguments(text: str) -> str:
    """Return a message with names of arguments in place of options."""
    return _OPTION.sub(lambda found: found[1].replace("-", "_"), text)
