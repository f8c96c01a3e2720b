"""The harness must see what is missing, what is too much, and what is another value."""

import pytest

from tests.sql import harness

PARTNER = {"partner_id": "shop", "kind": "STOREFRONT", "name": "Shop", "calendar_id": "weekdays"}
ENTRY = {"entry_row_id": 7, "status": "VALID", "captured_at": "2026-03-02T06:00:00Z"}
NOTHING = {"execute": "SELECT 1"}


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ([{"entry_row_id": 7, "captured_at": "2026-03-02 07:00:00+01"}], True),
        ([{"status": "VALID"}], True),
        ([{"status": "RECEIVED"}], False),
        ([], False),
        ([{"status": "VALID"}, {"status": "VALID"}], False),
    ],
)
def test_compares_all_rows_and_named_columns(
    case_url: str, expected: list[harness.Row], holds: bool
) -> None:
    case = {
        "given": {"partner": [PARTNER], "order_entry": [ENTRY]},
        "run": NOTHING,
        "expect": {"order_entry": expected},
    }
    if holds:
        harness.check(case_url, case)
    else:
        with pytest.raises(AssertionError, match="order_entry"):
            harness.check(case_url, case)


def test_identities_go_on_behind_given_rows(case_url: str) -> None:
    insert = {"execute": "INSERT INTO order_entry (order_ref) VALUES ('R-1')"}
    harness.check(
        case_url,
        {
            "given": {"order_entry": {"defaults": {"order_ref": "R-0"}, "rows": [ENTRY]}},
            "run": [insert],
            "expect": {
                "order_entry": [
                    {"entry_row_id": 7, "order_ref": "R-0"},
                    {"entry_row_id": 8, "order_ref": "R-1", "status": "RECEIVED"},
                ]
            },
        },
    )


def test_guards_hold_again_after_loading(case_url: str) -> None:
    harness.load(case_url, {"order_entry": [ENTRY]})
    refused = {"execute": "UPDATE order_entry SET status = 'RECEIVED'"}
    with pytest.raises(Exception, match="no transition VALID to RECEIVED"):
        harness.check(case_url, {"run": refused})
