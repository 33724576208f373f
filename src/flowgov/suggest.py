"""Did you mean …? The nearest known names to one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The names in *known* that *name* was probably meant to be, best first."""
    from difflib import get_close_matches  # only needed once something is wrong

    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=most, cutoff=0.6)
    return tuple(by_folded[folded] for folded in found)
