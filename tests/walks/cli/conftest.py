"""What people type, and what they read: every command in one process, on both databases."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flowgov import Engine, SystemClock
from flowgov.audit.note import Note
from flowgov.audit.signing import Signer
from flowgov.cli.app import flowgov

_NEUTRAL = (
    *("FLOWGOV_AS", "FLOWGOV_LANG", "FLOWGOV_VAULT", "FLOWGOV_SIGNING_KEY"),
    *("LC_ALL", "LC_MESSAGES", "NO_COLOR", "FORCE_COLOR", "_FLOWGOV_COMPLETE"),
)
WITNESS = Signer("witness.example.org/w1", bytes(range(32)))
"""Somebody else, who signs what he saw."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Type = Callable[..., Answer]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a line after ``flowgov`` in an empty folder, without any setting."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def type_(line: str | list[str], input: str | None = None, **environ: str) -> Answer:
        words = shlex.split(line) if isinstance(line, str) else line
        env = dict.fromkeys(_NEUTRAL) | {"LANG": "C.UTF-8", "COLUMNS": "80"} | environ
        result = CliRunner(env=env).invoke(flowgov, words, input=input)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return type_


@pytest.fixture
def cli(typed: Type, url: str) -> Type:
    """Types a line on the database of Maison Tallec."""

    def type_(line: str | list[str], **environ: str) -> Answer:
        return typed(line, **({"FLOWGOV_DB": url} | environ))

    return type_


@pytest.fixture
def records(url: str) -> Callable[[], int]:
    """How many records the log has now."""

    def count() -> int:
        with Engine.open(url) as engine:
            return len(list(engine.log()))

    return count


@pytest.fixture
def crm(cli: Type) -> Type:
    """The project CRM on pme-light, opened by ebihan; kbenali owns the business side, ykerbrat the technical one."""
    for line in (
        'open CRM --workflow pme-light --title "Déploiement d\'un CRM" --as ebihan',
        "role grant business_owner kbenali --project CRM --as htallec",
        "role grant technical_owner ykerbrat --project CRM --as htallec",
    ):
        assert cli(line).code == 0
    return cli


@pytest.fixture
def validated(crm: Type) -> Type:
    """CRM once its need was validated by kbenali."""
    for line in (
        "evidence add CRM need_statement https://example.org/need --as kbenali",
        "evidence add CRM charter https://example.org/charter --as kbenali",
        "move CRM validate_need --as kbenali",
    ):
        assert crm(line).code == 0
    return crm


@pytest.fixture
def keyless(validated: Type, tmp_path: Path) -> Type:
    """`validated`, with a place for the signing key, which there is none of yet."""

    def type_(line: str | list[str], **environ: str) -> Answer:
        return validated(line, **({"FLOWGOV_VAULT": str(tmp_path / "vault")} | environ))

    return type_


@pytest.fixture
def signed(keyless: Type) -> Type:
    """`validated`, with a signing key and a checkpoint; `seen.txt` is the checkpoint as `WITNESS` has signed it."""
    assert keyless("audit key new --as htallec").code == 0
    note = Note.parse(keyless("audit checkpoint --json").json["data"]["note"])
    seen = Note(note.text, (*note.signatures, WITNESS.cosign(note.text, int(SystemClock().now().timestamp()) + 1)))
    Path("seen.txt").write_text(str(seen), encoding="utf-8")
    return keyless
