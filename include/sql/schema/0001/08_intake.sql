-- purpose: what intake asks of the database: card numbers in text, instants as text, indexes, the
--   balance of orders.

CREATE FUNCTION luhn_valid(digits text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT sum(CASE WHEN p % 2 = 0 THEN d ELSE d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END END) % 10 = 0
      FROM (SELECT p, substr(reverse(digits), p + 1, 1)::integer AS d
              FROM generate_series(0, length(digits) - 1) AS g (p)) AS numbered
$$;
COMMENT ON FUNCTION luhn_valid IS
'Whether a string of digits passes the Luhn check (ISO/IEC 7812-1).';

CREATE FUNCTION mask_card_numbers(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    found text;
    digits text;
BEGIN
    IF content !~ '[0-9](?:[ -]?[0-9]){12}' THEN
        RETURN content;
    END IF;
    FOR found IN
        SELECT m[1] FROM regexp_matches(content,
            '(?<![[:alnum:]_+])(?<![0-9][.])([0-9](?:[ -]?[0-9]){12,18})(?![[:alnum:]_]|[.][0-9])',
            'g') AS m
    LOOP
        digits := regexp_replace(found, '[^0-9]', '', 'g');
        IF digits ~ ('^(4([0-9]{12}|[0-9]{15}|[0-9]{18})'  -- Visa
            || '|(5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}'
            || '|3[47][0-9]{13}|3(0[0-5]|[689][0-9])[0-9]{11}'  -- Mastercard; Amex, Diners Club
            || '|6(011|4[4-9][0-9]|5[0-9]{2})[0-9]{12}|35(2[89]|[3-8][0-9])[0-9]{12}'  -- Discover, JCB
            || '|62[0-9]{14,17}|(50|5[6-9]|6[0-9])[0-9]{11,17})$')  -- UnionPay; Maestro
            AND public.luhn_valid(digits)  -- a materialized view refreshes without a search path
        THEN
            content := replace(content, found, repeat('*', length(digits) - 4) || right(digits, 4));
        END IF;
    END LOOP;
    RETURN content;
END
$$;
COMMENT ON FUNCTION mask_card_numbers IS
'The text with its card numbers masked to their last four digits: numbers of 13 to 19 digits that
stand alone, begin as a brand''s do (ISO/IEC 7812 ranges) and pass the Luhn check. A number within a
word (a hexadecimal reference) or after + (a telephone) is none.';

CREATE FUNCTION is_instant(content text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF content !~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'
        || '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
    THEN
        RETURN false;
    END IF;
    RETURN content::timestamptz IS NOT NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value
THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION is_instant IS
'Whether text is an instant of ISO 8601 with its offset, which a cast to timestamptz takes.';

CREATE FUNCTION entry_body(entry order_entry) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (to_jsonb(entry) - ARRAY['entry_row_id', 'captured_at', 'spool', 'spool_seq', 'status',
                                    'status_at', 'status_reason'])::text
$$;
COMMENT ON FUNCTION entry_body IS
'What an entry row says, without when and by which way it came: two rows with one key and one body
are the same row twice.';

CREATE FUNCTION free_text_of(entry order_entry) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT concat_ws(' | ', entry.customer_name, entry.customer_email,
                     CASE WHEN length(regexp_replace(entry.customer_phone, '[^0-9]', '', 'g')) > 15
                          THEN entry.customer_phone END,
                     entry.ship_name, entry.ship_street, entry.ship_city, entry.ship_region,
                     entry.ship_postcode, entry.description, entry.brand, entry.referral,
                     CASE WHEN jsonb_typeof(entry.payments) = 'array' THEN (
                         SELECT string_agg(CASE WHEN jsonb_typeof(p) = 'object'
                                THEN p - ARRAY['payment_ref', 'gateway_ref', 'amount_minor', 'captured_at']
                                ELSE p END::text, ' | ')
                           FROM jsonb_array_elements(entry.payments) AS p)
                     ELSE entry.payments::text END)
$$;
COMMENT ON FUNCTION free_text_of IS
'The text of an entry row in which a person or a till may have put a card number; references that
machines give are left out, since one in ten of those passes the check by chance, and telephones
(E.164 has at most 15 digits).';

CREATE FUNCTION entry_text(entry order_entry) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (to_jsonb(entry) - ARRAY['entry_row_id', 'spool', 'spool_seq', 'status', 'status_at',
                                    'status_reason'])::text
$$;
COMMENT ON FUNCTION entry_text IS
'An entry row as JSON, as quarantine shows it and takes it back corrected.';

CREATE FUNCTION corrected_entry(entry order_entry, corrected text) RETURNS order_entry
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN jsonb_populate_record(entry, corrected::jsonb
        - ARRAY['entry_row_id', 'spool', 'spool_seq', 'status', 'status_at', 'status_reason']);
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION corrected_entry IS
'An entry row with the columns that a correction (JSON) gives; null if that cannot be read.';

CREATE FUNCTION without_cards(payments jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(payments) = 'array' THEN (
        SELECT jsonb_agg(jsonb_build_object(
                   'seq', p -> 'seq', 'payment_ref', p -> 'payment_ref',
                   'method', mask_card_numbers(p ->> 'method'), 'gateway', p -> 'gateway',
                   'account', mask_card_numbers(p ->> 'account'), 'gateway_ref', p -> 'gateway_ref',
                   'amount_minor', p -> 'amount_minor', 'captured_at', p -> 'captured_at',
                   'state', mask_card_numbers(p ->> 'state')))
          FROM jsonb_array_elements(payments) AS p)
    ELSE to_jsonb(mask_card_numbers(payments::text)) END
$$;
COMMENT ON FUNCTION without_cards IS
'Payments with only the fields that they may have, cards masked.';

CREATE INDEX order_entry_ref ON order_entry (order_ref);
CREATE UNIQUE INDEX order_entry_spool ON order_entry (spool, spool_seq);

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('order_entry', 'QUARANTINED', 'duplicate', 'DUPLICATE'),
('order_entry', 'VALID', 'duplicate', 'DUPLICATE'),
('quarantine', 'RELEASED', 'set_aside_again', 'OPEN');

CREATE VIEW order_balance AS
SELECT
    o.sales_order_id,
    o.order_ref,
    o.storefront,
    o.customer_id,
    o.ordered_at,
    o.currency,
    o.status,
    o.total_minor,
    l.lines,
    l.vendors,
    l.lines_minor,
    p.payments,
    p.captured_minor,
    p.captured_minor - o.total_minor AS difference_minor
FROM sales_order AS o
LEFT JOIN LATERAL (
    SELECT
        count(*) AS lines,
        count(DISTINCT i.vendor_id) AS vendors,
        coalesce(sum(i.line_total_minor), 0)::bigint AS lines_minor
    FROM order_line AS i
    WHERE i.sales_order_id = o.sales_order_id
) AS l ON true
LEFT JOIN LATERAL (
    SELECT
        count(*) AS payments,
        coalesce(sum(t.amount_minor) FILTER (WHERE t.state = 'CAPTURED'), 0)::bigint
            AS captured_minor
    FROM payment AS t
    WHERE t.sales_order_id = o.sales_order_id AND t.kind = 'charge'
) AS p ON true;
COMMENT ON VIEW order_balance IS
'One row per order: its total, the sum of its lines, the vendors who have to send something, and
what was captured for it. A positive difference is too much, a negative one too little.';
