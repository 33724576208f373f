"""A log worth forging: three checkpoints, the last of them cosigned, records above it, and some that wait.

Six hundred records lie between, so that the tree has nodes; they are spread over ten projects.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from tests.conftest import MORNING
from tests.faults.ownership import history, owner
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import Engine, FixedClock
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.seals import Copy, Outside
from flowgov.audit.verdict import Verdict

WITNESS = signer("example.org/witness", "witness")
PROJECTS = 10
RECORDS = 600


def make(url: str) -> None:
    clock = FixedClock(MORNING)
    log = origin(url)
    vault = MemoryVault(signer(log))
    with Engine.open(url, clock=clock) as engine:
        engine.register_key(vault.signer().key, by="htallec")
        history(engine, clock)
        engine.checkpoint(vault)
        for number in range(PROJECTS):
            engine.open_project(f"P-{number}", workflow="pme-light", title="P", by="ebihan")
        for number in range(RECORDS):
            if number == RECORDS // 2:
                clock.advance(hours=1)
                engine.checkpoint(vault)
            link = f"https://example.org/{number}"
            engine.add_evidence(f"P-{number % PROJECTS}", "charter", by="kbenali", link=link)
        clock.advance(hours=1)
        newest = engine.checkpoint(vault).note
        cosign(engine, newest, int((MORNING + timedelta(hours=3)).timestamp()))
        clock.advance(hours=1)
        for more in (True, False):
            for key in ("CRM", "VPN"):
                engine.add_evidence(key, "charter", by="kbenali", link="https://example.org/late")
            if more:
                engine.sequence()


def pinned(url: str, *who: str) -> Outside:
    """The house's key, or whose is named, brought along."""
    return Outside(keys=tuple(str(signer(origin(url), name).key) for name in who or ("house",)))


def cosign(engine: Engine, note: str, seconds: int) -> None:
    """Let the witness sign a checkpoint."""
    line = WITNESS.cosign(Note.parse(note).text, seconds).line()
    engine.cosign(note + line, [WITNESS.witness_key])


def notes(url: str) -> list[str]:
    """Every checkpoint's note, smallest first."""
    with owner(url) as db:
        return list(db.connection.execute(text("SELECT note FROM flowgov_checkpoint ORDER BY size")).scalars())


def size_of(note: str) -> int:
    """How many records a checkpoint covers."""
    return Checkpoint.parse(Note.parse(note).text).size


def verify(url: str, outside: Outside | None = None, since: str | None = None) -> Verdict:
    """The verdict of the next morning."""
    with Engine.open(url, clock=FixedClock(MORNING + timedelta(days=1))) as engine:
        return engine.verify(outside=outside or Outside(), since=since)


def with_copies(url: str, notes: list[str], at: str | None = None) -> Outside:
    """The house's key and copies on a memory stick."""
    copies = tuple(Copy(note, "usb", f"{number}.note", at) for number, note in enumerate(notes))
    return Outside(keys=pinned(url).keys, copies=copies)


def places(verdict: Verdict) -> set[tuple[str, tuple[Any, Any]]]:
    """Code and place of every finding."""
    return {(finding.code, _place(finding)) for finding in verdict.findings}


def _place(finding: Any) -> tuple[Any, Any]:
    if finding.stream is not None:
        return finding.project or finding.stream, finding.seq
    name = next((name for name in ("place", "checkpoint", "idx") if name in finding.params), "database")
    return name, finding.params.get(name)


def codes(verdict: Verdict) -> set[str]:
    """Code of every finding."""
    return {finding.code for finding in verdict.findings}
