-- purpose: payment gateways and their quirks, cards in gateways' vaults, tenders, attempts to charge
--   them and what was heard of each. No table here has a place for a card number or its code.

CREATE TABLE payment_gateway (
    gateway text PRIMARY KEY REFERENCES partner,
    connector text NOT NULL,
    connection_id text NOT NULL,
    alternate_connection_id text,
    tries integer NOT NULL DEFAULT 4 CHECK (tries > 0),
    back_off interval NOT NULL DEFAULT interval '2 seconds' CHECK (back_off > interval '0'),
    ask_after interval[] NOT NULL DEFAULT ARRAY[
        interval '2 minutes', interval '10 minutes', interval '1 hour', interval '6 hours',
        interval '24 hours'
    ],
    retry_after interval NOT NULL DEFAULT interval '5 minutes',
    give_up_after interval NOT NULL DEFAULT interval '24 hours',
    cards_at_most integer NOT NULL DEFAULT 5 CHECK (cards_at_most > 0),
    cards_within interval NOT NULL DEFAULT interval '1 hour'
);
COMMENT ON COLUMN payment_gateway.cards_at_most IS
'How many cards a customer may show within cards_within before no further one is looked at.';
COMMENT ON COLUMN payment_gateway.connector IS
'The name of the connector in tieout.payments.connectors.';
COMMENT ON COLUMN payment_gateway.tries IS
'How often one call of a task sends a request that is proved not to have begun, at both addresses.';
COMMENT ON COLUMN payment_gateway.back_off IS
'The longest first pause between two tries; the next may take twice as long each time.';
COMMENT ON COLUMN payment_gateway.ask_after IS
'How long after it was sent an attempt without an answer is asked for; after the last, daily.';
COMMENT ON COLUMN payment_gateway.retry_after IS
'When an attempt that was proved not sent is sent again, until give_up_after its first sending.';

CREATE TABLE gateway_quirk (
    gateway_quirk_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector text NOT NULL,
    pattern text NOT NULL,
    class text NOT NULL CHECK (class IN (
        'TOO_BUSY', 'KEY_EXPIRED', 'BAD_REQUEST', 'SERVER_ERROR', 'GARBLED', 'DECLINE', 'DUPLICATE'
    )),
    action text NOT NULL CHECK (action IN (
        'RETRY', 'STOP', 'ASK', 'SOFT_DECLINE', 'HARD_DECLINE'
    )),
    valid_from timestamptz NOT NULL DEFAULT '-infinity',
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    note text NOT NULL,
    UNIQUE (connector, pattern, valid_from),
    CHECK (valid_from < valid_to)
);
COMMENT ON TABLE gateway_quirk IS
'Known faults of gateways: an answer whose words "STATUS BODY" fit the pattern (a regular
expression) is taken for what class and action say. Of several the newest row that is valid counts.';
COMMENT ON COLUMN gateway_quirk.action IS
'RETRY: nothing was done, send it again; STOP: nothing was done, and nothing will be before a person
has mended it; ASK: it may have been done; the declines: it was judged and nothing was taken.';

CREATE TABLE payment_band (
    storefront text NOT NULL REFERENCES partner,
    currency char(3) NOT NULL,
    usual_at_most_minor bigint NOT NULL CHECK (usual_at_most_minor >= 0),
    times_largest numeric NOT NULL DEFAULT 3 CHECK (times_largest >= 1),
    PRIMARY KEY (storefront, currency)
);
COMMENT ON TABLE payment_band IS
'Up to which amount a kept card is charged without a second person: the usual amount, or so many
times the largest that the customer has paid in the year before, whichever is more. Where a
storefront has no row for a currency, every charge of a kept card needs the second person.';

CREATE TABLE card_check (
    card_check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    storefront text NOT NULL REFERENCES partner,
    customer_ref text NOT NULL,
    last_four text NOT NULL CHECK (last_four ~ '^[0-9]{0,4}$'),
    verdict text NOT NULL,
    checked_at timestamptz NOT NULL
);
CREATE INDEX card_check_velocity ON card_check (storefront, customer_ref, checked_at);
COMMENT ON COLUMN card_check.verdict IS
'OK, or the slug of the check that the card did not pass.';

