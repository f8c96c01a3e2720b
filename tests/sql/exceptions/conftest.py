"""The books in which rules find their offences."""

import pytest

from tests.sql.books import open_books
from tests.sql.harness import load


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    partner = {"calendar_id": "weekdays", "zone": "UTC", "active": True}
    load(
        case_url,
        {
            "partner": [
                partner | {"partner_id": "v1", "kind": "VENDOR", "name": "V1"},
                partner | {"partner_id": "ups", "kind": "CARRIER", "name": "UPS"},
            ]
        },
    )
    return case_url
