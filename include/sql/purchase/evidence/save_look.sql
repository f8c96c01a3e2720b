-- purpose: that a gateway was asked for a list, and whether it answered.
-- reads: nothing
-- writes: gateway_look (one row)
-- params: gateway, kind, as_of, transactions, problem (null: it answered)
INSERT INTO gateway_look (gateway, kind, asked_at, answered, transactions, problem)
VALUES (
    :gateway, :kind, :as_of, cast(:problem AS text) IS NULL, :transactions, cast(:problem AS text)
)
RETURNING gateway_look_id
