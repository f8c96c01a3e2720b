-- purpose: state machines that the database itself enforces, with a hash-chained history.
--   A guarded table has <name>_id, status, status_at (when it happened, by the business clock) and
--   status_reason. guard_status() hangs two statement triggers on it: they refuse a change that
--   state_transition does not have, and write one history row per changed row, set at a time.
--   The actor is the setting tieout.actor of the transaction (kernel.database sets it).

CREATE TABLE state_transition (
    machine text NOT NULL,
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (machine, from_state, event),
    UNIQUE (machine, from_state, to_state)
);
COMMENT ON TABLE state_transition IS
'The only changes of state there are; from_state is empty for the first state of a row.';

CREATE TABLE status_history (
    history_id bigint GENERATED ALWAYS AS IDENTITY,
    machine text NOT NULL,
    subject_id bigint NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    event text NOT NULL,
    actor text NOT NULL,
    reason text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    previous_hash bytea,
    hash bytea NOT NULL,
    PRIMARY KEY (machine, subject_id, history_id)
);

CREATE FUNCTION status_history_hash(
    previous_hash bytea, machine text, subject_id bigint, from_state text, to_state text,
    event text, actor text, reason text, occurred_at timestamptz, recorded_at timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(coalesce(previous_hash, ''::bytea) || convert_to(jsonb_build_array(
        machine, subject_id, from_state, to_state, event, actor, reason,
        extract(epoch FROM occurred_at), extract(epoch FROM recorded_at)
    )::text, 'UTF8'))
$$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER status_history_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON status_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION record_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    machine_name text := TG_ARGV[0];
    key_column text := TG_ARGV[1];
    changed text;
    bad record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        changed := format(
            'SELECT n.%1$I AS subject_id, ''''::text AS from_state, n.status, n.status_at, n.status_reason
               FROM new_rows AS n', key_column);
    ELSE
        EXECUTE format(
            'SELECT count(*) > 0 AS yes FROM (
                 SELECT %1$I FROM new_rows EXCEPT SELECT %1$I FROM old_rows) AS k', key_column)
            INTO bad;
        IF bad.yes THEN
            RAISE EXCEPTION '%: the key of a row with a history cannot change', machine_name
                USING ERRCODE = 'restrict_violation';
        END IF;
        changed := format(
            'SELECT n.%1$I AS subject_id, o.status AS from_state, n.status, n.status_at, n.status_reason
               FROM new_rows AS n JOIN old_rows AS o ON o.%1$I = n.%1$I
              WHERE o.status <> n.status', key_column);
    END IF;
    EXECUTE
        'SELECT min(c.subject_id) AS subject_id, min(c.from_state || '' to '' || c.status) AS step
           FROM (' || changed || ') AS c
           LEFT JOIN state_transition AS t
             ON t.machine = $1 AND t.from_state = c.from_state AND t.to_state = c.status
          WHERE t.machine IS NULL'
        INTO bad USING machine_name;
    IF bad.step IS NOT NULL THEN
        RAISE EXCEPTION '% %: no transition %', machine_name, bad.subject_id, bad.step
            USING ERRCODE = 'check_violation', HINT = 'See the table state_transition.';
    END IF;
    EXECUTE
        'INSERT INTO status_history (machine, subject_id, from_state, to_state, event, actor, reason,
                                     occurred_at, recorded_at, previous_hash, hash)
         SELECT $1, c.subject_id, c.from_state, c.status, t.event, $2, c.status_reason,
                c.status_at, $3, p.hash,
                status_history_hash(p.hash, $1, c.subject_id, c.from_state, c.status, t.event, $2,
                                    c.status_reason, c.status_at, $3)
           FROM (' || changed || ') AS c
           JOIN state_transition AS t
             ON t.machine = $1 AND t.from_state = c.from_state AND t.to_state = c.status
           LEFT JOIN LATERAL (
                SELECT h.hash FROM status_history AS h
                 WHERE c.from_state <> '''' AND h.machine = $1 AND h.subject_id = c.subject_id
                 ORDER BY h.machine DESC, h.subject_id DESC, h.history_id DESC LIMIT 1
           ) AS p ON true
          ORDER BY c.subject_id'
        USING machine_name, coalesce(nullif(current_setting('tieout.actor', true), ''), session_user),
              statement_timestamp();
    RETURN NULL;
END
$$;

CREATE FUNCTION guard_status(table_name regclass, machine text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key_column text := (
        SELECT a.attname FROM pg_index AS i
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = table_name AND i.indisprimary
    );
BEGIN
    EXECUTE format(
        'CREATE TRIGGER %I AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION record_status(%L, %L)',
        machine || '_status_first', table_name, machine, key_column);
    EXECUTE format(
        'CREATE TRIGGER %I AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION record_status(%L, %L)',
        machine || '_status_change', table_name, machine, key_column);
END
$$;
