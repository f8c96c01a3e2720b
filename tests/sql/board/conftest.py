"""The board on a database of the test's own, and those who ask it."""

from typing import Annotated

import pytest
from fastapi import Header, HTTPException
from fastapi.testclient import TestClient

from tieout.board.app import board
from tieout.board.web import Person

ORIGIN = "http://testserver"


def who(name: Annotated[str, Header()] = "") -> Person:
    """Olive may decide, anyone else who says a name may look."""
    if not name:
        raise HTTPException(401, "Not authenticated")
    return Person(name, may_decide=name == "olive")


def client(name: str, origin: str = ORIGIN) -> TestClient:
    headers = {"name": name, "origin": origin}
    return TestClient(board(who), headers=headers, follow_redirects=False)


@pytest.fixture
def olive(case_url: str) -> TestClient:
    return client("olive")


@pytest.fixture
def vera(case_url: str) -> TestClient:
    return client("vera")
