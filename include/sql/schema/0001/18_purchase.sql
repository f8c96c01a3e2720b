-- purpose: the purchase monitor: what is watched until it is paid and fulfilled, the proofs that it
--   goes by, the switch of each storefront.

CREATE TABLE purchase_terms (
    only_row boolean PRIMARY KEY DEFAULT TRUE CHECK (only_row),
    ask_after interval[] NOT NULL DEFAULT ARRAY[
        interval '2 minutes', interval '10 minutes', interval '1 hour', interval '6 hours',
        interval '24 hours'
    ],
    ask_again interval NOT NULL DEFAULT interval '24 hours' CHECK (ask_again > interval '0'),
    give_up_after interval NOT NULL DEFAULT interval '7 days',
    late_at_most interval NOT NULL DEFAULT interval '15 minutes',
    may_try_again interval NOT NULL DEFAULT interval '30 minutes',
    may_resume interval NOT NULL DEFAULT interval '7 days',
    late_proofs_for interval NOT NULL DEFAULT interval '90 days',
    complete_within interval NOT NULL DEFAULT interval '14 days'
);
COMMENT ON TABLE purchase_terms IS 'How patient the purchase monitor is; one row.';
COMMENT ON COLUMN purchase_terms.ask_after IS
'How long after its capture, or its resumption, the gateway is asked about a purchase; after the
last step every ask_again, until give_up_after.';
COMMENT ON COLUMN purchase_terms.late_at_most IS
'How long after a request was sent a gateway may still act on it: no proof of absence is older.';
COMMENT ON COLUMN purchase_terms.may_try_again IS
'How long a customer whose card was declined may try again at the storefront before the mail.';
COMMENT ON COLUMN purchase_terms.late_proofs_for IS
'How long after it expired a purchase is still looked for in what the gateways show.';
COMMENT ON COLUMN purchase_terms.complete_within IS
'When a paid purchase without a promised day should be delivered.';
INSERT INTO purchase_terms DEFAULT VALUES;

CREATE TABLE purchase (
    purchase_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    storefront text,
    order_ref text,
    captured_at timestamptz NOT NULL,
    watched_from timestamptz NOT NULL,
    asks integer NOT NULL DEFAULT 0,
    next_ask_at timestamptz NOT NULL,
    told_attempt_no integer,
    paid_at timestamptz,
    lease_until timestamptz,
    fencing_token bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'CAPTURED',
    status_at timestamptz NOT NULL,
    status_reason text
);
CREATE INDEX purchase_to_ask ON purchase (next_ask_at)
WHERE status IN ('CAPTURED', 'PAY_SENT', 'PAY_UNKNOWN', 'RESUMED');
CREATE INDEX purchase_open ON purchase (status) WHERE status NOT IN ('CONFIRMED', 'REFUNDED');
COMMENT ON TABLE purchase IS
'One row per entry that was captured with a tender still PENDING, made by the database in the
transaction of the capture, whichever way the entry came. An entry whose tenders the storefront
itself reports as captured or declined has none: its payment is certain, and its fulfilment is
watched as every order''s is.';
COMMENT ON COLUMN purchase.watched_from IS
'Since when an answer is waited for: the capture, or when the customer resumed.';
COMMENT ON COLUMN purchase.told_attempt_no IS
'The last attempt that there was when the customer was told: a later one means a resumption.';

CREATE FUNCTION watch_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO purchase (
        entry_id, storefront, order_ref, captured_at, watched_from, next_ask_at, status_at
    )
    SELECT DISTINCT ON (n.entry_id)
           n.entry_id, n.storefront, n.order_ref, n.captured_at, n.captured_at,
           n.captured_at + t.ask_after[1], n.captured_at
      FROM new_rows AS n CROSS JOIN purchase_terms AS t
     WHERE n.entry_id IS NOT NULL AND n.captured_at IS NOT NULL
       AND n.payments @> '[{"state": "PENDING"}]'
     ORDER BY n.entry_id, n.line_no, n.entry_row_id
        ON CONFLICT (entry_id) DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION watch_entries IS
'Begins to watch the entries that still have to be paid. It takes whatever an entry says, as capture
does, and never fails for it.';
CREATE TRIGGER order_entry_purchase AFTER INSERT ON order_entry
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION watch_entries();

CREATE TABLE purchase_tender (
    payment_ref text PRIMARY KEY,
    purchase_id bigint NOT NULL REFERENCES purchase,
    gateway text NOT NULL REFERENCES payment_gateway,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0)
);
CREATE INDEX purchase_tender_purchase ON purchase_tender (purchase_id);
COMMENT ON TABLE purchase_tender IS
'The tenders that were PENDING when the entry was captured; payment_ref is that of table tender.';