CREATE TABLE card_registration (
    card_registration_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registration_ref text NOT NULL UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer,
    gateway text NOT NULL REFERENCES payment_gateway,
    customer_name text NOT NULL,
    customer_email text NOT NULL,
    profile text,
    token text,
    last_four text CHECK (last_four ~ '^[0-9]{4}$'),
    brand text,
    expires_on date,
    replaced_by bigint,
    status text NOT NULL DEFAULT 'RECEIVED',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (customer_id, card_registration_id),
    UNIQUE (customer_id, token),
    UNIQUE (
        card_registration_id, customer_id, gateway, customer_name, customer_email, profile, token,
        last_four
    ),
    FOREIGN KEY (customer_id, replaced_by)
    REFERENCES card_registration (customer_id, card_registration_id),
    CHECK (status = 'RECEIVED' OR status = 'INVALID' OR token IS NOT NULL)
);
CREATE UNIQUE INDEX card_registration_token ON card_registration (gateway, profile, token);
CREATE INDEX card_registration_expiring ON card_registration (expires_on)
WHERE status IN ('VAULTED', 'ACTIVE', 'EXPIRING');
COMMENT ON TABLE card_registration IS
'A card that a gateway keeps for a customer. expires_on is the last day on which it is good.';

ALTER TABLE sales_order ADD UNIQUE (sales_order_id, customer_id);

CREATE TABLE tender (
    tender_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_ref text NOT NULL UNIQUE CHECK (payment_ref ~ '^[A-Za-z0-9_.-]{1,40}$'),
    entry_id uuid,
    order_ref text NOT NULL,
    sales_order_id bigint,
    customer_id bigint NOT NULL REFERENCES customer,
    gateway text NOT NULL REFERENCES payment_gateway,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    card_registration_id bigint,
    once_token text,
    asked_by text NOT NULL,
    reason text,
    asked_at timestamptz NOT NULL,
    authorised_minor bigint NOT NULL DEFAULT 0,
    captured_minor bigint NOT NULL DEFAULT 0,
    refunded_minor bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'DUE',
    status_at timestamptz NOT NULL,
    status_reason text,
    FOREIGN KEY (sales_order_id, customer_id) REFERENCES sales_order (sales_order_id, customer_id),
    CONSTRAINT tender_card_of_its_customer FOREIGN KEY (customer_id, card_registration_id)
    REFERENCES card_registration (customer_id, card_registration_id),
    CONSTRAINT tender_one_card CHECK (num_nonnulls(card_registration_id, once_token) = 1),
    CONSTRAINT tender_order CHECK (num_nonnulls(entry_id, sales_order_id) >= 1),
    CONSTRAINT tender_books CHECK (
        0 <= refunded_minor
        AND refunded_minor <= captured_minor
        AND captured_minor <= authorised_minor
    )
);
CREATE INDEX tender_entry ON tender (entry_id);
CREATE INDEX tender_due ON tender (tender_id) WHERE status IN ('HELD', 'DUE');
COMMENT ON TABLE tender IS
'What is to be charged, once, for an order: by a card that the customer registered, or by a token
that is good for this one charge. payment_ref is the storefront''s own word for it.';
COMMENT ON COLUMN tender.refunded_minor IS
'What was given back or may have been: a refund that is under way counts.';
COMMENT ON COLUMN tender.status IS
'HELD until a second person has approved it; DUE; DONE once it is captured; STOPPED when it was
declined, refused by the second person, or given up.';

