-- purpose: What the staged receipts are about: which file of ours (by the control number of its interchange,
--   which is its group's too) and which message of it. A group that is rejected takes its messages along.
-- reads: staged (one row per answered message, or one per file without such), effect (PURCHASE_ORDER)
-- writes: receipt (temporary until the transaction ends; one row per staged row)
CREATE TEMPORARY TABLE receipt ON COMMIT DROP AS
SELECT
    s.source_file_id,
    s.line_no,
    s.partner_id,
    s.error_code,
    s.error_segment,
    s.error_position,
    s.set_control_no,
    n.control_no,
    e.effect_id,
    CASE WHEN s.set_control_no ~ '^[0-9]{1,9}$' THEN CAST(s.set_control_no AS integer) END
        AS message_no,
    CASE WHEN s.group_status = 'rejected' THEN 'rejected' ELSE s.status END AS verdict,
    CAST(s.extra AS jsonb) AS said
FROM staged AS s
CROSS JOIN
    LATERAL (
        SELECT ltrim(coalesce(s.group_control_no, s.control_no), '0') AS control_no
    ) AS n
LEFT JOIN effect AS e
    ON
        e.effect_key
        = 'PURCHASE_ORDER:' || s.partner_id || ':'
        || lpad(n.control_no, greatest(6, length(n.control_no)), '0')
