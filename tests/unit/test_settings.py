"""flowgov.toml: found by walking up, read strictly, and who acts under it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowgov.errors import BadInput
from flowgov.settings import Remind, Settings, find, from_folder, load, read

FULL = """
database = "sqlite:///governance.db"
organisation = "Maison Tallec SAS"
language = "fr"

[evidence]
store = "pieces"
largest = 1000

[identity]
mode = "system"

[identity.users]
helene = "htallec"

[audit]
vault = "../safe"
anchors = ["/mnt/nas/flowgov/", "git:../anchors", "tsa:https://tsa.example.org"]
trust = ["log+01234567+AAAA"]
witnesses = ["w1+89abcdef+AAAA", "w2+89abcdef+AAAA"]
quorum = 2
timestamp_ca = "~/ca.pem"

[calendar]
country = "BE"
subdivision = "WAL"
time_zone = "Europe/Brussels"

[notify]
urls = ["mailto://bot:s3cret@mail.example.org?to={email}"]

[remind]
before_days = 5
escalate_after_days = 10
escalate_to = ["sponsor", "business_owner"]
memory = "sent.json"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "flowgov.toml"


def test_everything_can_be_set(toml: Path) -> None:
    toml.write_text(FULL, encoding="utf-8")

    assert read(toml) == Settings(
        path=toml,
        database=f"sqlite:///{toml.parent}/governance.db",
        organisation="Maison Tallec SAS",
        language="fr",
        store=toml.parent / "pieces",
        largest=1000,
        mode="system",
        users={"helene": "htallec"},
        vault=toml.parent / "../safe",
        anchors=("/mnt/nas/flowgov/", "git:../anchors", "tsa:https://tsa.example.org"),
        trust=("log+01234567+AAAA",),
        witnesses=("w1+89abcdef+AAAA", "w2+89abcdef+AAAA"),
        quorum=2,
        timestamp_ca=Path("~/ca.pem").expanduser(),
        time_zone="Europe/Brussels",
        country="BE",
        subdivision="WAL",
        notify=("mailto://bot:s3cret@mail.example.org?to={email}",),
        remind=Remind(5, 10, ("sponsor", "business_owner"), toml.parent / "sent.json"),
    )


def test_nothing_must_be_set(toml: Path) -> None:
    toml.touch()

    assert read(toml) == Settings(
        path=toml, store=toml.parent / "evidence", remind=Remind(memory=toml.parent / "reminded.json")
    )


def test_the_addresses_of_notifications_are_not_shown(toml: Path) -> None:
    toml.write_text(FULL, encoding="utf-8")

    assert "s3cret" not in repr(read(toml))


def test_the_file_is_found_from_a_folder_below(toml: Path) -> None:
    toml.touch()
    below = toml.parent / "a" / "b"
    below.mkdir(parents=True)

    assert find(below) == toml


def test_the_nearest_file_wins(toml: Path) -> None:
    toml.touch()
    nearer = toml.parent / "a" / "flowgov.toml"
    nearer.parent.mkdir()
    nearer.touch()

    assert find(nearer.parent) == nearer


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path).database is None


