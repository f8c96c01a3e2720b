-- purpose: Write what lines point to. A refund that is still open was linked on the date that saw it first.
-- reads: found_links (one row per line)
-- writes: settlement_link (one row per line; a link of an earlier date stays)
-- params: business_date
INSERT INTO settlement_link (
    settlement_line_id, business_date, relation, payment_id, related_line_id
)
SELECT
    f.settlement_line_id,
    cast(:business_date AS date) AS business_date,
    f.relation,
    f.payment_id,
    f.related_line_id
FROM found_links AS f
ORDER BY f.settlement_line_id
ON CONFLICT (settlement_line_id) DO NOTHING
