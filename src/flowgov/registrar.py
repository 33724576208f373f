"""The registers that hang on an engine; each is imported when it is used."""

from __future__ import annotations

from flowgov.keeper import Keeper


class Registrar(Keeper):
    """The registers of an engine, by name."""
