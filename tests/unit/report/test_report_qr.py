"""The code beside the checkpoint: what it says, and that paper and phones can bear it."""

from __future__ import annotations

import re

import pytest
from tests.unit.report import qr_reader, seals

from flowgov.report import qr

MILLIMETRES = 25.4 / 96
"""Of a CSS pixel on paper."""
WITNESSES = ("witness.example.org/a", "witness.example.org/b", "witness.example.org/c")
LINE = re.compile(r"M (\d+) (\d+)\.5 h (\d+) ?")


def modules(drawn: str) -> tuple[set[tuple[int, int]], int]:
    """Row and column of every dark module in a picture, without the quiet zone, and how many there are on a side."""
    (whole,) = re.findall(r'viewBox="0 0 (\d+) \1"', drawn)
    (path,) = re.findall(r' d="([^"]+)"', drawn)
    lines = LINE.findall(path)
    assert LINE.sub("", path) == ""
    dark = {(int(y) - qr.QUIET, int(x) + k - qr.QUIET) for x, y, n in lines for k in range(int(n))}
    return dark, int(whole) - 2 * qr.QUIET


@pytest.mark.parametrize("witnesses", [(), WITNESSES[:1], WITNESSES])
def test_the_code_gives_exactly_the_note(witnesses: tuple[str, ...]) -> None:
    seal = seals.seal(*witnesses)

    said = qr_reader.read(*modules(str(qr.draw(seal, "en"))))

    assert said.decode() == seals.raw(*witnesses)


def test_the_picture_shows_what_the_encoder_made() -> None:
    seal = seals.seal(*WITNESSES)
    matrix = qr.encoded(seal.note).matrix

    dark, side = modules(str(qr.draw(seal, "en")))

    assert dark == {(y, x) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert side == len(matrix)


def test_a_seventh_of_the_code_may_be_smudged() -> None:
    code = qr.encoded(seals.raw())

    assert (code.error, code.version, code.mode) == ("M", 10, "byte")


def test_what_is_too_long_for_paper_is_scanned_with_the_logs_own_signature() -> None:
    seal = seals.seal(*WITNESSES, "witness.example.org/d")

    assert (qr.content(seal), qr.caption(seal, "en")) == (
        seals.raw(),
        "Scanned, this code gives the text above with the log's own signature only; all signatures would be too"
        " much for one code.",
    )


def test_the_largest_code_is_of_version_20() -> None:
    versions = [qr.encoded("—" + "a" * (bytes_ - 3)).version for bytes_ in (qr.MOST_BYTES, qr.MOST_BYTES + 1)]

    assert versions == [20, 21]


def test_even_the_logs_own_signature_may_be_too_long() -> None:
    assert qr.draw(seals.seal(origin="x" * 400), "en") is None


def test_a_checkpoint_that_nothing_confirms_has_no_code() -> None:
    assert qr.draw(seals.seal(confirmed=False), "en") is None


def test_the_code_is_at_least_four_centimetres_wide_within_its_white_border() -> None:
    drawn = str(qr.draw(seals.seal(), "en"))
    (width,) = re.findall(r'<svg [^>]*\bwidth="(\d+)"', drawn)

    dark, side = modules(drawn)

    assert min(min(place) for place in dark) == 0
    assert int(width) * MILLIMETRES * side / (side + 2 * qr.QUIET) >= 40


def test_the_code_is_black_on_white_in_every_theme() -> None:
    drawn = str(qr.draw(seals.seal(), "en"))

    assert re.findall(r'(fill|stroke)="([^"]+)"', drawn) == [("fill", "#fff"), ("stroke", "#000")]


def test_a_code_says_what_it_is_to_those_who_do_not_see_it() -> None:
    drawn = str(qr.draw(seals.seal(), "fr"))

    assert '<title id="qr-title">Code QR du point de contrôle signé de 50 enregistrements</title>' in drawn
