"""What makes the log provable: ``audit checkpoint|anchor|prove|cosign`` and ``audit key …``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from flowgov.cli import complete
from flowgov.cli.auditing import audit
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.keyring import KeyRing
from flowgov.cli.outside import found_vault, opened_vault, places, read_note, vault_folder, witness_keys
from flowgov.cli.plain import plain_value
from flowgov.cli.sure import must_be_sure
from flowgov.cli.table import safe
from flowgov.errors import AnchorFailed, BadInput
from flowgov.output import must_be_new, whole

if TYPE_CHECKING:
    from flowgov.acts.checkpointing import Cause
    from flowgov.keeper import Checkpointed

ORGANISATION = "org"
"""Stands for the organisation's chain where a project's key is asked for."""


@audit.command("checkpoint")
@option("--anchor", "anchors", metavar="PLACE", multiple=True)
@click.pass_obj
def checkpoint(call: Call, anchors: tuple[str, ...]) -> int:
    taken = call.engine().checkpoint(opened_vault(call), places=places(call, anchors))
    return _told(call, taken)


@audit.command("anchor")
@click.argument("place", nargs=-1)
@click.pass_obj
def anchor(call: Call, place: tuple[str, ...]) -> int:
    where = places(call, place)
    if not where:
        raise BadInput("no_anchor")
    return _told(call, call.engine().anchor(opened_vault(call), where))


@audit.command("prove")
@click.argument("key", shell_complete=complete.chains)
@click.argument("seq", type=click.IntRange(min=1), required=False)
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def prove(call: Call, key: str, seq: int | None, output: str | None, force: bool) -> None:
    proof = call.engine().prove(None if key == ORGANISATION else key, seq)
    if output is not None:
        path = Path(output)
        must_be_new(path, force=force)
        with whole(path) as file:
            file.write(proof.text().encode())
    data = {
        "stream": proof.stream,
        "seq": proof.seq,
        "index": proof.index,
        "size": proof.size,
        "output": output,
        "proof": proof.text(),
    }
    written = call.text("cli.prove.written", key=safe(key), seq=proof.seq, path=safe(output or ""))
    call.answer(data, [written] if output else proof.text().splitlines())


@audit.command("export")
@option("-o", "--output", "output", metavar="FILE", type=click.Path(), required=True)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--identities", is_flag=True)
@option("--evidence", "files", is_flag=True)
@option("--force", is_flag=True)
@click.pass_obj
def export(call: Call, output: str, project: str | None, identities: bool, files: bool, force: bool) -> None:
    path, engine = Path(output), call.engine()
    must_be_new(path, force=force)
    store = call.settings().store if files else None
    manifest = engine.export(path, project=project, identities=identities, store=store, vault=found_vault(call))
    data = {"output": str(path), "scope": manifest.scope, "size": manifest.size, "files": list(manifest.files)}
    call.answer(data, [call.text("cli.export.done", path=safe(path), size=manifest.size)])
    call.note(call.text("cli.export.next", path=safe(path)))


@audit.command("archive")
@option("--until", metavar="DATE", required=True)
@option("-o", "--output", "output", metavar="FILE", type=click.Path(), required=True)
@option("--reason", metavar="TEXT", required=True)
@option("--evidence", "files", is_flag=True)
@option("--yes", is_flag=True)
@click.pass_obj
def archive(call: Call, until: str, output: str, reason: str, files: bool, yes: bool) -> None:
    by, path = call.acting(), Path(output)
    must_be_sure(call, call.text("cli.archive.ask", until=safe(until), path=safe(path)), yes=yes)
    store = call.settings().store if files else None
    receipt, taken = call.engine().archive(
        path, until=until, reason=reason, vault=opened_vault(call), store=store, by=by, source=call.source()
    )
    data = {"receipt": plain_value(receipt), "output": str(path), "checkpoint": plain_value(taken)}
    call.answer(data, [call.text("cli.archive.done", projects=safe(receipt.subject), path=safe(path))])
    call.note(call.text("cli.archive.next", path=safe(path)))


@audit.command("cosign")
@click.argument("file", type=click.Path())
@option("--witness", "witnesses", metavar="VKEY", multiple=True)
@click.pass_obj
def cosign(call: Call, file: str, witnesses: tuple[str, ...]) -> None:
    size, new = call.engine().cosign(read_note(Path(file)), witness_keys(call, witnesses))
    call.answer({"size": size, "new": new}, [call.text("cli.cosign.done", size=size, new=new)])


@audit.group("key", cls=Group)
def key() -> None:
    """Help is in the catalogue."""


@key.command("show")
@click.pass_obj
def show_key(call: Call) -> None:
    engine = call.engine()
    keys, folder = engine.signing_keys(), vault_folder(call)
    data = {"origin": engine.origin(), "key": keys[-1] if keys else None, "keys": list(keys), "vault": str(folder)}
    shown = [call.text("cli.key.vault", path=safe(folder))]
    shown += [safe(found) for found in keys[-1:]] or [call.text("cli.key.none")]
    call.answer(data, shown[::-1])


@key.command("new")
@click.pass_obj
def new_key(call: Call) -> None:
    by, engine, folder = call.acting(), call.engine(), vault_folder(call)
    if engine.signing_keys():
        raise BadInput("key_registered")
    ring = KeyRing(folder)
    with ring.unless_it_fails():
        receipt = engine.register_key(ring.make(engine.origin()), by=by, source=call.source())
    data = {"receipt": plain_value(receipt), "key": ring.key, "vault": str(folder)}
    call.answer(data, [call.text("cli.key.made", key=ring.key), call.text("cli.key.vault", path=safe(folder))])


@key.command("rotate")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def rotate_key(call: Call, reason: str) -> None:
    from flowgov.audit.signing import Signer

    by, engine, vault = call.acting(), call.engine(), opened_vault(call)
    signer = Signer.generate(engine.origin(), os.urandom)
    receipt, taken = engine.rotate_key(vault, signer, reason=reason, by=by, source=call.source())
    _took_over(call, receipt, taken, str(signer.key), "cli.key.rotated")


@key.command("replace")
@option("--cause", type=click.Choice(["lost", "stolen"]), required=True)
@option("--believed-up-to", "vouched", metavar="SIZE", type=click.IntRange(min=0))
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def replace_key(call: Call, cause: str, vouched: int | None, reason: str) -> None:
    from flowgov.anchors.vault import Vault
    from flowgov.audit.signing import Signer

    by, engine, folder = call.acting(), call.engine(), vault_folder(call)
    signer = Signer.generate(engine.origin(), os.urandom)
    receipt, taken = engine.replace_key(
        Vault.made(folder),
        signer,
        cause=cast("Cause", cause),
        vouched=vouched,
        reason=reason,
        by=by,
        source=call.source(),
    )
    _took_over(call, receipt, taken, str(signer.key), "cli.key.replaced")


def _took_over(call: Call, receipt: Any, taken: Checkpointed, key: str, said: str) -> None:
    data = {"receipt": plain_value(receipt), "key": key, "checkpoint": plain_value(taken)}
    call.answer(data, [call.text(said, key=key), call.text("cli.checkpoint.done", size=taken.size, root=taken.root)])
    call.note(call.text("cli.key.next"))


def _told(call: Call, taken: Checkpointed) -> int:
    kept = (one for one in taken.anchored if one.error is None)
    shown = [
        call.text("cli.checkpoint.done", size=taken.size, root=taken.root),
        *(call.text("cli.checkpoint.anchored", place=safe(one.place), locator=safe(one.locator or "")) for one in kept),
    ]
    anchored = [
        {"place": one.place, "locator": one.locator, "error": one.error and one.error.message(call.lang)}
        for one in taken.anchored
    ]
    data = {"size": taken.size, "root": taken.root, "note": taken.note, "anchored": anchored}
    call.answer(data, shown)
    failed = [one.error for one in taken.anchored if one.error is not None]
    for error in failed:
        call.complain(f"{call.style(call.text('cli.error'), 'bad')} {safe(error.message(call.lang))}")
    return AnchorFailed.exit_code if failed else 0
