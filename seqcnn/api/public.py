"""Decorators of public functions: arguments are checked and named in errors; weak models are named."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from seqcnn.config.option_values import columns_of_targets, replace_values
from seqcnn.errors import SeqcnnError
from seqcnn.model.network.cautions import weakness
from seqcnn.schema import checks_arguments

logger = logging.getLogger(__name__)

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


def warns_of_weakness(method: Callable[P, R]) -> Callable[P, R]:
    """Return a method of a model that logs, once per model, that its score on validation rows is low."""

    @wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        """Call the method, and log the caution."""
        result = method(*args, **kwargs)
        model: Any = args[0]
        log_cautions(model, filter(None, [weakness(model.header)]))
        return result

    return called


def log_cautions(model: Any, cautions: Iterable[str]) -> None:
    """Log cautions on a model, each once."""
    logged = model.__dict__.setdefault("_logged_cautions", set())
    for text in cautions:
        if text not in logged:
            logged.add(text)
            logger.warning("%s", as_arguments(text))


def as_arguments(text: str) -> str:
    """Return a message with names of arguments in place of options.

    >>> as_arguments("pass --missing n.d. --missing ND, or --match-ids case")
    "pass missing=['n.d.', 'ND'], or match_ids case"
    """
    text = replace_values(text, _argument)
    return _OPTION.sub(lambda match: match[1].replace("-", "_"), text)


def _argument(option: str, values: list[str]) -> str:
    """Return the argument of an option, with its values in Python."""
    value = {"--missing": values, "--replicates": columns_of_targets(values)}.get(option, values[0])
    return f"{option.removeprefix('--')}={value!r}"
