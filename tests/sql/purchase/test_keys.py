"""The unique keys on which "once" stands; with one of them gone something would happen twice."""

from collections import Counter

from tests.mutations.keys import unique_keys

KEYS = """
card_registration(customer_id, token)
card_registration(gateway, profile, token)
card_registration(registration_ref)
certificate(day)
certificate(hash)
certificate(previous_hash)
certified_sale(entry_id)
customer(storefront, customer_ref)
effect(effect_key)
entry_receipt(entry_id)
line_part(order_line_id, part_no)
notice(effect_id)
notice(nature, audience, about)
order_account(effect_id)
order_account(sales_order_id, account)
order_entry(spool, spool_seq)
order_line(entry_row_id, sku)
order_line(sales_order_id, line_no)
payment(payment_ref)
payment(sales_order_id, seq)
payment_approval(payment_ref)
payment_attempt(our_ref)
payment_attempt(payment_ref)
payment_attempt(payment_ref)
payment_attempt(payment_ref, attempt_no)
payment_attempt(payment_ref, kind)
payment_gateway(gateway)
purchase(entry_id)
purchase_tender(payment_ref)
sales_order(entry_id)
sales_order(order_ref)
service(order_line_id)
settled_batch(gateway, batch_id)
settled_transaction(gateway, batch_id, gateway_ref)
stock_movement(source_doc, line_no, kind)
stock_notice(nature, about)
store_canary(storefront, gateway, tried_at)
store_control(storefront)
tender(payment_ref)
vendor_draw(order_line_id)
""".split("\n")[1:-1]
"""One capture and one live attempt of a payment are two indexes on the same column."""


def test_every_key_that_keeps_something_from_happening_twice_is_there(case_url: str) -> None:
    found = Counter(f"{key.table}({', '.join(key.columns)})" for key in unique_keys(case_url))
    assert found == Counter(KEYS)
