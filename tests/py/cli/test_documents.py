"""What the documents tell their readers to type does work, and their links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from ahu_sql.cli import main
from ahu_sql.settings import Settings
from ahu_sql.settings_reader import read_settings
from cli.asking import libpq
from databases import Database, fresh_database
from documents import GUIDE, Document, Transcript, documents
from in_force import delete_silently, put_in_force
from monitoring.documents import rules
from plant import RAW_TABLE, plant_readings, raw_table
from product import ahu_sql
from servers.places import CHECKOUT
from servers.running import RunningServer

DOCUMENTS = documents()
README, CONTRIBUTING, MANUAL = (
    Document(CHECKOUT / name) for name in ("README.md", "CONTRIBUTING.md", "sql/API.md")
)
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
"""What `make help` lists."""

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=str)

SQL = [
    pytest.param(block, id=f"{document}: {block.splitlines()[0]}")
    for document in DOCUMENTS
    if document != MANUAL  # whose examples tests/py/api runs, each as who types it
    for block in document.blocks("sql")
]
TRANSCRIPTS = [
    pytest.param(document, transcript, id=f"{document}: {transcript.statement}")
    for document in DOCUMENTS
    for transcript in document.transcripts
    if "schedule_refresh" not in transcript.statement  # wants a scheduler; tests/py/api has one
]


@pytest.fixture(scope="module")
def site(server: RunningServer) -> Iterator[Database]:
    """With a key in quarantine, as the guide has it, and who types its statements; leave it so.

    operator: who watches. application: what comes through the pooler, by either door.
    """
    with fresh_database(server) as database:
        raw_table(database, hypertable=False)
        plant_readings(database, ahus=3, days=8)
        database.execute(f"update {RAW_TABLE} set timestamp = timestamp + interval '547 days'")
        put_in_force(database)
        delete_silently(database, "ahu_id = 'AHU03' and timestamp < '2025-07-06 00:00+09'")
        database.execute(
            f"insert into {RAW_TABLE} (timestamp, ahu_id) values ('2025-07-05 12:03+09', 'AHU03')"
        )
        database.execute("call ahu.refresh_dashboard_views()")
        database.execute("create role operator login in role pg_monitor")
        database.execute("create role application login in role ahu_read, ahu_write")
        yield database


@every_document
def test_links_lead_to_what_is_there(document: Document) -> None:
    assert document.dead_links == []


@every_document
def test_commands_have_the_options_that_they_are_typed_with(document: Document) -> None:
    for arguments in document.calls("ahu-sql"):
        done = CliRunner().invoke(main, [*arguments, "--help"])
        assert done.exit_code == 0, f"ahu-sql {arguments}\n{done.output}"


@every_document
def test_what_is_to_be_made_is_a_target_of_the_makefile(document: Document) -> None:
    for arguments in document.calls("make"):
        assert {word for word in arguments if "=" not in word} <= TARGETS


def test_a_contributor_is_told_of_every_target() -> None:
    told = {word for arguments in CONTRIBUTING.calls("make") for word in arguments}
    assert told >= TARGETS


def test_the_map_of_the_house_has_every_room() -> None:
    """Folders and modules that are there, and none that is not."""
    (drawn,) = CONTRIBUTING.blocks("")
    told = set(re.findall(r"(\d\d_\w+|\w+(?=/)|\w+\.py)", drawn))
    rooms = {
        path.name
        for house in (".", "docs", "examples", "installer/ahu_sql", "sql", "tests", "tests/py")
        for path in (CHECKOUT / house).glob("[!_.]*/")
        if any(path.glob("[!_.]*")) and path.name not in ("build", "dist")
    }
    modules = {
        path.name
        for house in ("installer/ahu_sql", "tests/py")
        for path in (CHECKOUT / house).glob("[!_]*.py")
    }
    within = {path.name for path in (CHECKOUT / "installer").rglob("*.py")}
    assert rooms | modules <= told
    assert {name for name in told if name.endswith(".py")} <= modules | within


@pytest.mark.parametrize("block", SQL)
def test_sql_works(site: Database, block: str) -> None:
    """What is already there is made again, and then all is undone."""
    with site.connect(autocommit=False) as session:
        session.execute("drop role operator")
        session.execute(block)
        session.rollback()


@pytest.mark.parametrize(("document", "transcript"), TRANSCRIPTS)
def test_a_transcript_answers_what_the_database_says(
    site: Database, document: Document, transcript: Transcript
) -> None:
    """Rows are the day's; columns and errors are the same wherever they are asked for."""
    login = "operator" if document == GUIDE else "application"
    with site.connect(
        autocommit=False, user="postgres" if transcript.by_superuser else login
    ) as session:
        session.execute("set time zone 'Asia/Seoul'")
        try:
            cursor = session.execute(transcript.statement)
            assert [one.name for one in cursor.description or ()] == transcript.columns
        except psycopg.Error as error:
            said = error.diag
            words = f"ERROR: {said.message_primary} DETAIL: {said.message_detail}"
            assert f"{words} HINT: {said.message_hint}" == " ".join(
                " ".join(transcript.answer).split()
            )
        session.rollback()


