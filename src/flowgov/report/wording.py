"""Dates, numbers and labels as people write them in the two languages. All times are UTC."""

from __future__ import annotations

from datetime import date

from flowgov.clock import moment
from flowgov.i18n import Language, text

_NARROW = "\u202f"


def day(stamp: str, lang: Language) -> str:
    """The day of a stamp: ``2026-01-05``, in French ``05/01/2026``."""
    iso = stamp[:10]
    return f"{iso[8:]}/{iso[5:7]}/{iso[:4]}" if lang == "fr" else iso


def minute(stamp: str, lang: Language) -> str:
    """The day and minute of a stamp: ``2026-01-05 09:00``, in French ``05/01/2026 09:00``."""
    return f"{day(stamp, lang)} {stamp[11:16]}"


def long_day(value: date, lang: Language) -> str:
    """A day in words: ``5 January 2026``, in French ``5 janvier 2026``."""
    number = "1er" if lang == "fr" and value.day == 1 else str(value.day)
    return f"{number} {text(f'report.month.{value.month:02d}', lang)} {value.year}"


def long_moment(stamp: str, lang: Language) -> str:
    """A stamp in words, to the minute."""
    at = moment(stamp)
    clock = f"{at.hour}{_NARROW}h{_NARROW}{at.minute:02d}" if lang == "fr" else f"{at:%H:%M}"
    return text("report.moment", lang, day=long_day(at.date(), lang), clock=clock)


def number(value: int, lang: Language) -> str:
    """An integer with its thousands apart."""
    return f"{value:,}".replace(",", _NARROW if lang == "fr" else ",")


def decimal(tenths: int, lang: Language) -> str:
    """A number of tenths with one decimal."""
    return f"{number(tenths // 10, lang)}{',' if lang == 'fr' else '.'}{tenths % 10}"


def listed(items: list[str], lang: Language) -> str:
    """Several things on one line."""
    return (" ; " if lang == "fr" else "; ").join(items)