CREATE TABLE gateway_look (
    gateway_look_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway text NOT NULL REFERENCES payment_gateway,
    kind text NOT NULL CHECK (kind IN ('UNSETTLED', 'SETTLED')),
    asked_at timestamptz NOT NULL,
    answered boolean NOT NULL,
    transactions bigint NOT NULL DEFAULT 0,
    problem text,
    CHECK (answered = (problem IS NULL))
);
CREATE INDEX gateway_look_newest ON gateway_look (gateway, kind, gateway_look_id);
COMMENT ON TABLE gateway_look IS
'One row per list that a gateway was asked for; one list serves all purchases that were due.';

CREATE TABLE settled_batch (
    gateway text NOT NULL REFERENCES payment_gateway,
    batch_id text NOT NULL,
    closed_at timestamptz NOT NULL,
    transactions bigint NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (gateway, batch_id)
);
CREATE INDEX settled_batch_closed ON settled_batch (gateway, closed_at);
COMMENT ON TABLE settled_batch IS
'The closed batches that were read to their end, each once: a closed batch never changes.';

CREATE TABLE settled_transaction (
    gateway text NOT NULL,
    batch_id text NOT NULL,
    gateway_ref text NOT NULL,
    our_ref text NOT NULL,
    captured boolean NOT NULL,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (gateway, batch_id, gateway_ref),
    FOREIGN KEY (gateway, batch_id) REFERENCES settled_batch
);
CREATE INDEX settled_transaction_ours ON settled_transaction (our_ref);
CREATE INDEX settled_transaction_payment ON settled_transaction (
    regexp_replace(our_ref, '-[0-9]+$', '')
) WHERE captured;

CREATE TABLE purchase_evidence (
    purchase_evidence_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purchase_id bigint NOT NULL REFERENCES purchase,
    payment_ref text NOT NULL REFERENCES purchase_tender,
    our_ref text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('SEARCH', 'UNSETTLED', 'SETTLED', 'PERSON')),
    answer text NOT NULL CHECK (answer IN ('CAPTURED', 'PENDING', 'DECLINED', 'ABSENT')),
    asked_at timestamptz NOT NULL,
    cut_off timestamptz NOT NULL,
    proves_at timestamptz NOT NULL,
    gateway_ref text,
    currency char(3),
    amount_minor bigint,
    gateway_look_id bigint REFERENCES gateway_look
);
CREATE INDEX purchase_evidence_purchase ON purchase_evidence (purchase_id, our_ref, kind);
CREATE TRIGGER purchase_evidence_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON purchase_evidence
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE purchase_evidence IS
'What a gateway showed of one of our references: the answer to a search, what its list of unsettled
transactions had, what its closed batches had, what a person saw there. Rows are never changed.';
COMMENT ON COLUMN purchase_evidence.cut_off IS
'The last instant at which the gateway may have acted on our request, as known when it was asked.';
COMMENT ON COLUMN purchase_evidence.proves_at IS
'The instant up to which the answer speaks: that of the question, or when the newest batch was
closed. Absence is a proof only where this is later than cut_off.';

CREATE VIEW purchase_reference AS
SELECT
    t.purchase_id,
    t.payment_ref,
    t.gateway,
    coalesce(a.our_ref, t.payment_ref || '-1') AS our_ref,
    a.payment_attempt_id,
    a.status AS attempt_status,
    least(b.begun_at, p.watched_from) AS begun_at,
    coalesce(a.last_sent_at, p.watched_from) AS sent_at,
    coalesce(a.last_sent_at, p.watched_from) + s.late_at_most AS cut_off
FROM purchase_tender AS t
INNER JOIN purchase AS p ON t.purchase_id = p.purchase_id
CROSS JOIN purchase_terms AS s
LEFT JOIN LATERAL (
    SELECT
        c.our_ref,
        c.payment_attempt_id,
        c.status,
        coalesce(max(e.occurred_at), c.first_sent_at) AS last_sent_at
    FROM payment_attempt AS c
    LEFT JOIN payment_event AS e
        ON c.payment_attempt_id = e.payment_attempt_id AND e.event = 'sent'
    WHERE c.payment_ref = t.payment_ref AND c.kind IN ('CHARGE', 'AUTHORISE', 'CAPTURE')
    GROUP BY c.payment_attempt_id
) AS a ON TRUE
LEFT JOIN LATERAL (
    SELECT min(f.first_sent_at) AS begun_at
    FROM payment_attempt AS f
    WHERE f.payment_ref = t.payment_ref
) AS b ON TRUE;
COMMENT ON VIEW purchase_reference IS
'Each of our references under which a gateway may have a purchase; where no attempt is known, that
of the first one that there would be.';