def test_the_quarantine_of_the_guide_is_one(site: Database) -> None:
    (told,) = [one for one in GUIDE.transcripts if "_ahu.quarantine" in one.statement]
    assert [[str(value) for value in row] for row in site.rows(told.statement)] == told.rows


def test_commands_of_the_guide_work_one_after_the_other(database: Database, tmp_path: Path) -> None:
    """On a site; where the guide names another server, it is this one."""
    raw_table(database, hypertable=False)
    plant_readings(database, ahus=2, days=2, minutes=60)
    done = set()
    for arguments in GUIDE.steps("ahu-sql"):
        if "--dsn" in arguments:
            arguments[arguments.index("--dsn") + 1] = database.dsn
        ended = ahu_sql(*arguments, environment=libpq(database), folder=tmp_path)
        fails = arguments[0] in ("doctor", "plan")  # something is found, something is pending
        assert ended.returncode <= int(fails), f"{arguments}\n{ended.stdout}{ended.stderr}"
        done.add(arguments[0])
    assert done == {
        *("init", "doctor", "plan", "install", "status", "refresh", "verify", "uninstall")
    }


def test_what_verify_prints_has_the_columns_of_the_guide(site: Database, tmp_path: Path) -> None:
    printed = ahu_sql("verify", environment=libpq(site), folder=tmp_path).stdout.splitlines()[0]
    assert printed.startswith("unit ")
    told = [block.splitlines()[0].split() for block in GUIDE.blocks("")]
    assert printed.split() in told


def test_the_guide_says_what_to_do_about_each_alert() -> None:
    told = GUIDE.named_in_table("What each alert means")
    assert told == [rule["alert"] for rule in rules()]


@pytest.mark.parametrize(
    "typed",
    [
        f"select * from {RAW_TABLE}",
        "select * from ahu.readings()",
        "select * from ahu.readings('2025-01-01', '2025-03-01')",
        "create temporary table mine ()",
        "set statement_timeout = '1ms'; select pg_sleep(10)",
    ],
)
def test_the_guide_has_what_the_server_tells_a_dashboard_that_may_not(
    site: Database, typed: str
) -> None:
    with site.connect(user="ahu_read") as session, pytest.raises(psycopg.Error) as raised:
        session.execute(typed)
    said = raised.value.diag.message_primary or ""
    messages = GUIDE.named_in_table("What a client may be told")
    assert any(fnmatch(said, message.replace("...", "*")) for message in messages), said


def test_the_settings_of_the_readme_are_the_defaults_and_all_there_are(tmp_path: Path) -> None:
    (block,) = README.blocks("toml")
    config = tmp_path / "ahu-sql.toml"
    config.write_text(block)
    assert read_settings(config, {}, ()) == Settings()
    keys = {
        section.name: {key.name for key in fields(getattr(Settings(), section.name))}
        for section in fields(Settings)
        if section.name != "measures"
    }
    told = {name: set(values) for name, values in tomllib.loads(block).items()}
    assert told.pop("measures") == set(Settings().measures)
    assert told == keys


@pytest.mark.parametrize("block", GUIDE.blocks("toml"))
def test_settings_of_the_guide_are_taken_and_change_something(tmp_path: Path, block: str) -> None:
    config = tmp_path / "ahu-sql.toml"
    config.write_text(block)
    assert read_settings(config, {}, ()) != Settings()


def test_a_document_is_read_as_its_reader_does(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading\n")
    path = tmp_path / "one.md"
    path.write_text(SAMPLE)
    document = Document(path)
    assert document.anchors == ["one", "two-words", "three"]
    assert document.dead_links == ["gone.png", "#four", "there.md#no-heading"]
    assert document.calls("ahu-sql") == [["plan", "--json"], ["status"], ["lint", "AHU101"], []]
    assert document.steps("ahu-sql") == [["plan", "--json"], ["status"]]
    assert document.blocks("sql") == ["select 1;\n"]
    assert document.transcripts == [
        Transcript(False, "select a,\nb;", [" a | b", "---+---", " 1 | 2", "(1 row)"])
    ]
    assert document.transcripts[0].columns == ["a", "b"]
    assert document.transcripts[0].rows == [["1", "2"]]
    assert document.named_in_table("`Two` words") == ["AhuOne", "AhuTwo"]


SAMPLE = """\
# One

## `Two` words

[here](there.md#a-heading), [above](#two-words), [web](https://example.org/#x), ![not](gone.png)
[nor](#four) [nor](there.md#no-heading) `array[1](code.md)`, as `AHU_X=1 ahu-sql lint
AHU101` and `ahu-sql …` say; `ahu-sql.toml`

| `AhuOne`, `AhuTwo` | means `three` |

## Three

| `AhuFour` | stands elsewhere |

```console
# not a heading, [not](a-link.md)
$ A=1 .venv/bin/ahu-sql plan --json   # what for
the answer of `ahu-sql`
```

1. In a list:

   ```sh
   sudo -u postgres ahu-sql status
   ```

   ```sql
   select 1;
   ```

```
db=> select a,
db-> b;
 a | b
---+---
 1 | 2
(1 row)
```
"""
