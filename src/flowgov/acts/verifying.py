"""Verification of a database: one read transaction, and the verifier that knows no database."""

from __future__ import annotations

from flowgov.acts.house import House
from flowgov.audit.verify import Progress, Verdict, verify
from flowgov.errors import DatabaseError
from flowgov.store.database import check_schema
from flowgov.store.failures import translated
from flowgov.store.shelf import Shelf, snapshot


def verify_log(house: House, progress: Progress | None) -> Verdict:
    """Check the whole log of *house*. See `Reader.verify`."""
    with translated(house.where):
        with house.database.connect() as connection:
            check_schema(connection, house.where)
        with snapshot(house.database) as connection:
            shelf = Shelf(connection)
            if shelf.organisation() is None and shelf.total() == 0:
                raise DatabaseError("not_initialised", database=house.where)
            return verify(shelf, progress)
