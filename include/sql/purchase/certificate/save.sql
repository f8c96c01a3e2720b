-- purpose: keep a certificate.
-- reads: nothing
-- writes: certificate (one row)
-- params: certificate_id, day, as_of, hash, previous_hash, size_bytes, sales, listed
INSERT INTO certificate (
    certificate_id, day, as_of, hash, previous_hash, size_bytes, sales, listed
)
OVERRIDING SYSTEM VALUE
VALUES (
    :certificate_id, :day, :as_of, :hash, :previous_hash, :size_bytes, :sales, :listed
)
