"""`tieout keys` and `tieout notices`, as operators use them."""

from pathlib import Path

import pytest

from tests.sql.intake.entries import set_up
from tieout.cli.main import main
from tieout.kernel.settings import database_url
from tieout.storefront_api.known import ask_known


def test_a_key_is_shown_once_listed_and_revoked(
    case_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(case_url, tmp_path)
    assert main(["keys", "make", "shop", "--reason", "new till", "--actor", "ann"]) == 0
    key = capsys.readouterr().out.strip()
    assert ask_known(database_url()).storefront_of(key) == "shop"
    assert ask_known(database_url()).storefront_of(f"{key}x") is None
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    key_id, secret = key.split("_", 2)[1:]
    assert key_id in listed
    assert secret not in listed
    assert main(["keys", "revoke", key_id, "--reason", "lost"]) == 0
    assert ask_known(database_url()).storefront_of(key) is None
    capsys.readouterr()
    assert main(["keys", "revoke", key_id, "--reason", "lost"]) == 2
    assert main(["keys", "make", "nobody", "--reason", "none"]) == 2
    assert "no storefront 'nobody'" in capsys.readouterr().err


def test_a_subject_is_reworded_and_a_nature_switched(
    case_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["notices", "reword", "NEW_ORDER", "STAFF", "--reason", "all of them"]
    assert main([*words, "--on", "--subject", "$order_ref came"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "NEW_ORDER          STAFF     on   $order_ref came" in lines
    assert main([*words, "--subject", "$card"]) == 2
    assert "$order_ref" in capsys.readouterr().err
    assert main([*words[:2], "NO_SUCH", "STAFF", "--off", "--reason", "none"]) == 2
