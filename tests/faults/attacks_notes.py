"""Ways to change one line of a checkpoint's note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from tests.faults.ownership import Owner
from tests.faults.vaults import signer


def a_checkpoint(what: str, which: int = -1) -> Callable[[Owner], tuple[str, tuple[Any, Any]]]:
    """One line of a checkpoint's note says something else."""

    def attack(db: Owner) -> tuple[str, tuple[Any, Any]]:
        size = int(_sizes(db)[which])
        note = str(db.one("SELECT note FROM flowgov_checkpoint WHERE size = :s", s=size))
        db.run("UPDATE flowgov_checkpoint SET note = :n WHERE size = :s", n=NOTES[what](note), s=size)
        return "CHECKPOINT_INVALID", ("checkpoint", size)

    return attack


def _line(number: int, change: Callable[[str], str]) -> Callable[[str], str]:
    def rewrite(note: str) -> str:
        lines = note.split("\n")
        lines[number] = change(lines[number])
        return "\n".join(lines)

    return rewrite


NOTES: dict[str, Callable[[str], str]] = {
    "origin": _line(0, lambda line: line + "0"),
    "size": _line(1, lambda line: str(int(line) + 1)),
    "size with a zero before it": _line(1, lambda line: "0" + line),
    "root": _line(2, lambda line: "AAAA" + line[4:]),
    "a line more": _line(2, lambda line: line + "\nextension"),
    "signer": _line(4, lambda line: line.replace("flowgov/", "flowgov/x")),
    "signature": _line(4, lambda line: line[:-10] + "AAAAAAAA" + line[-2:]),
    "last letter of the signature": _line(4, lambda line: line[:-2] + chr(ord(line[-2]) ^ 1) + line[-1]),
    "signature twice": lambda note: note + note.split("\n")[4] + "\n",
    "another signature of the same key": lambda note: (
        note + _line(4, lambda line: line[:-10] + "AAAAAAAA" + line[-2:])(note).split("\n")[4] + "\n"
    ),
    "a stranger's signature more": lambda note: (
        note + signer("example.org/stranger", "stranger").sign(note.partition("\n\n")[0] + "\n").line()
    ),
    "another signer alone": lambda note: (
        note.partition("\n\n")[0]
        + "\n\n"
        + signer(note.split("\n")[0], "thief").sign(note.partition("\n\n")[0] + "\n").line()
    ),
    "no signature": lambda note: note.partition("\n\n")[0] + "\n",
    "nothing": lambda note: "",
}
"""Ways to change a checkpoint's note."""


def _sizes(db: Owner) -> list[int]:
    return list(db.connection.execute(text("SELECT size FROM flowgov_checkpoint ORDER BY size")).scalars())