CREATE VIEW purchase_tender_state AS
SELECT
    t.purchase_id,
    t.payment_ref,
    t.currency,
    t.amount_minor,
    n.attempt_no,
    n.status AS attempt_status,
    n.status_at AS attempt_at,
    n.first_sent_at AS begun_at,
    d.status AS tender_status,
    g.captured_at IS NOT NULL OR f.found_at IS NOT NULL AS is_captured,
    least(g.captured_at, f.found_at) AS captured_at,
    coalesce(g.gateway_ref, f.gateway_ref) AS gateway_ref,
    coalesce(g.captured_minor, f.amount_minor) AS captured_minor,
    coalesce(r.refunded_minor >= g.captured_minor, FALSE) AS is_refunded,
    r.refunded_at,
    coalesce(d.status IN ('HELD', 'DUE'), FALSE)
    OR coalesce(n.status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN'), FALSE) AS is_live
FROM purchase_tender AS t
LEFT JOIN tender AS d ON t.payment_ref = d.payment_ref
LEFT JOIN LATERAL (
    SELECT
        a.attempt_no,
        a.first_sent_at,
        a.status,
        a.status_at
    FROM payment_attempt AS a
    WHERE a.payment_ref = t.payment_ref AND a.kind IN ('CHARGE', 'AUTHORISE')
    ORDER BY a.attempt_no DESC
    LIMIT 1
) AS n ON TRUE
LEFT JOIN LATERAL (
    SELECT
        min(a.status_at) AS captured_at,
        min(a.gateway_ref) AS gateway_ref,
        sum(coalesce(a.answered_minor, a.amount_minor)) AS captured_minor
    FROM payment_attempt AS a
    WHERE
        a.payment_ref = t.payment_ref
        AND a.kind IN ('CHARGE', 'CAPTURE')
        AND a.status = 'SUCCESS'
) AS g ON TRUE
LEFT JOIN LATERAL (
    SELECT
        min(e.asked_at) AS found_at,
        min(e.gateway_ref) AS gateway_ref,
        min(e.amount_minor) AS amount_minor
    FROM purchase_evidence AS e
    WHERE
        e.purchase_id = t.purchase_id
        AND e.payment_ref = t.payment_ref
        AND e.answer = 'CAPTURED'
) AS f ON TRUE
LEFT JOIN LATERAL (
    SELECT
        sum(coalesce(a.answered_minor, a.amount_minor)) AS refunded_minor,
        max(a.status_at) AS refunded_at
    FROM payment_attempt AS a
    WHERE
        a.payment_ref = t.payment_ref
        AND a.kind IN ('REFUND', 'VOID')
        AND a.status = 'SUCCESS'
) AS r ON TRUE;
COMMENT ON VIEW purchase_tender_state IS
'How each tender of a purchase stands, by its attempts and by what the gateway showed. It is live
while an attempt is under way, or the next one is still to come by itself.';

CREATE TABLE store_control (
    store_control_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    storefront text NOT NULL UNIQUE REFERENCES partner,
    connection_id text,
    resume_link text,
    revision integer NOT NULL DEFAULT 1,
    errors_at_least integer NOT NULL DEFAULT 5 CHECK (errors_at_least > 0),
    share_at_least numeric NOT NULL DEFAULT 0.5 CHECK (share_at_least > 0 AND share_at_least <= 1),
    customers_at_least integer NOT NULL DEFAULT 2 CHECK (customers_at_least > 0),
    error_window interval NOT NULL DEFAULT interval '10 minutes',
    drain_at_most interval NOT NULL DEFAULT interval '10 minutes',
    canaries_at_least integer NOT NULL DEFAULT 2 CHECK (canaries_at_least > 0),
    backlog_at_most integer NOT NULL DEFAULT 20 CHECK (backlog_at_most >= 0),
    canary_card_id bigint REFERENCES card_registration,
    held_by text,
    closed_at timestamptz,
    status text NOT NULL DEFAULT 'OPEN',
    status_at timestamptz NOT NULL,
    status_reason text,
    CHECK ((status = 'OPEN') = (closed_at IS NULL))
);
COMMENT ON TABLE store_control IS
'The switch of each storefront. DRAINING: no new purchase begins, those that have begun may end;
CLOSED: none is under way. Its history is in status_history.';
COMMENT ON COLUMN store_control.revision IS
'Counts the changes: a storefront obeys the highest that it has heard of, in whatever order.';
COMMENT ON COLUMN store_control.resume_link IS
'The address at which a customer goes on with a purchase, with {entry_id} in its place.';
COMMENT ON COLUMN store_control.held_by IS
'The person whose word holds: the monitor changes nothing until it is given back.';
COMMENT ON COLUMN store_control.canary_card_id IS
'A card of our own, by which canaries hold the smallest amount and let it go again; without one they
only read.';

CREATE TABLE store_canary (
    storefront text NOT NULL REFERENCES partner,
    gateway text NOT NULL REFERENCES payment_gateway,
    tried_at timestamptz NOT NULL,
    green boolean NOT NULL,
    problem text,
    PRIMARY KEY (storefront, gateway, tried_at),
    CHECK (green = (problem IS NULL))
);
COMMENT ON TABLE store_canary IS
'Requests of our own to the gateways of a closed storefront, to learn whether they work again.';

INSERT INTO notice_nature (nature, audience, active, subject, content, facts) VALUES
(
    'PURCHASE_RESUME', 'CUSTOMER', TRUE, 'Your purchase $order_ref is not paid yet',
    'Your payment for $order_ref did not go through, and you were not charged. If you still want it,
go on here: $link',
    '{order_ref,link}'
),
(
    'STORE_SWITCHED', 'STAFF', TRUE, '[Tieout] $storefront is $state',
    'The storefront $storefront is $state since $since: $reason',
    '{storefront,state,since,reason}'
);

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('purchase', '', 'captured', 'CAPTURED'),
('purchase', 'CAPTURED', 'sent', 'PAY_SENT'),
('purchase', 'CAPTURED', 'silent', 'PAY_UNKNOWN'),
('purchase', 'PAY_SENT', 'paid', 'PAID'),
('purchase', 'PAY_SENT', 'declined', 'DECLINED'),
('purchase', 'PAY_SENT', 'silent', 'PAY_UNKNOWN'),
('purchase', 'PAY_UNKNOWN', 'paid', 'PAID'),
('purchase', 'PAY_UNKNOWN', 'declined', 'DECLINED'),
('purchase', 'PAY_UNKNOWN', 'proved_not_paid', 'NOT_PAID'),
('purchase', 'PAY_UNKNOWN', 'given_up', 'MANUAL'),
('purchase', 'MANUAL', 'paid', 'PAID'),
('purchase', 'MANUAL', 'proved_not_paid', 'NOT_PAID'),
('purchase', 'DECLINED', 'tried_again', 'PAY_SENT'),
('purchase', 'DECLINED', 'paid', 'PAID'),
('purchase', 'DECLINED', 'told', 'CUSTOMER_TOLD'),
('purchase', 'DECLINED', 'nobody_to_tell', 'EXPIRED'),
('purchase', 'NOT_PAID', 'paid', 'PAID'),
('purchase', 'NOT_PAID', 'told', 'CUSTOMER_TOLD'),
('purchase', 'NOT_PAID', 'nobody_to_tell', 'EXPIRED'),
('purchase', 'CUSTOMER_TOLD', 'paid', 'PAID'),
('purchase', 'CUSTOMER_TOLD', 'resumed', 'RESUMED'),
('purchase', 'CUSTOMER_TOLD', 'expired', 'EXPIRED'),
('purchase', 'RESUMED', 'sent', 'PAY_SENT'),
('purchase', 'RESUMED', 'silent', 'PAY_UNKNOWN'),
('purchase', 'EXPIRED', 'resumed', 'RESUMED'),
('purchase', 'EXPIRED', 'late_proof', 'REFUND_DUE'),
('purchase', 'PAID', 'ordered', 'ORDERED'),
('purchase', 'PAID', 'cannot_be_ordered', 'REFUND_DUE'),
('purchase', 'ORDERED', 'fulfilment_sent', 'FULFIL_SENT'),
('purchase', 'FULFIL_SENT', 'fulfilled', 'CONFIRMED'),
('purchase', 'REFUND_DUE', 'refunded', 'REFUNDED'),
('store_control', '', 'set_up', 'OPEN'),
('store_control', 'OPEN', 'closed', 'DRAINING'),
('store_control', 'DRAINING', 'drained', 'CLOSED'),
('store_control', 'DRAINING', 'opened', 'OPEN'),
('store_control', 'CLOSED', 'opened', 'OPEN');

SELECT guard_status('purchase', 'purchase');
SELECT guard_status('store_control', 'store_control');
