"""flowgov's own log lines: the only module that knows structlog.

As a library flowgov speaks through the standard loggers named ``flowgov`` and stays silent unless the host
listens; structlog is imported when there is something to say and never configured globally.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any

_SECRET = re.compile(r"(?i)pass|secret|token|credential|api_?key")
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^@\s]+@")

logging.getLogger("flowgov").addHandler(logging.NullHandler())


def debug(event: str, **values: object) -> None:
    """Say something that helps when looking for a fault."""
    _say(logging.DEBUG, event, values)


def info(event: str, **values: object) -> None:
    """Say that something happened."""
    _say(logging.INFO, event, values)


def warning(event: str, **values: object) -> None:
    """Say that something needs attention."""
    _say(logging.WARNING, event, values)


def show(level: int) -> None:
    """Print flowgov's log lines on standard error as JSON lines. For the command line only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("flowgov")
    logger.addHandler(handler)
    logger.setLevel(level)


def redacted(_: object, __: str, values: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: hides secrets by name, and passwords inside URLs."""
    return {name: "[redacted]" if _SECRET.search(name) else _without_password(value) for name, value in values.items()}


def _say(level: int, event: str, values: dict[str, object]) -> None:
    if logging.getLogger("flowgov").isEnabledFor(level):
        _logger().log(level, event, **values)


@cache
def _logger() -> Any:
    import structlog

    return structlog.wrap_logger(
        logging.getLogger("flowgov"),
        processors=[
            redacted,
            structlog.stdlib.add_log_level,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _without_password(value: object) -> object:
    return _URL_PASSWORD.sub(r"\1[redacted]@", value) if isinstance(value, str) else value
