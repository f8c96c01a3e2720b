-- purpose: write one decision of a person.
-- reads: nothing
-- writes: audit_log (one row)
-- params: actor, action, subject, reason, facts (JSON text), occurred_at
INSERT INTO audit_log (actor, action, subject, reason, facts, occurred_at)
VALUES (:actor, :action, :subject, :reason, cast(:facts AS jsonb), :occurred_at)
