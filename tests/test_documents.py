"""What the documents say is so: settings, commands, targets and links are those that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from admin.cli import main
from admin.cli_show import STATES
from exchange.settings import PREFIX, SECRETS, Settings

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings_table() -> str:
    """The table that docs/operating.md must carry, from the settings themselves."""
    lines = ["| setting | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        file = ", also `…_FILE`" if name in SECRETS else ""
        lines.append(f"| `{PREFIX}{name.upper()}`{file} | {default} | {field.description} |")
    return "\n".join(lines)


def code_of(text: str) -> list[str]:
    """Lines of code in the document, continued ones joined, comments dropped, and code within a sentence."""
    blocks = "".join(re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)).replace("\\\n", " ")
    rest = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [line.partition(" #")[0] for line in blocks.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def calls_in(text: str) -> list[str]:
    """Every call of the command line, without its name."""
    parts = (part.strip() for line in code_of(text) for part in re.split(r"&&|\|", line))
    return [part.removeprefix("lienthong ") for part in parts if part.startswith("lienthong ")]


def wrong_in(call: str) -> str:
    """What of a call the command line does not know; empty when it knows all of it."""
    words = call.split()
    command: click.Command | None = main.get_command(click.Context(main), words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        command = command.commands.get(words[1])
    if command is None:
        return " ".join(words[:2])
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return " ".join(sorted(set(re.findall(r"(?<=\s)--[a-z-]+", call)) - known))


def test_settings_are_listed_as_they_are() -> None:
    assert settings_table() in read("docs/operating.md"), f"docs/operating.md needs this table:\n{settings_table()}"


@pytest.mark.parametrize("name", NAMES)
def test_settings_named_in_a_document_exist(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    known |= {f"{PREFIX}{field.upper()}_FILE" for field in SECRETS}
    known |= {f"{PREFIX}{word}" for word in ("URL", "CREDENTIAL", "CREDENTIAL_FILE", "AS")}
    known |= {f"{PREFIX}SIGN_{word}" for word in ("KEY_FILE", "CERTIFICATE_FILE", "KEY_PASSWORD_FILE")}
    known |= {f"{PREFIX}SIGN_TOKEN{word}" for word in ("", "_LABEL", "_KEY_LABEL", "_PIN", "_PIN_FILE")}
    assert set(re.findall(r"LIENTHONG_[A-Z_]*[A-Z]", read(name))) - known == set()


@pytest.mark.parametrize("name", NAMES)
def test_commands_and_options_named_in_a_document_exist(name: str) -> None:
    calls = {call: wrong_in(call) for call in calls_in(read(name))}
    assert {call: wrong for call, wrong in calls.items() if wrong} == {}


def test_documents_are_searched_for_commands() -> None:
    found = calls_in(
        "```sh\nA=1\nlienthong send x.edxml  # b\nlienthong migrate && lienthong serve\n```\n`lienthong fetch`"
    )
    assert found == ["send x.edxml", "migrate", "serve", "fetch"]
    assert len(calls_in(read("README.md"))) > 10


def test_containers_call_commands_that_exist() -> None:
    services = yaml.safe_load(read("docker-compose.yml"))["services"].values()
    calls = [one["command"] for one in services if one["image"].startswith("lienthong:")]
    calls += [one["healthcheck"]["test"][2:] for one in services if "lienthong" in one["healthcheck"].get("test", ())]
    assert len(calls) >= 4
    assert [wrong for call in calls if (wrong := wrong_in(" ".join(call)))] == []


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_named_in_a_document_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)`", read(name))) - targets == set()


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    places = re.findall(r"\]\((?!https?:)([^)#]+)", read(name))
    assert [place for place in places if not ((ROOT / name).parent / place).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_source_files_named_in_a_document_exist(name: str) -> None:
    paths = re.findall(r"`((?:admin|envelopes|exchange|signing|storage|docs|tests|bench|deploy)/[\w./-]*)`", read(name))
    assert [path for path in paths if not (ROOT / path).exists() and not path.startswith("deploy/secrets/")] == []


def test_states_are_called_what_the_glossary_calls_them() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \d* ?\| ([^|(]*?) (?:\([^|]*)?\|$", read("docs/glossary.md"), flags=re.MULTILINE)
    assert dict(rows) == STATES


def test_every_decision_is_dated_and_says_what_was_rejected() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert re.search(r"^\d{4}-\d{2}-\d{2}$", text, flags=re.MULTILINE), path.name
        assert "**Rejected:**" in text, path.name
