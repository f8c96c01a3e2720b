-- purpose: the state machines' transitions, and the guards on their tables.

INSERT INTO state_transition (machine, from_state, event, to_state) VALUES
('source_file', '', 'received', 'RECEIVED'),
('source_file', 'RECEIVED', 'loaded', 'LOADED'),
('source_file', 'RECEIVED', 'refused', 'REFUSED'),
('source_file', 'RECEIVED', 'same_hash', 'DUPLICATE'),
('source_file', 'RECEIVED', 'same_control_number', 'CONFLICT'),
('source_file', 'REFUSED', 'stands_there_anew', 'RECEIVED'),
('source_file', 'REFUSED', 'accepted', 'ACCEPTED'),
('source_file', 'REFUSED', 'discarded', 'DISCARDED'),
('source_file', 'CONFLICT', 'accepted', 'ACCEPTED'),
('source_file', 'CONFLICT', 'discarded', 'DISCARDED'),
('source_file', 'ACCEPTED', 'stands_there_anew', 'RECEIVED'),
('source_file', 'ACCEPTED', 'discarded', 'DISCARDED'),
('quarantine', '', 'set_aside', 'OPEN'),
('quarantine', 'OPEN', 'corrected', 'CORRECTED'),
('quarantine', 'CORRECTED', 'still_wrong', 'OPEN'),
('quarantine', 'CORRECTED', 'loaded', 'RELEASED'),
('quarantine', 'OPEN', 'cured', 'RELEASED'),
('quarantine', 'OPEN', 'discarded', 'DISCARDED'),
('effect', '', 'planned', 'PLANNED'),
('effect', 'PLANNED', 'sent', 'SENT'),
('effect', 'SENT', 'confirmed', 'CONFIRMED'),
('effect', 'SENT', 'refused', 'REFUSED'),
('effect', 'SENT', 'no_answer', 'UNKNOWN'),
('effect', 'SENT', 'planned_again', 'PLANNED'),
('effect', 'UNKNOWN', 'proved_done', 'CONFIRMED'),
('effect', 'UNKNOWN', 'planned_again', 'PLANNED'),
('effect', 'UNKNOWN', 'refused', 'REFUSED'),
('effect', 'REFUSED', 'planned_again', 'PLANNED'),
('order_entry', '', 'captured', 'RECEIVED'),
('order_entry', 'RECEIVED', 'validated', 'VALID'),
('order_entry', 'RECEIVED', 'duplicate', 'DUPLICATE'),
('order_entry', 'RECEIVED', 'set_aside', 'QUARANTINED'),
('order_entry', 'VALID', 'normalised', 'NORMALISED'),
('order_entry', 'VALID', 'set_aside', 'QUARANTINED'),
('order_entry', 'QUARANTINED', 'corrected', 'VALID'),
('sales_order', '', 'taken_in', 'PENDING_CARD'),
('sales_order', 'PENDING_CARD', 'declined', 'CARD_REJECTED'),
('sales_order', 'PENDING_CARD', 'captured', 'ACCEPTED'),
('sales_order', 'ACCEPTED', 'verified', 'VERIFIED'),
('sales_order', 'VERIFIED', 'vendors_told', 'READY_FOR_SHIPPING'),
('vendor_order', '', 'planned', 'PLANNED'),
('vendor_order', 'PLANNED', 'written', 'WRITTEN'),
('vendor_order', 'WRITTEN', 'delivered', 'DELIVERED'),
('vendor_order', 'DELIVERED', 'receipted', 'RECEIPTED'),
('vendor_order', 'DELIVERED', 'accepted', 'ACCEPTED'),
('vendor_order', 'DELIVERED', 'accepted_in_part', 'PARTIAL'),
('vendor_order', 'DELIVERED', 'backordered', 'BACKORDERED'),
('vendor_order', 'DELIVERED', 'rejected', 'REJECTED'),
('vendor_order', 'RECEIPTED', 'accepted', 'ACCEPTED'),
('vendor_order', 'RECEIPTED', 'accepted_in_part', 'PARTIAL'),
('vendor_order', 'RECEIPTED', 'backordered', 'BACKORDERED'),
('vendor_order', 'RECEIPTED', 'rejected', 'REJECTED'),
('vendor_order', 'ACCEPTED', 'accepted_in_part', 'PARTIAL'),
('vendor_order', 'ACCEPTED', 'backordered', 'BACKORDERED'),
('vendor_order', 'ACCEPTED', 'rejected', 'REJECTED'),
('vendor_order', 'PARTIAL', 'accepted', 'ACCEPTED'),
('vendor_order', 'PARTIAL', 'backordered', 'BACKORDERED'),
('vendor_order', 'PARTIAL', 'rejected', 'REJECTED'),
('vendor_order', 'BACKORDERED', 'accepted', 'ACCEPTED'),
('vendor_order', 'BACKORDERED', 'accepted_in_part', 'PARTIAL'),
('vendor_order', 'BACKORDERED', 'rejected', 'REJECTED'),
('vendor_order', 'REJECTED', 'accepted', 'ACCEPTED'),
('vendor_order', 'REJECTED', 'accepted_in_part', 'PARTIAL'),
('vendor_order', 'REJECTED', 'backordered', 'BACKORDERED'),
('vendor_order', 'ACCEPTED', 'shipped', 'SHIPPED'),
('vendor_order', 'PARTIAL', 'shipped', 'SHIPPED'),
('parcel', '', 'announced', 'PRE_TRANSIT'),
('exception_case', '', 'seen', 'PENDING'),
('exception_case', 'PENDING', 'grace_over', 'OPEN'),
('exception_case', 'PENDING', 'inhibited', 'SUPPRESSED'),
('exception_case', 'PENDING', 'gone', 'AUTO_RESOLVED'),
('exception_case', 'OPEN', 'acknowledged', 'ACKED'),
('exception_case', 'OPEN', 'snoozed', 'SNOOZED'),
('exception_case', 'OPEN', 'inhibited', 'SUPPRESSED'),
('exception_case', 'OPEN', 'gone', 'AUTO_RESOLVED'),
('exception_case', 'OPEN', 'resolved', 'RESOLVED'),
('exception_case', 'OPEN', 'written_off', 'WRITTEN_OFF'),
('exception_case', 'OPEN', 'false_alarm', 'FALSE_POSITIVE'),
('exception_case', 'ACKED', 'snoozed', 'SNOOZED'),
('exception_case', 'ACKED', 'gone', 'AUTO_RESOLVED'),
('exception_case', 'ACKED', 'resolved', 'RESOLVED'),
('exception_case', 'ACKED', 'written_off', 'WRITTEN_OFF'),
('exception_case', 'ACKED', 'false_alarm', 'FALSE_POSITIVE'),
('exception_case', 'SNOOZED', 'woken', 'OPEN'),
('exception_case', 'SNOOZED', 'gone', 'AUTO_RESOLVED'),
('exception_case', 'SUPPRESSED', 'parent_closed', 'PENDING'),
('exception_case', 'SUPPRESSED', 'gone', 'AUTO_RESOLVED'),
('settlement_write_off', '', 'proposed', 'PROPOSED'),
('settlement_write_off', 'PROPOSED', 'written_off', 'WRITTEN_OFF'),
('settlement_write_off', 'PROPOSED', 'rejected', 'REJECTED'),
('settlement_write_off', 'WRITTEN_OFF', 'reopened', 'REOPENED'),
('settlement_period', '', 'closed', 'CLOSED'),
('settlement_period', 'CLOSED', 'reopened', 'OPEN'),
('settlement_period', 'OPEN', 'closed', 'CLOSED'),
('settlement_period', 'CLOSED', 'locked', 'LOCKED');

