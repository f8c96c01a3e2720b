-- purpose: how the last exchange of files with each partner went, so that silence does not look like peace.

CREATE TABLE partner_contact (
    partner_id text NOT NULL REFERENCES partner,
    doc_type text NOT NULL,
    contacted_at timestamptz NOT NULL,
    last_ok_at timestamptz,
    failing_since timestamptz,
    problem text CHECK (problem IN ('not-reached', 'refused', 'no-answer')),
    message text,
    PRIMARY KEY (partner_id, doc_type),
    CHECK ((problem IS NULL) = (failing_since IS NULL)),
    CHECK ((problem IS NULL) = (message IS NULL))
);
COMMENT ON TABLE partner_contact IS
'One row per feed that was worked: whether its newest visit went well, and if not since when.';
COMMENT ON COLUMN partner_contact.problem IS
'not-reached and no-answer concern the whole connection; refused concerns this feed alone.';
