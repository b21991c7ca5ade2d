"""The command line as a newcomer meets it: every command listed with its own words, and none paid for unless called."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from admin.cli import COMMANDS, main

SERVICE = ("storage", "exchange.exchange", "exchange.api", "asyncpg", "minio", "sqlalchemy", "alembic", "signing.gate")
AGENCY_SIDE = ("compose", "verify", "send", "outbox", "show", "receipt", "inbox", "fetch", "confirm", "report")


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_where_the_list_says_and_speaks_for_itself(name: str) -> None:
    assert command(name).name == name
    assert command(name).get_short_help_str(limit=500).rstrip(".") == COMMANDS[name].help


def test_every_command_of_a_module_is_listed() -> None:
    modules = {place.module for place in COMMANDS.values()}
    assert {one.name for module in modules for one in import_module(module).COMMANDS} == set(COMMANDS)


def test_help_lists_every_command_in_order_and_in_full() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80)
    words = " ".join(shown.output.split())
    places = [words.index(f" {name} {place.help}") for name, place in COMMANDS.items()]
    assert places == sorted(places)
    assert max(map(len, shown.output.splitlines())) <= 80


@pytest.mark.parametrize("name", [name for name in COMMANDS if isinstance(command(name), click.Group)])
def test_help_of_a_group_lists_its_commands_in_full(name: str) -> None:
    group = command(name)
    assert isinstance(group, click.Group)
    words = " ".join(CliRunner().invoke(main, [name, "--help"], terminal_width=80).output.split())
    for one in group.commands.values():
        assert f" {one.name} {one.get_short_help_str(limit=500)}" in words


def test_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["inbocks"]).exit_code == 2


@pytest.mark.parametrize("name", AGENCY_SIDE)
def test_agencys_commands_load_nothing_of_the_service(name: str) -> None:
    program = (
        "import sys; from click.testing import CliRunner; from admin.cli import main;"
        f"assert CliRunner().invoke(main, [{name!r}, '--help']).exit_code == 0;"
        f"print([one for one in {SERVICE!r} if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
