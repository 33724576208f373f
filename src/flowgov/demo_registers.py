"""What the fictional company writes in the registers of its projects: charters, risks, meetings, reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from flowgov.audit.record import Source
from flowgov.demo_line import Act, Line
from flowgov.dossier.meetings import NewAction
from flowgov.engine import Engine


class Registers:
    """The lines of the data set, each with its day; every one is played through the engine."""

    def __init__(self, engine: Engine, data: Mapping[str, Any], tick: Callable[[], None], source: Source) -> None:
        self.engine, self.data, self.tick, self.source = engine, data, tick, source

    def lines(self) -> Iterator[Line]:
        """Everything that is written on days of its own; sorted by day, they can be played."""
        for issued in self.data["charters"]:
            yield Line(issued["day"], issued["project"], self._charter(issued))
        for stated in self.data["impact_assessments"]:
            yield Line(stated["day"], stated["project"], self._impact(stated))
        for risk in self.data["risks"]:
            yield from self._risk(risk)
        for series in self.data["meetings"]:
            yield from self._meetings(series)
        for granted in self.data["exceptions"]:
            for day in granted.get("reviews", ()):
                yield Line(day, granted["project"], self._review(granted))
        for key, project in self.data["projects"].items():
            for *_, given in project["events"]:
                for condition in given.get("conditions", ()):
                    yield Line(condition["done"], key, self._fulfil(key, condition))

    def charter(self, project: str, by: str) -> None:
        """Issue the charter, which puts it on the project as evidence; everybody named in it acknowledges."""
        self.tick()
        self.engine.charters.issue(project, by=by, source=self.source)
        for person in self.engine.charters.of(project).missing:
            self.tick()
            self.engine.charters.acknowledge(project, by=person, source=self.source)

    def confirm_in_writing(self, project: str, kinds: list[str], by: str, link: Callable[[str], str]) -> None:
        """Put on the table what a decision by word of mouth went without; that fulfils its conditions."""
        for kind in kinds:
            self.tick()
            self.engine.add_evidence(project, kind, by=by, link=link(kind), source=self.source)
        for condition in self.engine.conditions.of(project):
            if condition.status == "open" and condition.evidence in kinds:
                self.tick()
                note = "Confirmé par écrit"
                self.engine.conditions.done(project, condition.key, note=note, by=by, source=self.source)

    def _charter(self, issued: Mapping[str, Any]) -> Act:
        return lambda: self.charter(issued["project"], issued["by"])

    def _impact(self, stated: Mapping[str, Any]) -> Act:
        return lambda: self.engine.dpia.record(
            stated["project"],
            required=stated["required"],
            reason=stated.get("reason"),
            done=stated.get("done"),
            document=stated.get("document"),
            by=stated["by"],
            source=self.source,
        )

    def _risk(self, risk: Mapping[str, Any]) -> Iterator[Line]:
        project, key, owner = risk["project"], risk["id"], risk["owner"]
        register = self.engine.risks
        yield Line(risk["recorded"], project, self._record(risk))
        if "done" in risk:
            done = lambda: register.measure_done(project, key, by=owner, source=self.source)  # noqa: E731
            yield Line(risk["done"], project, done)
        if "confirmed_again" in risk:
            yield Line(risk["confirmed_again"], project, lambda: self._confirm(risk, "business", "technical"))
        if "acceptance" in risk:
            accepted = risk["acceptance"]
            accept = lambda: register.accept(  # noqa: E731
                project, key, until=accepted["expires"], by=accepted["by"], source=self.source
            )
            yield Line(accepted["on"], project, accept)
        if "closed" in risk:
            day, reason = risk["closed"]
            yield Line(day, project, lambda: register.close(project, key, reason=reason, by=owner, source=self.source))

    def _record(self, risk: Mapping[str, Any]) -> Act:
        def record() -> None:
            self.engine.risks.record(
                risk["project"],
                key=risk["id"],
                title=risk["title"],
                kind=risk["kind"],
                assets=risk["assets"],
                gravity=risk["gravity"],
                likelihood=risk["likelihood"],
                residual=tuple(risk["residual"]),
                treatment=risk["treatment"],
                measures=[(risk["owner"], risk["due"], risk["measure"])],
                owner=risk["owner"],
                by=risk["business_assessor"],  # who thereby confirms it for the business
                source=self.source,
            )
            self._confirm(risk, "technical")

        return record

    def _confirm(self, risk: Mapping[str, Any], *sides: Any) -> None:
        for side in sides:
            self.tick()
            by = risk[f"{side}_assessor"]
            self.engine.risks.confirm(risk["project"], risk["id"], by=by, side=side, source=self.source)

    def _meetings(self, series: Mapping[str, Any]) -> Iterator[Line]:
        project, chair, first = series["project"], series["chair"], series["held"][0]

        def plan() -> None:
            self.engine.meetings.plan(
                project,
                every=series["cadence_days"],
                minutes=series["duration_min"],
                first=first,
                chair=chair,
                by=chair,
                source=self.source,
            )

        yield Line(first, project, plan)
        sample = series.get("sample", {})
        for day in series["held"]:
            said = sample if sample.get("date") == day else {}
            yield Line(day, project, self._hold(series, day, said), after_moves=True)
        for action in sample.get("actions", ()):
            if action["done"]:
                yield Line(action["done"], project, self._finish(project, action))

    def _hold(self, series: Mapping[str, Any], day: date, said: Mapping[str, Any]) -> Act:
        agenda = said.get("agenda")
        return lambda: self.engine.meetings.hold(
            series["project"],
            on=day,
            chair=series["chair"],
            present=said.get("present", series["present"]),
            excused=said.get("excused", ()),
            decisions=said.get("decisions", ()),
            actions=[NewAction(one["owner"], one["due"], one["what"]) for one in said.get("actions", ())],
            risks=said.get("risks_reviewed", ()),
            notes=f"Ordre du jour : {', '.join(agenda)}" if agenda else None,
            by=series["chair"],
            source=self.source,
        )

    def _finish(self, project: str, action: Mapping[str, Any]) -> Act:
        def finish() -> None:
            (key,) = (one.key for one in self.engine.meetings.of(project).actions if one.what == action["what"])
            self.engine.meetings.finish_action(project, key, by=action["owner"], source=self.source)

        return finish

    def _review(self, granted: Mapping[str, Any]) -> Act:
        def review() -> None:
            project, note, by = granted["project"], granted["review_note"], granted["reviewer"]
            (key,) = (one.key for one in self.engine.exceptions() if one.project == project)
            self.engine.exemptions.review(key, result="ok", note=note, by=by, source=self.source)

        return review

    def _fulfil(self, project: str, condition: Mapping[str, Any]) -> Act:
        def fulfil() -> None:
            wording, note, by = condition["wording"], condition["note"], condition["owner"]
            (key,) = (one.key for one in self.engine.conditions.of(project) if one.wording == wording)
            self.engine.conditions.done(project, key, note=note, by=by, source=self.source)

        return fulfil
