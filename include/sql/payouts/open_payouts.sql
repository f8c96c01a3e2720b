-- purpose: The payouts that wait for their money; what is held for a later date is left alone. One is late after so many business days of the bank's
--   calendar; where nobody said which bank it is, of the gateway's; outside the calendar plain days count.
-- reads: payout (one row per payout), payout_hold (one row per hold), payout_route (one row per gateway and
--   currency), gateway_account, partner (one row each), business_day (one row per day)
-- writes: the payouts of the payout engine (one row per payout)
-- params: business_date, as_of
WITH waiting AS (
    SELECT
        p.*,
        r.bank,
        coalesce(a.payout_window_days, 7) AS window_days,
        coalesce(a.payout_business_days, 2) AS grace_days,
        coalesce(b.calendar_id, g.calendar_id) AS calendar_id,
        coalesce(b.zone, g.zone) AS zone
    FROM payout AS p
    INNER JOIN partner AS g ON g.partner_id = p.gateway
    LEFT JOIN gateway_account AS a ON a.gateway = p.gateway
    LEFT JOIN payout_route AS r ON r.gateway = p.gateway AND r.currency = p.currency
    LEFT JOIN partner AS b ON b.partner_id = r.bank
    WHERE
        p.amount_minor <> 0
        AND p.returned_on IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM payout_hold AS h
            WHERE h.payout_id = p.payout_id AND h.freed_on > :business_date
        )
)

SELECT
    w.payout_id,
    w.gateway,
    w.account,
    w.payout_ref,
    w.kind,
    w.currency::text AS currency,
    w.amount_minor,
    (w.expected_on - date '1970-01-01')::bigint AS day,
    w.window_days::bigint AS window_days,
    w.bank,
    CASE WHEN length(match_text(w.payout_ref)) >= 6 THEN match_text(w.payout_ref) END AS key,
    CASE WHEN length(match_text(w.bank_ref)) >= 6 THEN match_text(w.bank_ref) END AS other_key,
    CASE WHEN w.gateway_status IN ('failed', 'cancelled') THEN 1 ELSE 0 END::bigint AS is_failed,
    CASE
        WHEN
            (coalesce(due_on.day, w.expected_on + w.grace_days) + 1)::timestamp AT TIME ZONE w.zone
            < cast(:as_of AS timestamptz)
            THEN 1
        ELSE 0
    END::bigint AS is_late,
    CASE WHEN w.first_reconciled_on < :business_date THEN 1 ELSE 0 END::bigint AS carried
FROM waiting AS w
LEFT JOIN business_day AS started_on
    ON started_on.calendar_id = w.calendar_id AND started_on.day = w.expected_on
LEFT JOIN business_day AS due_on
    ON
        due_on.calendar_id = started_on.calendar_id
        AND due_on.is_business
        AND due_on.number = started_on.number + w.grace_days
