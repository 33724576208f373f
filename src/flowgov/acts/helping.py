"""A process that helps to verify: ``python -m flowgov.acts.helping``. It is told what to do on standard input.

First which database, then at which moment to begin, then one share after the other; every line is JSON, and so is
every answer. It ends when nobody tells it anything any more.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine

from flowgov.audit.shares import decoded, encoded, plain_part, read_share
from flowgov.audit.verify import Walk
from flowgov.dossier import files
from flowgov.errors import FlowgovError
from flowgov.store.database import connect, place
from flowgov.store.failures import translated
from flowgov.store.shelf import Shelf, snapshot


def main(told: IO[bytes], answers: IO[bytes]) -> None:
    """Do what is *told*, one line after the other, until there are no more."""
    helper = _Helping(map(decoded, told), answers)
    helper.run()


class _Helping:
    def __init__(self, told: Iterator[dict[str, Any]], answers: IO[bytes]) -> None:
        self._told, self._answers = told, answers
        self._lines: list[bytes] = []

    def run(self) -> None:
        task = next(self._told)
        store = task["store"]
        look = None if store is None else files.looker(Path(store))
        database = connect(task["database"])
        with self._owning_up(place(database)):
            with database.connect():
                self._say(ready=__file__)
            message = next(self._told, None)
            while message is not None:
                message = self._view(database, message["begin"], look)
        database.dispose()

    def _view(self, database: Engine, name: str | None, look: Any) -> dict[str, Any] | None:
        """Walk shares of one moment; what is told next, if that is to begin again."""
        with snapshot(database, name) as connection:
            shelf = Shelf(connection)
            self._say(state=shelf.state())
            walk: Walk | None = None
            for message in self._told:
                if "begin" in message:
                    return message
                if walk is None:
                    walk = Walk(shelf, files=look)
                    walk.organisation()
                part = walk.part(read_share(message["share"]), self._lines.append, self._progress)
                self._say(part=plain_part(part), lines=self._taken())
        return None

    def _progress(self, done: int, _total: int) -> None:
        self._say(done=done, lines=self._taken())

    def _taken(self) -> str:
        """What is to be digested, since it was last asked for."""
        lines = b"".join(self._lines).decode()
        self._lines.clear()
        return lines

    def _say(self, **answer: Any) -> None:
        self._answers.write(f"{encoded(answer)}\n".encode())
        self._answers.flush()

    @contextmanager
    def _owning_up(self, where: str) -> Iterator[None]:
        """What the database refuses is an answer, too."""
        try:
            with translated(where):
                yield
        except FlowgovError as error:
            self._say(error=error.code, reason=error.reason, data=error.data)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is interrupted too, and ends it
    answering = sys.stdout.buffer
    sys.stdout = sys.stderr  # only answers go there
    main(sys.stdin.buffer, answering)
