"""Errors become exit codes here, and only here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand

from flowgov.cli.call import SHAPE, Call
from flowgov.cli.plain import plain_blocker, plain_mistake, plain_value
from flowgov.cli.table import safe
from flowgov.errors import FlowgovError, Refused, WorkflowInvalid

USAGE = 2
BUG = 70
INTERRUPTED = 130
PIPE_CLOSED = 141


def exit_code(call: Call, run: Callable[[], object]) -> int:
    """Run the command, tell what went wrong, and return what the process exits with."""
    try:
        return _exit_code(call, run)
    except OSError as error:
        _hush()
        if isinstance(error, BrokenPipeError):
            return PIPE_CLOSED
        with suppress(OSError):
            _complain(call, call.text("cli.unwritten", why=error.strerror or str(error)))
            call.complain(call.text("cli.unwritten.hint"))
        return USAGE


def _exit_code(call: Call, run: Callable[[], object]) -> int:
    """
    Raises:
        OSError: standard output, or standard error, cannot be written.
    """
    try:
        code = run()
    except FlowgovError as error:
        tell(call, error)
        return error.exit_code
    except NoArgsIsHelpError as error:
        call.complain(error.format_message())
        return USAGE
    except click.UsageError as error:
        _tell_usage(call, error)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        call.complain(call.text("cli.interrupted"))
        return INTERRUPTED
    except Exception as error:  # the last net: whatever it is, a user must be told what to do
        if isinstance(error, OSError) and error.filename is None:  # not about a file: it is where we answer
            raise
        _tell_bug(call, error)
        return BUG
    finally:
        call.close()
    return code if isinstance(code, int) else 0


def unless_the_pipe_closes(run: Callable[[], object]) -> object:
    """Run the command; end quietly when whoever read its output has gone. click would make it an exit code 1."""
    try:
        return run()
    except BrokenPipeError:
        _hush()
        return PIPE_CLOSED


def tell(call: Call, error: FlowgovError) -> None:
    """Print *error*: on standard error for people, on standard output for machines."""
    if call.json and not call.begun:
        call.print_json({"flowgov": SHAPE, "ok": False, "error": _plain(call, error)})
        return
    _complain(call, error.message(call.lang))
    if isinstance(error, Refused):
        lines = blockers_shown(call, error)
    elif isinstance(error, WorkflowInvalid):
        lines = [safe(mistake.line(call.lang)) for mistake in error.mistakes]
    else:
        hint = error.hint(call.lang)
        lines = [safe(hint)] if hint else []
    for line in lines:
        call.complain(line)


def blockers_shown(call: Call, error: Refused) -> list[str]:
    """Every blocker, who can lift it, and the command that would."""
    return [line for blocker in error.decision.blockers for line in blocker_shown(call, blocker)]


def blocker_shown(call: Call, blocker: Any) -> Iterable[str]:
    """A blocker's sentence, who can lift it, and the command that would."""
    yield f"  • {safe(blocker.message(call.lang))}"
    remedy = blocker.remedy(call.lang)
    if remedy:
        yield f"    {safe(remedy)}"
    if blocker.command:
        yield f"    {call.style(safe(blocker.command), 'head')}"


def _plain(call: Call, error: FlowgovError) -> dict[str, Any]:
    data = {name: plain_value(value) for name, value in error.data.items()}
    if isinstance(error, Refused):
        data["blockers"] = [plain_blocker(blocker, call.lang) for blocker in error.decision.blockers]
    if isinstance(error, WorkflowInvalid):
        data["mistakes"] = [plain_mistake(mistake, call.lang) for mistake in error.mistakes]
    return {
        "code": error.code,
        "reason": error.reason,
        "message": error.message(call.lang),
        "hint": error.hint(call.lang),
        "retryable": error.retryable,
        "data": data,
    }


def _complain(call: Call, message: str) -> None:
    label = call.style(call.text("cli.error"), "bad")
    call.complain(f"{label} {safe(message)}")


def _tell_usage(call: Call, error: click.UsageError) -> None:
    reason, params, possibilities = _usage(error)
    message = call.text(f"usage.{reason}", **params)
    if possibilities:
        hint = call.text("error.did_you_mean", suggestions=possibilities)
    else:
        path = error.ctx.command_path if error.ctx else "flowgov"
        hint = call.text("usage.hint", command=f"{path} --help")
    if call.json:
        told = {"code": "usage", "reason": reason, "message": message, "hint": hint}
        call.print_json({"flowgov": SHAPE, "ok": False, "error": {**told, "retryable": False, "data": params}})
        return
    _complain(call, message)
    call.complain(safe(hint))


def _usage(error: click.UsageError) -> tuple[str, dict[str, Any], list[str]]:
    """Which of our sentences says what click found, in both languages."""
    if isinstance(error, NoSuchCommand):
        return "no_such_command", {"name": error.command_name}, list(error.possibilities or ())
    if isinstance(error, click.NoSuchOption):
        return "no_such_option", {"name": error.option_name}, list(error.possibilities or ())
    if isinstance(error, click.MissingParameter):
        return "missing", {"name": _parameter(error)}, []
    if isinstance(error, click.BadParameter):
        if isinstance(error.param and error.param.type, click.Choice):
            choices = list(error.param.type.choices)  # type: ignore[union-attr]  # looked at just before
            return "bad_choice", {"name": _parameter(error), "choices": choices}, []
        if isinstance(error.param and error.param.type, click.IntRange):
            least = error.param.type.min  # type: ignore[union-attr]  # looked at just before
            return "bad_number", {"name": _parameter(error), "least": least}, []
        return "bad_value", {"name": _parameter(error), "why": error.message}, []
    if isinstance(error, click.BadOptionUsage):
        return "bad_option", {"name": error.option_name}, []
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return "no_command", {"name": error.ctx.command_path}, []
    return "extra_words", {"why": error.format_message()}, []


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    if isinstance(error.param.type, click.Choice):
        return str(error.param.name).upper()
    return error.param.make_metavar(error.ctx or click.get_current_context()).strip("[]").removesuffix("...")


def _tell_bug(call: Call, error: Exception) -> None:
    import traceback

    from flowgov.log import redacted

    lines = "".join(traceback.format_exception(error))
    shown = str(redacted(None, "", {"trace": lines})["trace"])
    if call.json and not call.begun:
        message, hint = call.text("cli.bug", name=type(error).__name__), call.text("cli.bug.hint")
        told: dict[str, Any] = {
            "code": "bug",
            "reason": None,
            "message": message,
            "hint": hint,
            "retryable": False,
            "data": {},
        }
        call.print_json({"flowgov": SHAPE, "ok": False, "error": told})
    else:
        _complain(call, call.text("cli.bug", name=type(error).__name__))
        call.complain(call.text("cli.bug.hint"))
    call.complain("\n".join(safe(line) for line in shown.splitlines()))


def _hush() -> None:
    # the interpreter flushes standard output once more on its way out, see the note on SIGPIPE in Python's `signal`
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        return
