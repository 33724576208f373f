"""Setting an installation up: ``init``, ``db``, ``completion``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowgov.cli.call import Call
from flowgov.cli.commands import Command, Group, option
from flowgov.cli.keyring import VAULT, KeyRing, can_sign
from flowgov.cli.table import safe
from flowgov.errors import BadInput, DatabaseError
from flowgov.settings import FILE, from_folder, os_user

if TYPE_CHECKING:
    from flowgov.audit.note import VerifierKey
    from flowgov.store.granting import Roles
    from flowgov.workflow.model import Workflow

DEFAULT_DATABASE = "sqlite:///governance.db"
_READABLE, _PRIVATE = 0o644, 0o600


@click.command("init", cls=Command)
@option("--organisation", metavar="NAME")
@option("--admin", "login", metavar="LOGIN")
@option("--name", metavar="NAME")
@option("--email", metavar="EMAIL")
@option("--vault", metavar="FOLDER", type=click.Path())
@option("--no-key", "keyless", is_flag=True)
@click.pass_obj
def init(
    call: Call,
    organisation: str | None,
    login: str | None,
    name: str | None,
    email: str | None,
    vault: str | None,
    keyless: bool,
) -> None:
    url = call.url or os.environ.get("FLOWGOV_DB") or DEFAULT_DATABASE
    path = Path.cwd() / FILE
    if path.exists() or path.is_symlink():
        raise BadInput("already_has_settings", path=str(path))
    organisation = organisation or _asked(call, "--organisation", "cli.ask.organisation")
    login = login or _asked(call, "--admin", "cli.ask.admin")
    name = name or _asked(call, "--name", "cli.ask.name")
    workflows = _shipped()
    vault = vault or os.environ.get(VAULT)
    ring = KeyRing(Path(vault).absolute() if vault else None)
    _write(path, _settings_text(call, url, organisation, ring.chosen), private=_has_password(url))
    try:
        key = None if keyless or not can_sign() else ring.make
        with ring.unless_it_fails():
            _found(url, organisation, login, name, email, workflows, key)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    names = [workflow.name for workflow in workflows]
    data = {
        "settings": str(path),
        "organisation": organisation,
        "administrator": login,
        "workflows": names,
        "key": ring.key,
        "vault": str(ring.folder) if ring.folder else None,
    }
    shown = [
        call.text("cli.init.done", organisation=safe(organisation), administrator=login),
        call.text("cli.init.files", path=safe(path), workflows=names),
    ]
    if ring.key:
        shown += [call.text("cli.key.made", key=ring.key), call.text("cli.key.vault", path=safe(ring.folder or ""))]
    call.answer(data, shown)
    if not ring.key and not keyless:
        call.note(call.text("cli.init.no_key"))
    call.note(call.text("cli.init.next", login=login))


@click.group("db", cls=Group)
def db() -> None:
    """Help is in the catalogue."""


@db.command("upgrade")
@click.pass_obj
def upgrade(call: Call) -> None:
    from flowgov.store import migrate
    from flowgov.store.database import connect

    database = connect(_existing(call))
    try:
        before, after = migrate.upgrade(database)
    finally:
        database.dispose()
    key = "cli.db.unchanged" if before == after else "cli.db.upgraded"
    call.answer({"before": before, "after": after}, [call.text(key, before=before or "–", after=after)])


@db.command("status")
@click.pass_obj
def status(call: Call) -> None:
    from flowgov.store.database import connect, place
    from flowgov.store.tables import SCHEMA_VERSION

    engine = call.engine()
    organisation = engine.organisation()
    projects, workflows = engine.projects(), engine.workflows()
    data = {
        "organisation": organisation,
        "schema": SCHEMA_VERSION,
        "projects": len(projects),
        "workflows": [workflow.name for workflow in workflows],
        "database": place(connect(_existing(call))),
    }
    call.answer(data, [f"{call.text(f'cli.db.{name}')} {safe(_listed(value))}" for name, value in data.items()])


@db.command("grants")
@option("--app", metavar="ROLE", default="flowgov_app")
@option("--auditor", metavar="ROLE", default="flowgov_auditor")
@option("--owner", metavar="ROLE")
@click.pass_obj
def grants(call: Call, app: str, auditor: str, owner: str | None) -> None:
    from flowgov.store.database import is_sqlite
    from flowgov.store.granting import Roles
    from flowgov.store.tables import SCHEMA_VERSION

    url = call.database()
    if url is not None and is_sqlite(url):
        raise BadInput("sqlite_has_no_roles", database=url)
    lines = _granting(call, Roles(app, auditor, owner))
    data = {"app": app, "auditor": auditor, "owner": owner, "schema": SCHEMA_VERSION, "sql": "\n".join(lines) + "\n"}
    call.answer(data, lines)
    call.note(call.text("cli.grants.next"))


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    from click.shell_completion import get_completion_class

    call: Call = ctx.obj
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three"
    maker = kind(ctx.find_root().command, {}, "flowgov", "_FLOWGOV_COMPLETE")
    script = maker.source_template % maker.source_vars()
    call.answer({"shell": shell, "script": script}, [script.rstrip("\n")])


def _granting(call: Call, roles: Roles) -> list[str]:
    """The script, with a comment above everything that says what it is for."""
    from flowgov.store.granting import preparation, script
    from flowgov.store.tables import SCHEMA_VERSION

    lines = _comment(call.text("cli.grants.head", schema=SCHEMA_VERSION)) + _comment(
        "\n".join(preparation(roles)), "  "
    )
    for section in script(roles):
        lines += ["", *_comment(call.text(f"cli.grants.{section.name}"))]
        lines += [line for statement in section.statements for line in statement.splitlines()]
    return lines


def _comment(told: str, indent: str = "") -> list[str]:
    return [f"-- {indent}{line}" for line in told.splitlines()]


def _asked(call: Call, name: str, question: str) -> str:
    if call.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("missing_option", option=name)
    return str(click.prompt(call.text(question), err=True))


def _shipped() -> list[Workflow]:
    from flowgov.workflow.shipped import load_shipped, shipped

    return [load_shipped(name) for name in shipped()]


def _found(
    url: str,
    organisation: str,
    login: str,
    name: str,
    email: str | None,
    workflows: list[Workflow],
    key: Callable[[str], VerifierKey] | None,
) -> None:
    from flowgov.audit.record import Source
    from flowgov.engine import Engine

    source = Source(face="cli", os_user=os_user(), trusted=True)
    Engine.init(
        from_folder(url, Path.cwd()),
        organisation=organisation,
        administrator=login,
        name=name,
        email=email,
        workflows=workflows,
        key=key,
        source=source,
    ).close()


def _settings_text(call: Call, url: str, organisation: str, vault: Path | None) -> str:
    # a JSON string is a TOML string too, once DEL is spelt out
    quoted = {
        name: json.dumps(value).replace("\x7f", "\\u007f")
        for name, value in {"url": url, "organisation": organisation, "vault": str(vault or "")}.items()
    }
    chosen = call.text("cli.init.vault", **quoted) if vault else call.text("cli.init.no_vault")
    return call.text("cli.init.settings", lang=call.lang, chosen=chosen, **quoted)


def _write(path: Path, content: str, *, private: bool) -> None:
    """Write a file that was not there before, whole or not at all."""
    partial = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE if private else _READABLE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except FileExistsError as error:
        raise BadInput("already_has_settings", path=str(path)) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput("settings_unwritable", path=str(path), why=why) from error


def _has_password(url: str) -> bool:
    return "@" in url or "password" in url


def _existing(call: Call) -> str:
    from flowgov.store.database import is_new_file

    url = call.database()
    if url is None:
        raise BadInput("no_database")
    if "uri=true" not in url and is_new_file(url):
        raise DatabaseError("not_flowgov", database=url)
    return url


def _listed(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
