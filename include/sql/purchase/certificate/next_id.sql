-- purpose: the number of the next certificate.
-- reads: nothing
-- writes: nothing; one row
-- params: none
SELECT nextval(pg_get_serial_sequence('certificate', 'certificate_id')) AS certificate_id
