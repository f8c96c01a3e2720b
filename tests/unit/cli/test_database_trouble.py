"""Commands on a database that is not there say so in one sentence."""

import socket

import pytest

from tieout.cli.main import REFUSED, main
from tieout.kernel.settings import settings


@pytest.mark.parametrize("command", [["status"], ["explain", "O1"], ["quarantine", "list"]])
def test_a_database_that_does_not_answer_is_named(command, monkeypatch, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        monkeypatch.setenv("TIEOUT_DATABASE_URL", f"postgresql://me:hush@127.0.0.1:{port}/none")
        settings.cache_clear()
        assert main(command) == REFUSED
    settings.cache_clear()
    said = capsys.readouterr().err
    assert "[database-not-ready]" in said
    assert "TIEOUT_DATABASE_URL" in said
    assert "hush" not in said
