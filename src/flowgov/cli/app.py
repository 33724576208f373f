"""``flowgov``: the table of its commands. Nothing is imported for a command that is not called."""

from __future__ import annotations

import click

from flowgov import __version__
from flowgov.cli.commands import Root

SECTIONS = {
    "help.section.projects": {
        "open": "flowgov.cli.moving:open_project",
        "move": "flowgov.cli.moving:move",
        "why": "flowgov.cli.moving:why",
        "approve": "flowgov.cli.moving:approve",
        "withdraw": "flowgov.cli.outcomes:withdraw",
        "show": "flowgov.cli.standing:show",
        "list": "flowgov.cli.standing:board",
        "history": "flowgov.cli.auditing:history",
        "todo": "flowgov.cli.standing:todo",
        "due": "flowgov.cli.timing:due",
        "tick": "flowgov.cli.timing:tick",
        "remind": "flowgov.cli.timing:remind",
        "evidence": "flowgov.cli.dossier:evidence",
    },
    "help.section.dossier": {
        "risk": "flowgov.cli.risks:risk",
        "asset": "flowgov.cli.assets:asset",
        "requirement": "flowgov.cli.requirements:requirement",
        "dpia": "flowgov.cli.requirements:dpia",
        "contract": "flowgov.cli.contracts:contract",
        "access": "flowgov.cli.accesses:access",
        "meeting": "flowgov.cli.meetings:meeting",
        "action": "flowgov.cli.meetings:action",
        "plan": "flowgov.cli.plans:plan",
        "condition": "flowgov.cli.outcomes:condition",
        "waiver": "flowgov.cli.outcomes:waiver",
        "correct": "flowgov.cli.outcomes:correct",
    },
    "help.section.rules": {
        "people": "flowgov.cli.people:people",
        "role": "flowgov.cli.people:role",
        "charter": "flowgov.cli.chartering:charter",
        "exception": "flowgov.cli.exceptions:exception",
        "workflow": "flowgov.cli.workflows:workflow",
    },
    "help.section.proof": {
        "audit": "flowgov.cli.proof:audit",
        "report": "flowgov.cli.reporting:report",
    },
    "help.section.setup": {
        "init": "flowgov.cli.starting:init",
        "db": "flowgov.cli.starting:db",
        "completion": "flowgov.cli.starting:completion",
        "demo": "flowgov.cli.demo:demo",
    },
}
"""Titles of the help's sections, and where each command is."""

flowgov = Root(SECTIONS)
click.version_option(__version__, "--version", prog_name="flowgov", message="%(prog)s %(version)s")(flowgov)
