"""The unique keys on which "once" stands; with one of them gone something would happen twice."""

from tests.sql.payments.shop import Shop
from tests.sql.purchase.conftest import shop

__all__ = ["shop"]

KEYS = {
    "certificate": {("day",), ("hash",), ("previous_hash",)},
    "certified_sale": {("entry_id",)},
    "notice": {("nature", "audience", "about"), ("effect_id",)},
    "effect": {("effect_key",)},
    "payment": {("payment_ref",), ("sales_order_id", "seq")},
    "payment_approval": {("payment_ref",)},
    "payment_attempt": {
        ("our_ref",),
        ("payment_ref", "attempt_no"),
        ("payment_ref",),
        ("payment_ref", "kind"),
    },
    "purchase": {("entry_id",)},
    "purchase_tender": {("payment_ref",)},
    "sales_order": {("entry_id",), ("order_ref",)},
    "settled_batch": {("gateway", "batch_id")},
    "settled_transaction": {("gateway", "batch_id", "gateway_ref")},
    "store_canary": {("storefront", "gateway", "tried_at")},
    "store_control": {("storefront",)},
    "tender": {("payment_ref",)},
}
_UNIQUE = (
    "SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index AS i"
    " CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)"
    " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    " WHERE i.indrelid = %s::regclass AND i.indisunique GROUP BY i.indexrelid"
)


def test_every_key_that_keeps_something_from_happening_twice_is_there(shop: Shop) -> None:
    missing = {
        table: keys - {tuple(columns) for (columns,) in shop.ask(_UNIQUE, table)}
        for table, keys in KEYS.items()
    }
    assert {table: keys for table, keys in missing.items() if keys} == {}


def test_a_tender_has_two_keys_of_one_column(shop: Shop) -> None:
    """One live attempt and one capture are two indexes on the same column."""
    found = [columns for (columns,) in shop.ask(_UNIQUE, "payment_attempt")]
    assert found.count(["payment_ref"]) == 2
