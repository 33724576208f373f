"""Assets and what projects touch, as people type and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.walks.cli.conftest import Type
from tests.walks.continuity import definition

from flowgov import Engine, FixedClock
from flowgov.dossier.assets import AssetDescription

TODAY = datetime.now(UTC).date()


def day(days: int) -> str:
    """So many days from today."""
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture
def kept(cli: Type, url: str) -> Type:
    """CRM on a lifecycle that blocks; A1 is kbenali's, critical, kept by nroussel, and needs A2; nobody tested A1."""
    with Engine.open(url) as engine:
        engine.register_workflow(definition(), by="htallec")
        said = {"frequency": "daily", "place": "offsite"}
        for key, owner, needs in (("A2", "slegoff", None), ("A1", "kbenali", ["A2"])):
            described = AssetDescription(name=f"Asset {key}", owner=owner, holder="nroussel", needs=needs, **said)  # type: ignore[arg-type]
            engine.assets.record(described, key=key, by="htallec")
    for line in (
        "open CRM --workflow continuity --title CRM --as ebihan",
        "role grant business_owner kbenali --project CRM --as htallec",
        "role grant technical_owner ykerbrat --project CRM --as htallec",
    ):
        assert cli(line).code == 0
    return cli


# --- saying what there is ---------------------------------------------------------------------------------------------


def test_an_asset_takes_one_command(cli: Type) -> None:
    added = cli(
        'asset add --name "Online shop" --owner kbenali --holder ykerbrat --type support --classification secret '
        "--criticality 3 --personal-data yes --supplier Ovh --single yes --rto 4 --rpo 1 --backup hourly "
        "--place provider --as htallec"
    )

    assert (added.code, added.out) == (0, "A-01 is recorded.\n")
    data = cli("asset show A-01 --json").json["data"]
    assert (data["name"], data["owner"], data["holder"], data["criticality"], data["backup"]) == (
        "Online shop",
        "kbenali",
        "ykerbrat",
        3,
        {"frequency": "hourly", "place": "provider", "last": None},
    )


def test_the_starters_are_named_and_recorded_once(cli: Type) -> None:
    first = cli("asset starter --owner kbenali --as htallec")
    again = cli("asset starter --owner kbenali --as htallec", FLOWGOV_LANG="fr")

    assert [line.partition(".")[0] for line in first.out.splitlines()] == [
        "A-01 is recorded: Customer data",
        "A-02 is recorded: Payment system",
    ]
    assert (again.code, again.out, again.err) == (0, "", "Les deux sont déjà enregistrés.\n")


def test_an_asset_is_changed_backed_up_tested_and_retired(kept: Type) -> None:
    outs = [
        kept(line).out
        for line in (
            'asset change A1 --name "The shop" --rto 2 --as kbenali',
            f"asset backup A1 --on {day(-1)} --as nroussel",
            f"asset test A1 --on {day(-2)} --result failed --as nroussel",
            f"asset test A1 --on {day(-1)} --result passed --rto 6 --evidence https://e.org --as nroussel",
            "asset retire A1 --reason Replaced --as kbenali",
        )
    ]

    assert outs == [
        "A1 is changed.\n",
        f"A1 was backed up on {day(-1)}.\n",
        f"Restoring A1 failed its test on {day(-2)}.\n",
        f"Restoring A1 passed its test on {day(-1)}.\n",
        "A1 is retired.\n",
    ]
    assert kept("audit verify").code == 0


def test_the_card_says_everything(kept: Type) -> None:
    kept(f"asset test A1 --on {day(-1)} --result passed --rto 6 --as nroussel")
    kept("asset change A1 --rto 2 --as kbenali")

    shown = kept("asset show A1", FLOWGOV_LANG="fr").out

    assert shown.splitlines()[0] == "A1  Asset A1"
    for part in ("kbenali", "nroussel", "A2", f"{day(-1)}", "4 sur 4"):
        assert part in shown


def test_the_list_begins_with_the_most_critical_and_leaves_out_what_is_retired(kept: Type) -> None:
    kept("asset change A1 --criticality 1 --as kbenali")
    kept("asset retire A1 --reason Gone --as kbenali")
    listed, everything = kept("asset list").out.splitlines(), kept("asset list --all").out.splitlines()

    assert [line.split()[0] for line in listed[1:]] == ["A2"]
    assert [line.split()[0] for line in everything[1:]] == ["A2", "A1"]
    assert "retired" in everything[2]


def test_where_nothing_is_recorded_the_first_command_is_told(cli: Type) -> None:
    listed = cli("asset list")

    assert (listed.code, listed.out) == (0, "")
    assert "flowgov asset starter --owner PERSON" in listed.err


def test_needs_are_given_or_taken_away_not_both(kept: Type) -> None:
    both = kept("asset change A1 --needs A2 --needs-nothing --as kbenali")
    nothing = kept("asset change A1 --needs-nothing --as kbenali")

    assert (both.code, nothing.code, kept("asset show A1 --json").json["data"]["needs"]) == (2, 0, [])


def test_a_text_that_plays_tricks_with_a_terminal_is_refused(cli: Type) -> None:
    refused = cli(["asset", "add", "--name", "Shop\x1b[31m", "--owner", "kbenali", "--as", "htallec"])

    assert (refused.code, cli("asset list").out) == (2, "")