CREATE TABLE payment_attempt (
    payment_attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_ref text NOT NULL REFERENCES tender (payment_ref),
    attempt_no integer NOT NULL CHECK (attempt_no > 0),
    our_ref text NOT NULL UNIQUE GENERATED ALWAYS AS (payment_ref || '-' || attempt_no) STORED,
    kind text NOT NULL CHECK (kind IN ('CHARGE', 'AUTHORISE', 'CAPTURE', 'REFUND', 'VOID')),
    of_attempt_id bigint REFERENCES payment_attempt,
    gateway text NOT NULL REFERENCES payment_gateway,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    customer_id bigint NOT NULL,
    card_registration_id bigint,
    customer_name text,
    customer_email text,
    profile text,
    token text,
    last_four text,
    gateway_ref text,
    answered_minor bigint,
    answered_currency char(3),
    sendings integer NOT NULL DEFAULT 0,
    asks integer NOT NULL DEFAULT 0,
    first_sent_at timestamptz,
    next_act_at timestamptz NOT NULL,
    lease_until timestamptz,
    fencing_token bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'INIT',
    status_at timestamptz NOT NULL,
    status_reason text,
    UNIQUE (payment_ref, attempt_no),
    CONSTRAINT payment_attempt_follows CHECK (
        (kind IN ('CHARGE', 'AUTHORISE')) = (of_attempt_id IS NULL)
    ),
    CONSTRAINT payment_attempt_card CHECK (
        card_registration_id IS NULL
        OR num_nulls(customer_name, customer_email, profile, token, last_four) = 0
    ),
    CONSTRAINT payment_attempt_registered FOREIGN KEY (
        card_registration_id, customer_id, gateway, customer_name, customer_email, profile, token,
        last_four
    ) REFERENCES card_registration (
        card_registration_id, customer_id, gateway, customer_name, customer_email, profile, token,
        last_four
    )
);
CREATE UNIQUE INDEX payment_attempt_one_capture ON payment_attempt (payment_ref)
WHERE kind IN ('CHARGE', 'CAPTURE') AND status = 'SUCCESS';
CREATE UNIQUE INDEX payment_attempt_one_live ON payment_attempt (payment_ref)
WHERE
kind IN ('CHARGE', 'AUTHORISE')
AND status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN', 'SUCCESS');
CREATE UNIQUE INDEX payment_attempt_one_live_follow_up ON payment_attempt (payment_ref, kind)
WHERE
kind IN ('CAPTURE', 'REFUND', 'VOID')
AND status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN', 'NOT_SENT');
CREATE INDEX payment_attempt_odd ON payment_attempt (payment_attempt_id)
WHERE status = 'SUCCESS' AND (answered_minor <> amount_minor OR answered_currency <> currency);
CREATE INDEX payment_attempt_work ON payment_attempt (next_act_at)
WHERE status IN ('INIT', 'SENT', 'PENDING', 'UNKNOWN', 'NOT_SENT');
COMMENT ON TABLE payment_attempt IS
'One request to a gateway, however often it is sent: every sending carries the same our_ref. Name,
mail, token and last four are the registration''s own, held by the foreign key; they are null for a
token that is good for one charge.';
COMMENT ON COLUMN payment_attempt.answered_minor IS
'What the gateway says that it took, which may differ from what was asked.';

CREATE TABLE payment_event (
    payment_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_attempt_id bigint NOT NULL REFERENCES payment_attempt,
    event text NOT NULL,
    facts jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL
);
CREATE INDEX payment_event_attempt ON payment_event (payment_attempt_id, payment_event_id);
CREATE INDEX payment_event_beside ON payment_event (occurred_at) WHERE event = 'captured_beside';
CREATE INDEX payment_event_when ON payment_event (occurred_at);
CREATE TRIGGER payment_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE payment_event IS
'What happened to an attempt, in the order of its numbers: what was sent where, answered, asked and
found. An attempt''s state is the fold of its events; an event that changes none stays in its state.';

CREATE FUNCTION sum_tender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tender AS t
       SET authorised_minor = s.authorised, captured_minor = s.captured, refunded_minor = s.refunded
      FROM (
        SELECT a.payment_ref,
               coalesce(sum(coalesce(a.answered_minor, a.amount_minor)) FILTER (
                   WHERE a.kind IN ('CHARGE', 'AUTHORISE') AND a.status = 'SUCCESS'), 0) AS authorised,
               coalesce(sum(coalesce(a.answered_minor, a.amount_minor)) FILTER (
                   WHERE a.kind IN ('CHARGE', 'CAPTURE') AND a.status = 'SUCCESS'
                     AND NOT EXISTS (
                       SELECT FROM payment_attempt AS v
                        WHERE v.of_attempt_id = a.payment_attempt_id
                          AND v.kind = 'VOID' AND v.status = 'SUCCESS')), 0) AS captured,
               coalesce(sum(coalesce(a.answered_minor, a.amount_minor)) FILTER (
                   WHERE a.kind = 'REFUND'
                     AND a.status NOT IN ('SOFT_DECLINE', 'HARD_DECLINE')), 0) AS refunded
          FROM payment_attempt AS a
         WHERE a.payment_ref IN (SELECT n.payment_ref FROM new_rows AS n)
         GROUP BY a.payment_ref
      ) AS s
     WHERE t.payment_ref = s.payment_ref
       AND (t.authorised_minor, t.captured_minor, t.refunded_minor)
           IS DISTINCT FROM (s.authorised, s.captured, s.refunded);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sum_tender IS
'Keeps the sums of a tender, whose check says that refunded <= captured <= authorised.';

CREATE TRIGGER payment_attempt_sums_first AFTER INSERT ON payment_attempt
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION sum_tender();
CREATE TRIGGER payment_attempt_sums AFTER UPDATE ON payment_attempt
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION sum_tender();

CREATE TABLE payment_approval (
    payment_approval_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_ref text NOT NULL UNIQUE REFERENCES tender (payment_ref),
    usual_at_most_minor bigint NOT NULL,
    decided_by text,
    status text NOT NULL DEFAULT 'ASKED',
    status_at timestamptz NOT NULL,
    status_reason text,
    CHECK ((status = 'ASKED') = (decided_by IS NULL))
);
COMMENT ON TABLE payment_approval IS
'A charge of a kept card above the customer''s band, and the second person''s word on it.';

