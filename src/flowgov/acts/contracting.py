"""What is done to contracts: recorded, changed, renewed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flowgov.acts.entering import Office, next_key
from flowgov.clock import start_of
from flowgov.dossier.contracts import KIND, LONGEST_NOTICE, RENEWALS, ContractTerms, Day
from flowgov.dossier.entry import Entry
from flowgov.errors import BadInput
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR
from flowgov.request import Grant
from flowgov.text import LONGEST_LABEL, LONGEST_TEXT, clean_entry_key, clean_text

_EMPTY: Mapping[str, Any] = {
    "assets": [],
    "owner": None,
    "start": None,
    "end": None,
    "notice": None,
    "notice_days": None,
    "renewal": None,
    "reversibility": False,
    "personal_data": False,
    "ended": False,
}


def record(office: Office, key: str | None, said: ContractTerms) -> None:
    """A new contract.

    Raises:
        BadInput: a value is missing or not usable, days do not follow one another, the key is taken or malformed.
        NotFound: there is no such person or asset.
        Refusal: the actor is no administrator and holds no role that acts.
    """
    taken = office.entries(KIND)
    key = clean_entry_key(key) if key else next_key(taken, "CT-")
    if key in taken:
        raise BadInput("contract_taken", key=key)
    if None in (said.supplier, said.subject, said.owner, said.start, said.renewal):
        raise BadInput("contract_incomplete")
    facts, texts = _values(office, _EMPTY, said), _words(said)
    _must_follow(facts)
    grant = office.standing()
    office.stop(KIND, key, "record", *([] if grant else [Blocker("contract_no_role", {}, (ADMINISTRATOR,))]))
    office.enter(KIND, key, "record", facts, texts, grant)


def change(office: Office, key: str, said: ContractTerms) -> None:
    """Other terms, or another owner.

    Raises:
        BadInput: nothing is said, a value is not usable, or days do not follow one another.
        NotFound: there is no such contract, person or asset.
        Refusal: the actor is not entitled, or the contract was ended.
    """
    contract = office.line(KIND, key)
    if said == ContractTerms():
        raise BadInput("nothing_to_change")
    facts, texts = _values(office, contract.facts, said), _words(said)
    owner = contract.facts["owner"]
    given_away = facts["owner"] != owner and office.actor != owner and office.administrator is None
    blockers = [Blocker("contract_owner_change", {"contract": key, "person": owner}, (ADMINISTRATOR,))]
    grant = _entitled(office, contract, "change", *(blockers if given_away else ()))
    _must_follow(facts)
    office.enter(KIND, key, "change", facts, texts, grant)


def renew(office: Office, key: str, end: Day, notice: Day | None, notice_days: int | None) -> None:
    """The same terms until a later day. A notice that was said as a day is said anew; one in days stays.

    Raises:
        BadInput: there was no end, the new one is not later, or the former notice would stay.
        NotFound: there is no such contract.
        Refusal: the actor is not entitled, or the contract was ended.
    """
    contract = office.line(KIND, key)
    before = contract.facts
    facts = {**before, **_period(ContractTerms(end=end, notice=notice, notice_days=notice_days))}
    grant = _entitled(office, contract, "renew")
    if before["end"] is None:
        raise BadInput("contract_endless", key=key)
    if facts["end"] is None or facts["end"] <= before["end"]:
        raise BadInput("contract_not_later", value=facts["end"] or "", end=before["end"])
    if facts["notice"] is not None and facts["notice"] == before["notice"]:
        raise BadInput("contract_former_notice", value=facts["notice"])
    _must_follow(facts)
    office.enter(KIND, key, "renew", facts, {}, grant)


def end(office: Office, key: str, on: Day | None, reason: str) -> None:
    """It is over, or will be on a day to come that notice was given for: nothing is due any more.

    Raises:
        BadInput: there is no reason, or no such day.
        NotFound: there is no such contract.
        Refusal: the actor neither owns it nor is an administrator, or it was ended already.
    """
    contract = office.line(KIND, key)
    texts = {"reason": clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)}
    day = start_of(on)[:10] if on is not None else office.now[:10]
    owner, found = contract.facts["owner"], _over(contract)
    grant = office.administrator
    if grant is None and office.actor != owner:
        found.append(Blocker("contract_end_not_yours", {"contract": key, "person": owner}, (ADMINISTRATOR,)))
    office.stop(KIND, key, "end", *found)
    office.enter(KIND, key, "end", {**contract.facts, "end": day, "ended": True}, texts, grant)


def _entitled(office: Office, contract: Entry, act: str, *blockers: Blocker) -> Grant | None:
    """By which role the actor may do this; None where it is his as owner."""
    grant, owner = office.standing(), contract.facts["owner"]
    found = [*_over(contract), *blockers]
    if grant is None and office.actor != owner:
        found.append(Blocker("contract_not_yours", {"contract": contract.key, "person": owner}, (ADMINISTRATOR,)))
    office.stop(KIND, contract.key, act, *found)
    return grant


def _over(contract: Entry) -> list[Blocker]:
    return [Blocker("contract_ended", {"contract": contract.key})] if contract.facts["ended"] else []


def _values(office: Office, before: Mapping[str, Any], said: ContractTerms) -> dict[str, Any]:
    """All facts, with what is said in its place, checked."""
    facts = {**before, **_period(said)}
    facts |= {n: v for n in ("reversibility", "personal_data") if (v := getattr(said, n)) is not None}
    if said.start is not None:
        facts["start"] = start_of(said.start)[:10]
    if said.renewal is not None:
        if said.renewal not in RENEWALS:
            raise BadInput("no_choice", field="renewal", value=said.renewal, known=[*RENEWALS])
        facts["renewal"] = said.renewal
    if said.owner is not None:
        facts["owner"] = office.human(said.owner)
    if said.assets is not None:
        facts["assets"] = office.assets(said.assets)
    return facts


def _period(said: ContractTerms) -> dict[str, Any]:
    """The end and the notice as they are said; a notice is said in one way."""
    found: dict[str, Any] = {}
    if said.end is not None:
        found["end"] = _day(said.end)
    if said.notice is not None and said.notice_days is not None:
        raise BadInput("contract_two_notices")
    if said.notice is not None:
        found |= {"notice": _day(said.notice), "notice_days": None}
    if said.notice_days is not None:
        if not 1 <= said.notice_days <= LONGEST_NOTICE:
            raise BadInput("contract_notice_days", value=said.notice_days, longest=LONGEST_NOTICE)
        found |= {"notice": None, "notice_days": said.notice_days}
    return found


def _day(value: Day) -> str | None:
    return start_of(value)[:10] if value != "" else None


def _must_follow(facts: Mapping[str, Any]) -> None:
    """
    Raises:
        BadInput: the days of a contract do not follow one another: its start, its notice, its end.
    """
    start, end = facts["start"], facts["end"]
    if end is not None and end < start:
        raise BadInput("contract_end_first", start=start, end=end)
    if end is None and (facts["notice"] or facts["notice_days"]):
        raise BadInput("contract_notice_endless")
    days = timedelta(days=facts["notice_days"] or 0)
    if days > date.fromisoformat(end or start) - date.fromisoformat(start):
        raise BadInput("contract_notice_long", days=facts["notice_days"], start=start, end=end)
    if facts["notice"] is not None and not start <= facts["notice"] <= end:
        raise BadInput("contract_notice_day", value=facts["notice"], start=start, end=end)


def _words(said: ContractTerms) -> dict[str, str]:
    """Texts that are said; only the link can be taken away."""
    found = {
        name: clean_text(value, field=name, limit=LONGEST_LABEL)
        for name in ("supplier", "subject")
        if (value := getattr(said, name)) is not None
    }
    if said.link is not None:
        found["link"] = clean_text(said.link, field="link", limit=LONGEST_TEXT) if said.link else ""
    return found
