"""Asking before something is destroyed."""

from __future__ import annotations

import sys

import click

from flowgov.cli.call import Call
from flowgov.errors import BadInput


def must_be_sure(call: Call, question: str, *, yes: bool) -> None:
    """Go on only if the person at the terminal agrees, or agreed with ``--yes``.

    Raises:
        BadInput: nobody sits at a terminal, and ``--yes`` was not given.
        click.Abort: the person does not agree.
    """
    if yes:
        return
    if call.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("missing_option", option="--yes")
    answer = click.prompt(f"{question} {call.text('cli.sure')}", default="", show_default=False, err=True)
    if answer.strip().lower() not in call.text("cli.sure.yes").split():
        raise click.Abort
