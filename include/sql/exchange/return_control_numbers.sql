-- purpose: give back control numbers that this transaction took and no file has.
-- reads: control_number
-- writes: control_number (one row per partner and document type)
-- params: doc_type, partner_ids
UPDATE control_number AS c
SET last_number = c.last_number - 1
WHERE c.doc_type = :doc_type AND c.partner_id = any(cast(:partner_ids AS text[]))
