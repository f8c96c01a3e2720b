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

CREATE FUNCTION refuse_step(machine text, subject_id bigint, step text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% %: no transition %', machine, subject_id, step
        USING ERRCODE = 'check_violation', HINT = 'See the table state_transition.';
END
$$;

CREATE FUNCTION guard_status(table_name regclass, machine text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key_column text := (
        SELECT a.attname FROM pg_index AS i
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = table_name AND i.indisprimary
    );
    -- Written out for each table, so that a session plans it once and not for every statement. The one
    -- plan has to do for one row and for all rows, which nested loops over the changed rows would not.
    whole text := $body$
DECLARE
    changed bigint;
    lost bigint := 0;
    written bigint;
BEGIN
    %3$s
    IF lost > 0 THEN
        RAISE EXCEPTION '%%: the key of a row with a history cannot change', %1$L
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF changed = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO status_history (machine, subject_id, from_state, to_state, event, actor, reason,
                                occurred_at, recorded_at, previous_hash, hash)
    SELECT %1$L, c.subject_id, c.from_state, c.status, t.event, w.actor, c.status_reason,
           c.status_at, w.recorded_at, p.hash,
           status_history_hash(p.hash, %1$L, c.subject_id, c.from_state, c.status, t.event, w.actor,
                               c.status_reason, c.status_at, w.recorded_at)
      FROM (%2$s) AS c
      JOIN state_transition AS t
        ON t.machine = %1$L AND t.from_state = c.from_state AND t.to_state = c.status
     CROSS JOIN (
        SELECT coalesce(nullif(current_setting('tieout.actor', true), ''), session_user) AS actor,
               statement_timestamp() AS recorded_at
     ) AS w
      LEFT JOIN LATERAL (
        SELECT h.hash FROM status_history AS h
         WHERE c.from_state <> '' AND h.machine = %1$L AND h.subject_id = c.subject_id
         ORDER BY h.machine DESC, h.subject_id DESC, h.history_id DESC LIMIT 1
      ) AS p ON true
     ORDER BY c.subject_id;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written < changed THEN
        PERFORM refuse_step(%1$L, min(c.subject_id), min(c.from_state || ' to ' || c.status))
           FROM (%2$s) AS c
           LEFT JOIN state_transition AS t
             ON t.machine = %1$L AND t.from_state = c.from_state AND t.to_state = c.status
          WHERE t.machine IS NULL;
    END IF;
    RETURN NULL;
END
$body$;
BEGIN
    EXECUTE format(
        'CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS %L',
        machine || '_status_first',
        format(
            whole, machine,
            format('SELECT n.%I AS subject_id, ''''::text AS from_state, n.status, n.status_at,
                           n.status_reason
                      FROM new_rows AS n', key_column),
            'SELECT count(*) INTO changed FROM new_rows;'));
    EXECUTE format(
        'CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS %L',
        machine || '_status_change',
        format(
            whole, machine,
            format('SELECT n.%1$I AS subject_id, o.status AS from_state, n.status, n.status_at,
                           n.status_reason
                      FROM new_rows AS n JOIN old_rows AS o ON o.%1$I = n.%1$I
                     WHERE o.status <> n.status', key_column),
            format('SELECT count(*) FILTER (WHERE o.status <> n.status),
                           count(*) FILTER (WHERE o.%1$I IS NULL)
                      INTO changed, lost
                      FROM new_rows AS n LEFT JOIN old_rows AS o ON o.%1$I = n.%1$I;', key_column)));
    EXECUTE format(
        'CREATE TRIGGER %1$I AFTER INSERT ON %2$s REFERENCING NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION %1$I()',
        machine || '_status_first', table_name);
    EXECUTE format(
        'CREATE TRIGGER %1$I AFTER UPDATE ON %2$s
         REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION %1$I()',
        machine || '_status_change', table_name);
END
$$;