INSERT INTO notice_nature (nature, audience, active, subject, content, facts) VALUES
(
    'GATEWAY_ERROR', 'STAFF', TRUE, '[Tieout] $gateway: $problem of $charges charges',
    'Charges at $gateway ended in $problem on $day: $charges so far, first $our_ref ($reason).
`tieout payments show` tells all that was heard of a payment; the cases of the day list the others.',
    '{gateway,problem,day,charges,our_ref,reason}'
);

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('tender', '', 'asked', 'DUE'),
('tender', '', 'held', 'HELD'),
('tender', 'HELD', 'approved', 'DUE'),
('tender', 'HELD', 'refused', 'STOPPED'),
('tender', 'DUE', 'captured', 'DONE'),
('tender', 'DUE', 'stopped', 'STOPPED'),
('tender', 'STOPPED', 'asked_again', 'DUE'),
('tender', 'STOPPED', 'proved_captured', 'DONE'),
('payment_approval', '', 'asked', 'ASKED'),
('payment_approval', 'ASKED', 'approved', 'APPROVED'),
('payment_approval', 'ASKED', 'refused', 'REFUSED'),
('payment_attempt', '', 'planned', 'INIT'),
('payment_attempt', 'INIT', 'sent', 'SENT'),
('payment_attempt', 'INIT', 'dropped', 'NOT_SENT'),
('payment_attempt', 'SENT', 'approved', 'SUCCESS'),
('payment_attempt', 'SENT', 'declined_softly', 'SOFT_DECLINE'),
('payment_attempt', 'SENT', 'declined_hard', 'HARD_DECLINE'),
('payment_attempt', 'SENT', 'pending', 'PENDING'),
('payment_attempt', 'SENT', 'no_answer', 'UNKNOWN'),
('payment_attempt', 'SENT', 'not_sent', 'NOT_SENT'),
('payment_attempt', 'NOT_SENT', 'sent', 'SENT'),
('payment_attempt', 'UNKNOWN', 'sent', 'SENT'),
('payment_attempt', 'UNKNOWN', 'approved', 'SUCCESS'),
('payment_attempt', 'UNKNOWN', 'declined_softly', 'SOFT_DECLINE'),
('payment_attempt', 'UNKNOWN', 'declined_hard', 'HARD_DECLINE'),
('payment_attempt', 'UNKNOWN', 'pending', 'PENDING'),
('payment_attempt', 'UNKNOWN', 'proved_not_there', 'NOT_SENT'),
('payment_attempt', 'PENDING', 'approved', 'SUCCESS'),
('payment_attempt', 'PENDING', 'declined_softly', 'SOFT_DECLINE'),
('payment_attempt', 'PENDING', 'declined_hard', 'HARD_DECLINE'),
('payment_attempt', 'PENDING', 'no_answer', 'UNKNOWN'),
('payment_attempt', 'NOT_SENT', 'approved', 'SUCCESS'),
('card_registration', '', 'received', 'RECEIVED'),
('card_registration', 'RECEIVED', 'vaulted', 'VAULTED'),
('card_registration', 'RECEIVED', 'refused', 'INVALID'),
('card_registration', 'VAULTED', 'charged', 'ACTIVE'),
('card_registration', 'VAULTED', 'expiring', 'EXPIRING'),
('card_registration', 'VAULTED', 'refused', 'INVALID'),
('card_registration', 'VAULTED', 'replaced', 'REPLACED'),
('card_registration', 'VAULTED', 'deleted', 'DELETED'),
('card_registration', 'ACTIVE', 'expiring', 'EXPIRING'),
('card_registration', 'ACTIVE', 'refused', 'INVALID'),
('card_registration', 'ACTIVE', 'replaced', 'REPLACED'),
('card_registration', 'ACTIVE', 'deleted', 'DELETED'),
('card_registration', 'EXPIRING', 'refused', 'INVALID'),
('card_registration', 'EXPIRING', 'replaced', 'REPLACED'),
('card_registration', 'EXPIRING', 'deleted', 'DELETED'),
('card_registration', 'INVALID', 'replaced', 'REPLACED'),
('card_registration', 'INVALID', 'deleted', 'DELETED'),
('card_registration', 'REPLACED', 'deleted', 'DELETED');

SELECT guard_status('tender', 'tender');
SELECT guard_status('payment_approval', 'payment_approval');
SELECT guard_status('payment_attempt', 'payment_attempt');
SELECT guard_status('card_registration', 'card_registration');
