-- purpose: how a gateway is reached and how patient we are with it.
-- reads: payment_gateway (one row per gateway)
-- writes: nothing; at most one row
-- params: gateway
SELECT
    g.gateway,
    g.connector,
    g.connection_id,
    g.alternate_connection_id,
    g.tries,
    g.back_off,
    g.ask_after,
    g.retry_after,
    g.give_up_after,
    g.cards_at_most,
    g.cards_within
FROM payment_gateway AS g
WHERE g.gateway = :gateway
