"""Tables for people: as wide as what is in them, and no wider than the terminal."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence

from flowgov.text import refused_character

_GAP = 2
_NARROWEST = 8
_ESCAPES = re.compile("\x1b\\[[0-9;]*m")
_WIDE = frozenset("WF")
_BASIC_PLANE = 0xFFFF
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> Iterator[str]:
    """The lines of a table; without *rows* there are none.

    Args:
        rows: cells, already `safe`; they may carry colour.
        width: of the terminal; cells of the widest columns are cut to fit. Without it nothing is cut.
    """
    if not rows:
        return
    widths = _widths([head, *rows], width)
    yield _line([_bold(cell) for cell in head], widths)
    for row in rows:
        yield _line(row, widths)


def terminal_width() -> int | None:
    """Columns of the terminal; None when the output is read by a program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def safe(value: object) -> str:
    """*value* on one line, with every character that shows nothing or reorders the rest spelt out."""
    shown = str(value)
    if refused_character(shown) is None:
        return shown
    return "".join(c if refused_character(c) is None else _spelt(c) for c in shown)


def safe_json(document: str) -> str:
    """JSON text with such characters spelt out; they only occur inside its strings."""
    if refused_character(document, multiline=True) is None:
        return document
    return "".join(c if c == "\n" or refused_character(c) is None else _json_spelt(c) for c in document)


def columns(shown: str) -> int:
    """How many columns of a terminal *shown* takes."""
    return sum(_width_of(c) for c in _ESCAPES.sub("", shown))


def cut(shown: str, width: int) -> str:
    """*shown*, at most *width* columns of it."""
    if columns(shown) <= width:
        return shown
    kept, taken = [], 0
    for part in re.split("(\x1b\\[[0-9;]*m)", shown):
        if _ESCAPES.fullmatch(part):
            kept.append(part)
            continue
        for character in part:
            taken += _width_of(character)
            if taken < width:
                kept.append(character)
    return "".join(kept) + "…" + ("\x1b[0m" if "\x1b" in shown else "")


def _widths(rows: Sequence[Sequence[str]], width: int | None) -> list[int]:
    widths = [max(columns(row[n]) for row in rows) for n in range(len(rows[0]))]
    while width is not None and sum(widths) + _GAP * (len(widths) - 1) > width:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cut(cell, width) for cell, width in zip(row, widths, strict=True)]
    padded = [cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)]
    return (" " * _GAP).join(padded).rstrip()


def _bold(cell: str) -> str:
    return f"\x1b[1m{cell}\x1b[0m"


def _width_of(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= _BASIC_PLANE else f"\\U{code:08x}"


def _json_spelt(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