-- A parcel's state is the fold of its carrier's events in the order of their time, so that one step
-- may pass over states whose events came late; an ended parcel stays ended, though a later end may
-- take the place of an earlier one (lost, then found; delivered, then returned).
WITH
parcel_state (state, ends) AS (
    VALUES
    ('PRE_TRANSIT', false),
    ('IN_TRANSIT', false),
    ('OUT_FOR_DELIVERY', false),
    ('PICKUP_READY', false),
    ('ATTEMPT_FAILED', false),
    ('EXCEPTION', false),
    ('RETURNING', false),
    ('DELIVERED', true),
    ('RETURNED', true),
    ('LOST', true)
)

INSERT INTO state_transition (machine, from_state, event, to_state)
SELECT
    'parcel' AS machine,
    f.state AS from_state,
    lower(t.state) AS event,
    t.state AS to_state
FROM parcel_state AS f
INNER JOIN parcel_state AS t ON f.state <> t.state AND f.ends <= t.ends
WHERE t.state <> 'PRE_TRANSIT';

SELECT guard_status('source_file', 'source_file');
SELECT guard_status('quarantine', 'quarantine');
SELECT guard_status('effect', 'effect');
SELECT guard_status('order_entry', 'order_entry');
SELECT guard_status('sales_order', 'sales_order');
SELECT guard_status('vendor_order', 'vendor_order');
SELECT guard_status('parcel', 'parcel');
SELECT guard_status('exception_case', 'exception_case');
SELECT guard_status('settlement_write_off', 'settlement_write_off');
SELECT guard_status('settlement_period', 'settlement_period');