@pytest.mark.parametrize(
    "line",
    [
        "asset add --name x --owner kbenali --criticality 5 --as htallec",
        "asset add --name x --owner kbenali --classification hidden --as htallec",
        "asset add --name x --owner kbenali --backup daily --as htallec",
        "asset change A1 --as kbenali",
        "asset change A2 --needs A1 --as slegoff",
        f"asset backup A1 --on {day(2)} --as nroussel",
        f"asset test A1 --on {day(-1)} --result failed --rto 3 --as nroussel",
        f"asset test A1 --on {day(-1)} --result never --as nroussel",
        "asset retire A1 --reason '' --as kbenali",
        "asset touch CRM --as kbenali",
        "asset touch CRM A1 --none --reason x --as kbenali",
        "asset touch CRM A1 --reason x --as kbenali",
        "asset touch CRM --none --as kbenali",
        "asset touch CRM --none --reason '' --as kbenali",
    ],
)
def test_wrong_input_is_told_and_nothing_is_recorded(kept: Type, line: str) -> None:
    before = len(kept("audit log").out.splitlines())

    answer = kept(line)

    assert (answer.code, answer.out, len(kept("audit log").out.splitlines())) == (2, "", before)
    assert answer.err


# --- round the rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("asset change A1 --criticality 1 --as ykerbrat", "Only kbenali, who owns A1"),
        ("asset change A1 --classification public --as nroussel", "Only kbenali, who owns A1"),
        ("asset change A1 --owner ykerbrat --as ykerbrat", "Only kbenali, who owns A1"),
        ("asset change A1 --needs-nothing --as ykerbrat", "Only kbenali, who owns A1"),
        ("asset retire A1 --reason x --as ykerbrat", "Only kbenali, who owns A1"),
        ("asset retire A2 --reason x --as slegoff", "A1 still need A2"),
        ("asset release CRM A1 --reason x --as ykerbrat", "Only kbenali, who owns A1"),
        ("asset release CRM A1 --reason x --as htallec", "Only kbenali, who owns A1"),
        ("asset change A1 --supplier x --as ebihan", "Only an administrator"),
        ("asset add --name x --owner ebihan --as ebihan", "Only an administrator"),
        ("asset touch CRM A2 --as htallec", "Only the person who opened the project"),
        ("move CRM secure --as kbenali", "No recovery, continuity or emergency plan covers the critical asset A1"),
    ],
)
def test_what_is_not_his_is_refused_and_who_may_is_told(kept: Type, line: str, told: str) -> None:
    kept("asset touch CRM A1 --as ykerbrat")

    answer = kept(line)

    assert (answer.code, answer.out) == (1, "")
    assert told in " ".join(answer.err.split())
    assert kept("audit verify").code == 0


# --- what projects touch ----------------------------------------------------------------------------------------------


def test_what_a_project_touches_is_said_shown_and_taken_back(kept: Type) -> None:
    unknown = kept("asset touched CRM")
    none = kept('asset touch CRM --none --reason "Only tests" --as ebihan')
    touched_none = kept("asset touched CRM").out.splitlines()
    some = kept("asset touch CRM A1 A2 --as ykerbrat")
    released = kept("asset release CRM A2 --reason Elsewhere --as slegoff")

    assert (unknown.out, unknown.err) == ("", "Nobody has said which assets CRM touches.\n")
    assert (none.out, some.out, released.out) == (
        "CRM touches no registered asset.\n",
        "CRM touches A1, A2.\n",
        "CRM does not touch A2.\n",
    )
    assert "Only tests" in touched_none[1]
    assert [line.split()[0] for line in kept("asset touched CRM").out.splitlines()[1:]] == ["A1"]
    data = kept("asset touched CRM --json").json["data"]
    assert [(one["asset"], one["touched"]) for one in data] == [("A1", True)]


def test_why_names_what_is_missing_and_the_command_that_helps(kept: Type) -> None:
    unnamed = kept("why CRM --as kbenali").out
    kept("asset touch CRM A1 --as kbenali")

    told = " ".join(kept("why CRM --as kbenali").out.split())

    assert "flowgov asset touch CRM ASSET --as ykerbrat" in " ".join(unnamed.split())
    assert "Restoring the critical asset A1, which kbenali owns, was never tested." in told
    assert "flowgov asset backup A2 --on DATE --as ykerbrat" in told


def test_what_a_deployment_makes_due_is_shown_until_it_was_tested(cli: Type, url: str) -> None:
    deployed = datetime.now(UTC) - timedelta(days=20)
    with Engine.open(url, clock=FixedClock(deployed)) as engine:
        engine.register_workflow(definition("warn"), by="htallec")
        engine.open_project("CRM", workflow="continuity", title="CRM", by="ebihan")
        engine.grant_role("business_owner", "kbenali", project="CRM", by="htallec")
        engine.assets.record(AssetDescription(name="Online shop", owner="kbenali"), key="A1", by="kbenali")
        engine.assets.touch("CRM", ["A1"], by="kbenali")
        for move in ("secure", "deploy"):
            engine.move("CRM", move, by="kbenali")

    last = (deployed.date() + timedelta(days=30)).isoformat()
    due, later = cli("asset due"), cli(f"asset due --at {day(11)} --json").json["data"]
    within = cli("due --within 40").out
    sooner = cli("due --within 5").out
    cli(f"asset test A1 --on {day(0)} --result passed --as kbenali")
    over = cli("asset due")

    assert due.out.splitlines()[1].split() == [
        "A1",
        "Online",
        "shop",
        "CRM",
        deployed.date().isoformat(),
        last,
        "kbenali",
    ]
    assert [(one["asset"], one["due"], one["late"]) for one in later] == [("A1", last, True)]
    assert ("the restore test of A1, which a deployment touched · Online shop" in within, "restore test" in sooner) == (
        True,
        False,
    )
    assert (over.out, over.err) == ("", "No restore test is due.\n")
