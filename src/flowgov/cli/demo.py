"""``flowgov demo``: a company's year, then the commands a newcomer would type on it, typed for him."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli.call import Call
from flowgov.cli.commands import Command, option
from flowgov.cli.keyring import VAULT as VAULT_VARIABLE
from flowgov.cli.keyring import can_sign
from flowgov.cli.table import safe
from flowgov.errors import AuditBroken, BadInput, Refused

if TYPE_CHECKING:
    from flowgov.demo import Deed

DATABASE, ALTERED, SETTINGS = "governance.db", "altered.db", "flowgov.toml"
VAULT, ELSEWHERE, BUNDLE = "vault", "elsewhere", "payment.fgev"
REPORTS = {"fr": "rapport-audit.html", "en": "audit-report.html"}
_OURS = (
    SETTINGS,
    *(f"{name}{suffix}" for name in (DATABASE, ALTERED) for suffix in ("", "-wal", "-shm")),
    *REPORTS.values(),
    BUNDLE,
)
_FOLDERS = (VAULT, ELSEWHERE)


@click.command("demo", cls=Command)
@option("--output", type=click.Path(file_okay=False, path_type=Path), default=Path("flowgov-demo"), metavar="DIR")
@option("--fresh", is_flag=True)
@click.pass_obj
def demo(call: Call, output: Path, fresh: bool) -> int:
    from flowgov.demo import dataset

    folder = _prepared(output, fresh=fresh)
    data = dataset()
    call.note(call.text("demo.begin", organisation=data["organisation"]["name"], people=len(data["people"])))
    played = _replay(call, folder, data)
    settings = call.text("demo.settings", database=DATABASE, vault=VAULT, anchors=ELSEWHERE)
    (folder / SETTINGS).write_text(settings, encoding="utf-8")
    with contextlib.chdir(folder):
        surprises = _tour(call, data["organisation"]["founded"].isoformat(), data["as_of"].isoformat())
    moves = sum(not deed.blockers for deed in played)
    found = {
        "folder": str(folder),
        "moves": moves,
        "refused": len(played) - moves,
        "surprises": surprises,
        "reports": {lang: str(folder / name) for lang, name in REPORTS.items()},
    }
    call.answer(found, _farewell(call, folder))
    return 1 if surprises else 0


def _prepared(output: Path, *, fresh: bool) -> Path:
    folder = output.resolve()
    present = [folder / name for name in (*_OURS, *_FOLDERS) if (folder / name).exists()]
    if present and not fresh:
        raise BadInput("demo_exists", folder=str(folder))
    try:
        for path in present:
            shutil.rmtree(path) if path.name in _FOLDERS else path.unlink()
        (folder / ELSEWHERE).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("demo_folder", folder=str(folder), why=error.strerror or str(error)) from error
    return folder


def _replay(call: Call, folder: Path, data: Mapping[str, Any]) -> list[Deed]:
    from flowgov import demo as company

    played: list[Deed] = []
    total = sum(len(project["events"]) - 1 + len(project.get("attempts", ())) for project in data["projects"].values())

    def told(deed: Deed) -> None:
        played.append(deed)
        bar.update(1)

    quiet = call.quiet or call.json or not sys.stderr.isatty()
    with click.progressbar(length=total, label=call.text("demo.replaying"), file=sys.stderr, hidden=quiet) as bar:
        company.replay(f"sqlite:///{folder / DATABASE}", data, told)
    return played


def _tour(call: Call, first_day: str, today: str) -> list[str]:
    """Type the commands of the tour; returns those that did not end as they should."""
    from flowgov.anchors.vault import KEY as KEY_VARIABLE
    from flowgov.demo import alter_one_byte

    # the tour is of the demonstration, not of the user's own database and key
    for name in ("FLOWGOV_DB", "FLOWGOV_AS", VAULT_VARIABLE, KEY_VARIABLE):
        os.environ.pop(name, None)
    surprises = [
        *_type(call, "demo.board", ["list", "--all"]),
        *_type(call, "demo.todo", ["todo", "--all"]),
        *_type(call, "demo.refusal", ["why", "P-2026-003", "authorise", "--as", "htallec"], Refused.exit_code),
        *_type(call, "demo.matrix", ["risk", "matrix", "P-2026-003"]),
        *_type(call, "demo.assets", ["asset", "list"]),
        *_type(call, "demo.due", ["due", "--within", "30"]),
        *_type(call, "demo.agenda", ["meeting", "agenda", "P-2026-003"]),
        *_seal(call),
        *_type(call, "demo.verify", ["audit", "verify"]),
    ]
    period = ["--from", first_day, "--to", today, "--format", "html"]
    for lang, name in REPORTS.items():
        surprises += _type(call, f"demo.report.{lang}", ["report", "audit", *period, "--lang", lang, "-o", name])
    record = alter_one_byte(Path(DATABASE), Path(ALTERED))
    call.note("\n" + call.text("demo.altered", record=record, file=ALTERED))
    altered = ["audit", "verify", "--db", f"sqlite:///{ALTERED}"]
    return [*surprises, *_type(call, "demo.verify_altered", altered, AuditBroken.exit_code)]


def _seal(call: Call) -> list[str]:
    """Sign the log and put the checkpoint elsewhere, where the package that signs is installed."""
    if not can_sign():
        return []
    return [
        *_type(call, "demo.key", ["audit", "key", "new", "--as", "htallec"]),
        *_type(call, "demo.checkpoint", ["audit", "checkpoint"]),
        *_type(call, "demo.export", ["audit", "export", "--project", "P-2026-003", "-o", BUNDLE]),
    ]


def _type(call: Call, reason: str, words: list[str], expected: int = 0) -> list[str]:
    from flowgov.cli.app import flowgov

    typed = f"flowgov {shlex.join(words)}"
    call.note("\n" + call.style(call.text(reason), "head"))
    call.note(call.style(f"$ {typed}", "here"))
    spoken = words if "--lang" in words else [*words, "--lang", call.lang]
    shown, talk = (io.StringIO(), io.StringIO()) if call.json else (sys.stdout, sys.stderr)
    try:
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(talk):
            flowgov.main(spoken, prog_name="flowgov")
    except SystemExit as done:
        return [] if (done.code or 0) == expected else [typed]
    raise AssertionError("a command always exits")


def _farewell(call: Call, folder: Path) -> list[str]:
    reports = [f"  {safe(str(folder / name))}" for name in REPORTS.values()]
    return ["", call.text("demo.reports"), *reports, call.text("demo.end", folder=safe(str(folder)))]
