-- purpose: ask for a second person's word on a charge above the customer's band.
-- reads: nothing
-- writes: payment_approval (one row)
-- params: payment_ref, usual_at_most_minor, as_of
INSERT INTO payment_approval (payment_ref, usual_at_most_minor, status_at)
VALUES (:payment_ref, :usual_at_most_minor, :as_of)
ON CONFLICT (payment_ref) DO NOTHING
