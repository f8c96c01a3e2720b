-- purpose: how the world's payment gateway is reached, at its two addresses.
-- reads: nothing
-- writes: payment_gateway (one row)
-- params: gateway, connector, usual, other (names of connections)
INSERT INTO payment_gateway (gateway, connector, connection_id, alternate_connection_id)
VALUES (:gateway, :connector, :usual, :other)
ON CONFLICT (gateway) DO UPDATE SET
    connector = excluded.connector,
    connection_id = excluded.connection_id,
    alternate_connection_id = excluded.alternate_connection_id
