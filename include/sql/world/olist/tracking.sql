-- purpose: the carrier's files of the scans between two reports, 50,000 to a file.
-- reads: job (one row per line of a purchase order)
-- params: since (exclusive), until (inclusive), stamp (text of until), control_no (text)
WITH
parcel AS (
    SELECT DISTINCT
        j.tracking_no,
        j.vendor_order_no,
        j.order_ref,
        j.shipped_at,
        j.delivered_at
    FROM job AS j
    WHERE j.shipped_at <= $until
),

scan AS (
    SELECT
        p.*,
        'in_transit' AS status,
        p.shipped_at AS occurred_at
    FROM parcel AS p
    UNION ALL
    SELECT
        p.*,
        'delivered' AS status,
        p.delivered_at AS occurred_at
    FROM parcel AS p
    WHERE p.delivered_at IS NOT NULL
),

numbered AS (
    SELECT
        s.*,
        (row_number() OVER (ORDER BY s.occurred_at, s.tracking_no, s.status) - 1) // 50000 AS part
    FROM scan AS s
    WHERE
        greatest(s.occurred_at, s.shipped_at) > $since
        AND greatest(s.occurred_at, s.shipped_at) <= $until
)

SELECT
    'track-fastship-' || $control_no || n.part || '.csv' AS name,
    'H,tieout-tracking-1,' || $control_no || n.part || ',fastship,' || $stamp || chr(10)
    || 'C,carrier,tracking_no,status,occurred_at,location,vendor_order_no,order_ref' || chr(10)
    || string_agg(
        concat_ws(
            ',', 'L,fastship', n.tracking_no, n.status,
            strftime(n.occurred_at, '%Y-%m-%dT%H:%M:%SZ'), '', n.vendor_order_no, n.order_ref
        ),
        chr(10) ORDER BY n.occurred_at, n.tracking_no, n.status
    ) || chr(10)
    || 'T,' || count(*) || chr(10) AS body
FROM numbered AS n
GROUP BY n.part
ORDER BY n.part
