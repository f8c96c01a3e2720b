-- purpose: The offending rows with their severity, one per fingerprint.
-- reads: nothing
-- writes: judged (temporary; one row per fingerprint)
CREATE TEMP TABLE judged (
    LIKE offence INCLUDING DEFAULTS,
    severity text NOT NULL,
    PRIMARY KEY (fingerprint)
) ON COMMIT DROP
