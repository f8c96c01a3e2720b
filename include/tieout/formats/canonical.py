"""The canonical columns of each family: the same for every partner, with units and signs fixed.

Amounts are whole minor units of the currency in the column that their meaning names. Instants are
UTC. A format fills the columns that its files have; the others are null. Every row also has `extra`
(what has no column here, as JSON), `line_no` and `record_no` (where it stands in its file).
"""

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = (
    *("charge", "refund", "refund_reversal", "chargeback", "chargeback_reversal"),
    *("fee", "adjustment", "reserve", "transfer", "payout", "payout_reversal"),
)


@dataclass(frozen=True)
class Column:
    """The type of a canonical column and what it means."""

    type: str
    meaning: str


@dataclass(frozen=True)
class Family:
    """What one row of a family is, and its columns in their order."""

    meaning: str
    columns: Mapping[str, Column]


def _family(meaning: str, columns: str) -> Family:
    """A family from lines of `name type meaning`."""
    words = [line.split(maxsplit=2) for line in columns.strip().splitlines()]
    return Family(meaning, {name: Column(kind, text) for name, kind, text in words})


FAMILIES: Mapping[str, Family] = {
    "settlement_line": _family(
        "A line of a gateway's settlement report: what it added to our balance or took from it.",
        """
        kind text what happened: charge, refund, payout and so on
        gateway_ref text the gateway's reference of the payment
        order_ref text our reference of the order
        original_ref text the gateway's reference of the payment that is given back
        gross_minor money what the customer paid, negative where it was given back, in currency
        fee_minor money what the gateway kept, positive as a cost, in currency
        net_minor money gross less fee, in currency
        currency currency the customer's currency
        settlement_currency currency the currency of our balance
        settlement_net_minor money what our balance gained, in settlement_currency
        settlement_fee_minor money the fee in settlement_currency, positive as a cost
        exchange_rate decimal settlement_currency for one of currency, as the gateway states it
        booked_at timestamp when the gateway booked it
        line_ref text the gateway's own reference of the line
        batch_no text the settlement batch
        payout_ref text the payout that the line is part of
        account text our account at the gateway
        method text card scheme or other method of payment
        """,
    ),
    "payout": _family(
        "A payout of a gateway to our bank account.",
        """
        payout_ref text the gateway's reference of the payout
        payout_kind text payout or payout_reversal
        status text pending, in_transit, paid, failed or cancelled
        currency currency the currency of the payout
        amount_minor money what reaches our bank account, positive to us
        gross_minor money the amount before the fee, positive to us
        fee_minor money what the gateway kept for the payout, positive as a cost
        initiated_at timestamp when the gateway started the payout
        arrives_on date when the money is in our account, the bank's calendar
        bank_ref text the reference that our bank statement shows
        account text our account at the gateway
        method text the way of the money, such as bank_account or card
        description text what the gateway says of the payout
        """,
    ),
    "bank_line": _family(
        "A booked or pending line of our bank statement.",
        """
        account text our account, IBAN where there is one
        currency currency the currency of the account
        amount_minor money positive where our account gained
        booked_on date the booking date, the bank's calendar
        value_on date the value date, the bank's calendar
        status text booked or pending
        bank_ref text the bank's reference of the line
        end_to_end_ref text the reference that the payer gave
        counterparty text the name of the other party
        counterparty_account text the account of the other party
        reference_text text all text of the line
        transaction_code text the bank's or the standard's code of the kind of line
        balance_after_minor money the balance after the line where the file says it
        statement_no text the number of the statement
        opening_minor money the balance before the statement's first line
        closing_minor money the balance after the statement's last line
        original_amount_minor money the amount before conversion, in original_currency
        original_currency currency the currency before conversion
        line_ref text what tells this line from all others of the account
        """,
    ),
    "fx_rate": _family(
        "A reference rate of two currencies on a day.",
        """
        day date the day for which it is published
        base currency the currency of which one unit is worth so much
        quote currency the currency in which that worth is stated
        rate decimal how many units of quote one unit of base was worth
        """,
    ),
    "purchase_order": _family(
        "A line of a purchase order to a vendor.",
        """
        vendor_order_no text the purchase order
        revision integer 1 for the first, higher where the order was changed
        order_ref text our reference of the customer's order
        order_line_no integer the line of the purchase order, from 1
        sku text our number of the article
        vendor_sku text the vendor's number of the article
        barcode text GTIN, EAN or UPC
        description text the article in words
        quantity integer how many pieces
        unit_cost_minor money what the vendor charges for one, in currency
        currency currency the currency of the cost
        ordered_at timestamp when it was ordered
        ship_by date when the vendor is to ship at the latest
        ship_method text carrier and service to be used
        ship_to_name text who receives the goods
        ship_to_street text street and number
        ship_to_city text town
        ship_to_region text state or province
        ship_to_postcode text postcode
        ship_to_country text country, two letters
        ship_to_phone text telephone of who receives
        ship_to_email text mail address of who receives
        """,
    ),
    "vendor_ack": _family(
        "A vendor's answer to one line of a purchase order.",
        """
        vendor_order_no text the purchase order
        order_line_no integer the line of the purchase order, from 1
        sku text our number of the article
        vendor_sku text the vendor's number of the article
        barcode text GTIN, EAN or UPC
        code text A accepted, R rejected, B backordered, P partial
        quantity_ordered integer pieces ordered, as the vendor read it
        quantity_accepted integer pieces that the vendor will ship
        quantity_rejected integer pieces that the vendor will not ship
        quantity_backordered integer pieces that the vendor will ship later
        reason text why not all is accepted
        expected_on date when the vendor promises to ship or deliver
        vendor_ref text the vendor's own number of the order
        price_minor money the vendor's price of one, in currency
        currency currency the currency of the price
        acknowledged_at timestamp when the vendor answered
        """,
    ),
    "shipment": _family(
        "Pieces of one order line in one parcel.",
        """
        vendor_order_no text the purchase order
        order_line_no integer the line of the purchase order, from 1
        sku text our number of the article
        vendor_sku text the vendor's number of the article
        barcode text GTIN, EAN or UPC
        quantity integer pieces in the parcel
        carrier text the carrier
        tracking_no text the carrier's number of the parcel
        shipped_at timestamp when it was shipped
        service text the carrier's service
        shipment_ref text the vendor's number of the shipment
        order_ref text our reference of the customer's order
        package_ref text the number on the parcel, such as an SSCC-18
        bill_of_lading text the number of the bill of lading
        delivers_on date when it is expected to arrive
        tracking_url text where to see the parcel
        """,
    ),
    "tracking_event": _family(
        "What a carrier says happened to a parcel.",
        """
        carrier text the carrier
        tracking_no text the carrier's number of the parcel
        status text pre_transit, in_transit, out_for_delivery, delivered and so on
        occurred_at timestamp when it happened
        location text where it happened, in words
        vendor_order_no text the purchase order where the carrier says it
        order_ref text our reference of the customer's order where the carrier says it
        status_detail text the finer status of the carrier
        event_code text the carrier's code of the event
        description text the carrier's words
        country text country of the place, two letters
        postcode text postcode of the place
        delivered_to text who took the parcel
        expected_on date when the carrier expects to deliver
        """,
    ),
    "inventory": _family(
        "What a vendor has of an article.",
        """
        sku text our number of the article
        vendor_sku text the vendor's number of the article
        barcode text GTIN, EAN or UPC
        description text the article in words
        quantity_on_hand integer pieces in stock
        quantity_available integer pieces that can be ordered
        quantity_backordered integer pieces that are owed to others
        available_on date when there will be more
        unit_cost_minor money what one costs us, in currency
        currency currency the currency of the cost
        warehouse text where the pieces are
        as_at timestamp when the vendor counted
        discontinued text yes or no
        """,
    ),
    "stock_movement": _family(
        "What came into our warehouse, left it, or was counted otherwise.",
        """
        document_no text the warehouse's number of the document
        document_line integer the line of the document, from 1
        kind text receipt, dispatch or adjustment
        sku text our number of the article
        quantity integer pieces; of an adjustment what was found more (or, negative, less)
        order_ref text our reference of the order that a dispatch is for
        order_line_no integer the line of that order, from 1
        warehouse text which warehouse
        occurred_at timestamp when it happened
        """,
    ),
    "invoice": _family(
        "A line of a vendor's invoice or credit note.",
        """
        invoice_no text the vendor's number of the invoice
        kind text invoice or credit_note
        invoice_date date the date of the invoice
        due_on date when it is to be paid
        vendor_order_no text the purchase order
        order_ref text our reference of the customer's order
        order_line_no integer the line of the purchase order, from 1
        sku text our number of the article
        vendor_sku text the vendor's number of the article
        barcode text GTIN, EAN or UPC
        description text the article or charge in words
        quantity decimal how many are billed
        unit text the unit of the quantity
        unit_price decimal the price of one in major units of currency (it may have more decimals)
        line_amount_minor money the amount of the line without tax, in currency
        tax_minor money tax of the line or invoice, in currency
        freight_minor money freight of the line or invoice, in currency
        fee_minor money other charges of the line or invoice, in currency
        invoice_total_minor money the total of the invoice, in currency
        currency currency the currency of the invoice
        """,
    ),
    "order_entry": _family(
        "An entry of the order spool: one order line, or the words of a person about one.",
        """
        spool_seq integer the place in the spool
        entry_id text what tells the entry from all others
        order_line_no integer the line of the order, 0 where there is none
        storefront text where it was sold
        captured_at timestamp when it was captured
        order_ref text our reference of the order
        customer_ref text our reference of the customer
        customer_name text the customer's name
        customer_email text the customer's mail address
        customer_phone text the customer's telephone
        ship_name text who receives the goods
        ship_street text street and number
        ship_city text town
        ship_region text state or province
        ship_postcode text postcode
        ship_country text country, two letters
        currency text the currency as it was typed
        sku text our number of the article
        description text the article in words
        quantity integer how many pieces
        unit_price_minor integer the price of one in minor units
        freight_minor integer the freight of the line in minor units
        line_total_minor integer the total of the line in minor units
        order_total_minor integer the total of the order in minor units
        promised_on date when it was promised
        payments json how it is to be paid
        brand text the brand of the shop
        referral text how the customer found us
        ship_complete text true where all is to be sent together
        """,
    ),
    "functional_ack": _family(
        "What a partner's system says of one message that it received.",
        """
        control_no text the control number of the interchange that is answered
        group_control_no text the control number of the group that is answered
        transaction_set text the kind of message that is answered
        set_control_no text the control number of the message that is answered
        status text accepted, accepted_with_errors, rejected or partial
        group_status text the same of the group or interchange as a whole
        error_code text what is wrong
        error_segment text the segment that is wrong
        error_position integer the place of the segment in its message
        received_count integer messages received in the group
        accepted_count integer messages accepted in the group
        """,
    ),
}
