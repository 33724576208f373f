"""Whatever is typed: one clear error, or it is kept as it was typed; never a traceback, never half a row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.walks.company import open_crm, staffed_crm

from flowgov import BadInput, Engine, FlowgovError

NAMES = (
    "Hélène Tallec",
    "محمد بن علي",
    "Владимир Ильин",
    "王小明",
    "Nguyễn Thị Minh Khai",
    "Zoë 👩\u200d💻",
    "O'Brien; DROP TABLE flowgov_record",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "%s %(x)s {x}",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_person_has_a_name_in_any_script(engine: Engine, name: str) -> None:
    engine.add_person("new", name=name, by="htallec")

    assert engine.person("new").name == name


@pytest.mark.parametrize("title", NAMES)
def test_a_project_has_a_title_in_any_script(engine: Engine, title: str) -> None:
    engine.open_project("CRM", workflow="standard", title=title, by="ebihan", objective=f"{title}\n{title}")

    assert (engine.project("CRM").title, engine.project("CRM").objective) == (title, f"{title}\n{title}")


@pytest.mark.parametrize("reason", NAMES)
def test_a_reason_is_given_in_any_script(engine: Engine, reason: str) -> None:
    staffed_crm(engine)

    engine.move("CRM", "hold", by="kbenali", reason=reason)

    assert engine.history("CRM")[-1].texts["reason"] == reason


@pytest.mark.parametrize("name", ["a\x00b", "a\x1b[31m", "a\u202eb", "a\u2066b", "a\u200fb", "a\u200bb", "\ud800"])
@pytest.mark.parametrize(
    "deed",
    [
        lambda engine, text: engine.add_person("new", name=text, by="htallec"),
        lambda engine, text: engine.open_project("NEW", workflow="standard", title=text, by="ebihan"),
        lambda engine, text: engine.open_project("NEW", workflow="standard", title="New", objective=text, by="ebihan"),
        lambda engine, text: engine.move("CRM", "hold", by="kbenali", reason=text),
        lambda engine, text: engine.add_evidence("CRM", "charter", by="ebihan", link=text),
    ],
    ids=["name", "title", "objective", "reason", "link"],
)
def test_t28_unicode_spoofing_of_names_a_text_that_hides_something_is_refused(
    engine: Engine, name: str, deed: Callable[[Engine, str], object]
) -> None:
    open_crm(engine)
    before = len([*engine.log()])

    with pytest.raises(BadInput) as caught:
        deed(engine, name)

    assert (caught.value.reason, len([*engine.log()])) == ("text_character", before)


@pytest.mark.parametrize("login", ["Kbenali", "kbеnali", "kbenali\u200b", "k benali", "ｋbenali", "", "-k", "k\n"])
def test_t28_unicode_spoofing_of_names_no_login_looks_like_another(engine: Engine, login: str) -> None:
    with pytest.raises(BadInput) as caught:
        engine.add_person(login, name="Karim Benali", by="htallec")

    assert caught.value.reason == "bad_login"


def test_a_login_is_one_persons(engine: Engine) -> None:
    with pytest.raises(BadInput) as caught:
        engine.add_person("kbenali", name="Karim Benali", by="htallec")

    assert caught.value.reason == "login_taken"


@pytest.mark.parametrize("email", ["kbenali", "a@b", "a b@example.org", "a@example.org\nBcc: x@example.org", "@x.y"])
def test_an_address_that_is_none_is_refused(engine: Engine, email: str) -> None:
    with pytest.raises(BadInput):
        engine.add_person("new", name="New", email=email, by="htallec")


@pytest.mark.parametrize("key", ["", "crm", "C R", "../CRM", "CRM\n", "ÉTÉ", "X" * 33, "-X", "org\x00"])
def test_t18_path_traversal_a_project_key_is_plain(engine: Engine, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        engine.open_project(key, workflow="standard", title="x", by="ebihan")

    assert caught.value.reason == "bad_key"


ODD = ("\x00", "a\x00", "\ud800", "", " ", "💥", "' OR 1=1 --", "%", "x" * 10_000, "CRM\n")


def clear(deed: Callable[[Engine, str], object], engine: Engine, odd: str) -> bool:
    """Whether the deed answers with an error of flowgov's that can be read in French too."""
    try:
        deed(engine, odd)
    except FlowgovError as error:
        return bool(error.message("fr"))
    except Exception:
        return False
    return False


@pytest.mark.parametrize(
    "deed",
    [
        lambda engine, odd: engine.move(odd, "hold", by="kbenali"),
        lambda engine, odd: engine.move("CRM", odd, by="kbenali"),
        lambda engine, odd: engine.move("CRM", "hold", by=odd),
        lambda engine, odd: engine.explain(odd, odd, by=odd),
        lambda engine, odd: engine.open_project("NEW", workflow=odd, title="x", by="ebihan"),
        lambda engine, odd: engine.open_project("NEW", workflow="standard", title="x", by=odd),
        lambda engine, odd: engine.open_project("NEW", workflow=odd, title="x", by="ebihan", idempotency_key="k"),
        lambda engine, odd: engine.approve("CRM", "validate_need", by="kbenali", role=odd),
        lambda engine, odd: engine.grant_role(odd, "kbenali", by="htallec"),
        lambda engine, odd: engine.grant_role("sponsor", odd, by="htallec"),
        lambda engine, odd: engine.grant_role("sponsor", "kbenali", project=odd, by="htallec"),
        lambda engine, odd: engine.grant_role("sponsor", "kbenali", start=odd, by="htallec"),
        lambda engine, odd: engine.revoke_role(odd, odd, by=odd),
        lambda engine, odd: engine.add_evidence("CRM", odd, by="ebihan", link="x"),
        lambda engine, odd: engine.project(odd),
        lambda engine, odd: engine.person(odd),
        lambda engine, odd: engine.workflow(odd),
        lambda engine, odd: engine.history(odd),
        lambda engine, odd: [*engine.log(project=odd)],
        lambda engine, odd: [*engine.log(person=odd)],
        lambda engine, odd: [*engine.log(event=odd)],
        lambda engine, odd: [*engine.log(start=odd)],
    ],
)
def test_an_odd_name_gets_one_clear_error(engine: Engine, deed: Callable[[Engine, str], object]) -> None:
    open_crm(engine)

    unclear = [odd for odd in ODD if not clear(deed, engine, odd)]

    assert unclear == []


@pytest.mark.parametrize("key", ["\ud800", "a\x00b", "💥", " "])
def test_an_odd_idempotency_key_is_kept_or_refused(engine: Engine, key: str) -> None:
    staffed_crm(engine)

    try:
        first = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key=key)
    except FlowgovError as error:
        assert (error.code, engine.project("CRM").state.id) == ("bad_input", "need_expressed")
    else:
        assert engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key=key) == first


def test_a_filter_for_nobody_finds_nothing(engine: Engine) -> None:
    assert engine.assignments(person="nobody", role="nothing", project="NOWHERE") == ()


def test_a_reason_is_not_a_book(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="x" * 4001)

    assert (caught.value.reason, caught.value.data["limit"]) == ("text_too_long", 4000)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "governance.db",
        "://",
        "postgresql",
        "postgresql://host:port/d",
        "mysql://h/d",
        "sqlite:///governance.db?timeout=soon",
        "sqlite+aiosqlite:///governance.db",
        "sqlite+nothing:///governance.db",
        "postgresql+asyncpg://h/d",
        "postgresql+nothing://h/d",
    ],
)
def test_a_database_that_cannot_be_is_told_at_once(url: str) -> None:
    with pytest.raises(BadInput):
        Engine.open(url)