@pytest.mark.parametrize(
    ("content", "reason", "place"),
    [
        ("databse = 'x'", "unknown_setting", ":1"),
        ("\n[evidnce]\nstore = 'x'", "unknown_setting", ":2"),
        ("[evidence]\nfolder = 'x'", "unknown_setting", ":2"),
        ("[identity]\nuser = 'x'", "unknown_setting", ":2"),
        ("database = 3", "bad_setting", ":1"),
        ("database = ''", "bad_setting", ":1"),
        ("language = 'de'", "bad_setting", ":1"),
        ("evidence = 'x'", "bad_setting", ":1"),
        ("[evidence]\nlargest = 0", "bad_setting", ":2"),
        ("[evidence]\nlargest = true", "bad_setting", ":2"),
        ("[identity]\nmode = 'anybody'", "bad_setting", ":2"),
        ("[identity.users]\nroot = 1", "bad_setting", ":2"),
        ("audit = 'x'", "bad_setting", ":1"),
        ("[audit]\nanchor = ['x']", "unknown_setting", ":2"),
        ("[audit]\nvault = 1", "bad_setting", ":2"),
        ("[audit]\nvault = ''", "bad_setting", ":2"),
        ("[audit]\n\nanchors = 'kept/'", "bad_setting", ":3"),
        ("[audit]\nanchors = ['']", "bad_setting", ":2"),
        ("[audit]\nanchors = [1]", "bad_setting", ":2"),
        ("[audit]\ntrust = 'x'", "bad_setting", ":2"),
        ("[audit]\nwitnesses = {}", "bad_setting", ":2"),
        ("[audit]\nquorum = 0", "bad_setting", ":2"),
        ("[audit]\nquorum = '2'", "bad_setting", ":2"),
        ("[audit]\ntimestamp_ca = []", "bad_setting", ":2"),
        ("[calendar]\ncuntry = 'FR'", "unknown_setting", ":2"),
        ("[calendar]\ntime_zone = 1", "bad_setting", ":2"),
        ("[notify]\nurls = 'mailto://x'", "bad_setting", ":2"),
        ("[remind]\nescalate_after_days = 0", "bad_setting", ":2"),
        ("language = 'fr'\ndatabase = sqlite", "settings_malformed", ":2:12"),
        ("language = 'fr'\ndatabase = ", "settings_malformed", ":2"),
        (f"database = {'[' * 9_999}", "settings_malformed", ":1"),
        (f"database = {'9' * 9_999}", "settings_malformed", ":1"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(toml: Path, content: str, reason: str, place: str) -> None:
    toml.write_text(content, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        read(toml)

    assert (caught.value.reason, caught.value.data["place"]) == (reason, f"{toml}{place}")


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("content", ["databse = 1", "database = 3", "x =", "[identity]\nmode = 1"])
def test_every_refusal_has_a_sentence_and_a_hint(toml: Path, content: str, lang: str) -> None:
    toml.write_text(content, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        read(toml)

    assert caught.value.message(lang)
    assert caught.value.hint(lang)


def test_a_misspelt_setting_is_suggested(toml: Path) -> None:
    toml.write_text("databse = 'x'", encoding="utf-8")

    with pytest.raises(BadInput, match="Did you mean database"):
        read(toml)


def test_a_file_that_is_no_text_is_refused(toml: Path) -> None:
    toml.write_bytes(b"\xff\xfe")

    with pytest.raises(BadInput, match="cannot be read"):
        read(toml)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a.db", "sqlite:////base/a.db"),
        ("sqlite:///sub/a.db?x=1", "sqlite:////base/sub/a.db?x=1"),
        ("sqlite+pysqlite:///a.db", "sqlite+pysqlite:////base/a.db"),
        ("sqlite:////abs/a.db", "sqlite:////abs/a.db"),
        ("sqlite:///file:a.db?uri=true", "sqlite:///file:a.db?uri=true"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("nonsense", "nonsense"),
    ],
)
def test_only_relative_files_are_taken_from_the_folder(url: str, expected: str) -> None:
    assert from_folder(url, Path("/base")) == expected


# --- who acts -----------------------------------------------------------------------------------------------------

TRUSTED, MAPPED = Settings(), Settings(users={"helene": "htallec"})
SYSTEM = Settings(mode="system", users={"helene": "htallec"})


@pytest.mark.parametrize(
    ("settings", "asked", "user", "acts"),
    [
        (TRUSTED, "kbenali", "root", "kbenali"),
        (MAPPED, None, "helene", "htallec"),
        (MAPPED, "kbenali", "helene", "kbenali"),
        (SYSTEM, None, "helene", "htallec"),
        (SYSTEM, "htallec", "helene", "htallec"),
    ],
)
def test_who_acts(settings: Settings, asked: str | None, user: str, acts: str) -> None:
    assert settings.acting(asked, user) == acts


@pytest.mark.parametrize(
    ("settings", "asked", "user", "reason"),
    [
        (TRUSTED, None, "root", "nobody_acts"),
        (MAPPED, None, "root", "nobody_acts"),
        (SYSTEM, "kbenali", "helene", "not_yourself"),
        (SYSTEM, None, "root", "unmapped_user"),
        (SYSTEM, "htallec", "root", "unmapped_user"),
    ],
)
def test_who_does_not_act(settings: Settings, asked: str | None, user: str, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        settings.acting(asked, user)

    assert caught.value.reason == reason


def test_settings_stand_on_a_low_floor() -> None:
    script = "import sys, flowgov.settings; print({'click', 'sqlalchemy', 'tomllib'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
