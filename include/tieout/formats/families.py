"""The canonical model of each family: its columns, and what is worked out from those of a file.

Settlement lines, for all gateways: `gross_minor` is what the customer paid (refunds and chargebacks
negative), in `currency`; `fee_minor` is a cost when positive; `net_minor` = gross - fee, all three
in `currency`. `settlement_net_minor` and `settlement_fee_minor` are what the gateway added to our
balance and took from it, in `settlement_currency`. Where the gateway converts, it takes its fee
after that: then `fee_minor` is 0 and the fee is in `settlement_fee_minor` only. Lines without a
sale (fee, adjustment, reserve, transfer, payout) carry their amount in `gross_minor`. A format may
state `settlement_gross_minor` instead of the net; it may leave out `settlement_currency` where the
gateway never converts.
"""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.canonical import FAMILIES
from tieout.formats.columns import ARROW_TYPES, BadCell, Columns
from tieout.formats.spec import FormatSpec


def canonical_types(spec: FormatSpec) -> dict[str, pa.DataType]:
    """The canonical columns of the format's rows, in order, without `extra` and row numbers."""
    columns = FAMILIES[spec.family].columns
    return {name: ARROW_TYPES[column.type] for name, column in columns.items()}


def finish(spec: FormatSpec, columns: Columns, size: int) -> list[BadCell]:
    """Complete the columns of a file to those of its family, in place; returns rows that fail."""
    bad: list[BadCell] = []
    if spec.family == "settlement_line":
        bad = _finish_settlement(columns, size)
    elif spec.family == "payout" and "amount_minor" not in columns:
        fee = pc.fill_null(columns.get("fee_minor", pa.nulls(size, pa.int64())), 0)
        columns["amount_minor"] = pc.subtract(columns["gross_minor"], fee)
    for name, arrow_type in canonical_types(spec).items():
        columns.setdefault(name, pa.nulls(size, arrow_type))
    return bad


def _finish_settlement(columns: Columns, size: int) -> list[BadCell]:
    nothing = pa.nulls(size, pa.int64())
    settled_in = columns.setdefault("settlement_currency", columns.get("currency"))
    fee = pc.fill_null(columns.get("settlement_fee_minor", nothing), 0)
    paid = columns.get("gross_minor", nothing)
    paid_in = columns.get("currency", settled_in)
    same = pc.fill_null(pc.equal(paid_in, settled_in), True)
    stated = columns.get("settlement_gross_minor", pc.if_else(same, paid, nothing))
    net = columns.setdefault("settlement_net_minor", pc.subtract(stated, fee))
    bad = _not_adding_up(columns, stated, fee, net)
    settled = pc.add(net, fee)
    converted = pc.and_(pc.invert(same), pc.is_valid(paid))
    signed = paid
    if "settlement_gross_minor" in columns:
        signed = pc.coalesce(_signed_like(paid, settled), paid)
    columns["gross_minor"] = pc.if_else(converted, signed, settled)
    columns["currency"] = pc.if_else(converted, paid_in, settled_in)
    columns["fee_minor"] = pc.if_else(converted, 0, fee)
    columns["net_minor"] = pc.subtract(columns["gross_minor"], columns["fee_minor"])
    columns["settlement_fee_minor"] = fee
    columns.pop("settlement_gross_minor", None)
    return bad


def _signed_like(amount: pa.Array, model: pa.Array) -> pa.Array:
    return pc.multiply(pc.abs(amount), pc.sign(model).cast(pa.int64()))


def _not_adding_up(
    columns: Columns, gross: pa.Array, fee: pa.Array, net: pa.Array
) -> list[BadCell]:
    """Lines whose gross, fee and net disagree; a payout's gross is no sale and not looked at."""
    differs = pc.not_equal(pc.subtract(gross, fee), net)
    looked_at = pc.not_equal(columns["kind"], "payout")
    rows = pc.indices_nonzero(pc.fill_null(pc.and_(differs, looked_at), False)).to_pylist()
    return [
        BadCell(
            row,
            "net",
            str(net[row]),
            "gross-fee-net",
            f"Gross {gross[row]} less fee {fee[row]} is not net {net[row]} (minor units).",
            "Ask the gateway which of the amounts is right.",
        )
        for row in rows
    ]


def unfinish(spec: FormatSpec, columns: Columns, size: int) -> Columns:
    """The inverse of `finish`, for writing: canonical columns to those that the file's fields name.

    Settlement columns that are missing are taken from their namesakes in the same currency.
    """
    if spec.family != "settlement_line":
        return columns
    fallbacks: dict[str, Callable[[], pa.Array]] = {
        "settlement_currency": lambda: columns["currency"],
        "settlement_fee_minor": lambda: columns.get("fee_minor", pa.array([0] * size)),
        "settlement_net_minor": lambda: columns["net_minor"],
    }
    full = dict(columns)
    for name, fallback in fallbacks.items():
        if name not in full:
            full[name] = fallback()
        elif "currency" in full:
            same = pc.equal(full["settlement_currency"], full["currency"])
            filled = pc.and_(pc.is_null(full[name]), pc.fill_null(same, True))
            full[name] = pc.if_else(filled, fallback(), full[name])
    full["settlement_gross_minor"] = pc.add(
        full["settlement_net_minor"], pc.fill_null(full["settlement_fee_minor"], 0)
    )
    return full
