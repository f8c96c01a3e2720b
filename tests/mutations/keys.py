"""The unique keys of the schema, and how one is taken out of a database."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

TABLES_OF_A_PURCHASE = (
    *("order_entry", "entry_receipt", "customer", "sales_order", "order_line", "payment"),
    *("service", "order_account", "notice", "effect", "line_part", "stock_movement"),
    *("stock_notice", "vendor_draw", "payment_gateway", "card_registration", "tender"),
    *("payment_attempt", "payment_event", "payment_approval", "purchase", "purchase_tender"),
    *("settled_batch", "settled_transaction", "store_control", "store_canary", "certificate"),
    *("certified_sale",),
)
"""Tables on whose keys "once" stands, from the entry to the certificate."""

_KEYS = """
SELECT
    c.relname AS name,
    t.relname AS of_table,
    array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_index AS i
JOIN pg_class AS c ON i.indexrelid = c.oid
JOIN pg_class AS t ON i.indrelid = t.oid
JOIN pg_namespace AS n ON t.relnamespace = n.oid AND n.nspname = 'public'
CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute AS a ON t.oid = a.attrelid AND k.attnum = a.attnum
WHERE i.indisunique AND t.relname = ANY(%s)
GROUP BY c.relname, t.relname
HAVING NOT bool_or(a.attidentity <> '')
ORDER BY t.relname, c.relname
"""
_DROP = """
SELECT CASE
    WHEN o.oid IS NULL THEN format('DROP INDEX %%I', c.relname)
    ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I CASCADE', o.conrelid::regclass, o.conname)
END
FROM pg_class AS c
LEFT JOIN pg_constraint AS o ON c.oid = o.conindid AND o.contype IN ('p', 'u')
WHERE c.relname = %s
"""


@dataclass(frozen=True)
class Key:
    """A unique key of a table; not one of numbers that the database deals out."""

    name: str
    table: str
    columns: tuple[str, ...]


def unique_keys(url: str) -> list[Key]:
    """The unique keys of TABLES_OF_A_PURCHASE in a migrated database, by table and name."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(_KEYS, [list(TABLES_OF_A_PURCHASE)]).fetchall()
    return [Key(name, table, tuple(columns)) for name, table, columns in rows]


def drop_key(url: str, name: str) -> None:
    """Take a unique key out of a database, and the foreign keys that lean on it."""
    with psycopg.connect(url) as connection:
        found = connection.execute(_DROP, [name]).fetchone()
        if found is None:
            raise ValueError(f"there is no unique key {name!r}")
        connection.execute(sql.SQL(found[0]))
