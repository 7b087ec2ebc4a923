-- Who did what, when, from where, and what came of it. Rows are added, and that is all.
--
-- Nobody has to remember to write them: family tables have a trigger, and who is calling is known to the
-- transaction from its first statement on (open_family).

CREATE TABLE audit_logs (
    id             uuid        NOT NULL,
    at             timestamptz NOT NULL,
    actor_kind     text        NOT NULL,
    actor          text,
    user_id        uuid,
    action         text        NOT NULL,
    subject_kind   text        NOT NULL,
    subject_id     text,
    outcome        text        NOT NULL,
    request_id     text,
    source_address inet,
    details        jsonb,

    PRIMARY KEY (at, id),
    CONSTRAINT audit_logs_actor_kind CHECK (actor_kind IN ('parent', 'operator', 'function')),
    CONSTRAINT audit_logs_action CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    CONSTRAINT audit_logs_outcome CHECK (outcome IN ('done', 'refused')),
    CONSTRAINT audit_logs_details CHECK (jsonb_typeof(details) = 'object')
) PARTITION BY RANGE (at);

-- The story of one family, the latest first.
CREATE INDEX audit_logs_user ON audit_logs (user_id, at DESC);

COMMENT ON TABLE audit_logs IS 'Who did what, when, from where, and what came of it; append-only, a partition for each month (UTC)';
COMMENT ON COLUMN audit_logs.id IS 'UUIDv7';
COMMENT ON COLUMN audit_logs.at IS 'When it happened';
COMMENT ON COLUMN audit_logs.actor_kind IS 'parent, operator or function: told from the role that is connected, so that no caller can claim it';
COMMENT ON COLUMN audit_logs.actor IS 'sub of an operator''s token, or a function''s name; NULL for parents, who are the user_id';
COMMENT ON COLUMN audit_logs.user_id IS 'The family concerned; NULL when none is. No foreign key: what was done outlives the family';
COMMENT ON COLUMN audit_logs.action IS 'What was done to what, such as child.update';
COMMENT ON COLUMN audit_logs.subject_kind IS 'The kind of thing it was done to';
COMMENT ON COLUMN audit_logs.subject_id IS 'Which one';
COMMENT ON COLUMN audit_logs.outcome IS 'done, or refused';
COMMENT ON COLUMN audit_logs.request_id IS 'API Gateway''s id of the request: finds it in the logs';
COMMENT ON COLUMN audit_logs.source_address IS 'Where the request came from';
COMMENT ON COLUMN audit_logs.details IS 'Names of changed columns and numbers; never a value that a family entered';

-- What finds no month of its own lands here: late housekeeping must not cost a row, nor a family its write.
CREATE TABLE audit_logs_other_months PARTITION OF audit_logs DEFAULT;
ALTER TABLE audit_logs_other_months ENABLE ROW LEVEL SECURITY;


CREATE FUNCTION prepare_audit_months(first_at timestamptz, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    month timestamptz;
    partition text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('prepare_audit_months'));
    FOR i IN 0 .. months - 1 LOOP
        month := date_trunc('month', first_at) + make_interval(months => i);
        partition := 'audit_logs_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL
            OR EXISTS (SELECT FROM audit_logs_other_months WHERE at >= month AND at < month + interval '1 month');
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_logs FOR VALUES FROM (%L) TO (%L)',
            partition, month, month + interval '1 month');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
        -- Unlike the one for rows, this trigger does not come with the partition.
        EXECUTE format('CREATE TRIGGER audit_logs_no_truncate BEFORE TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', partition);
    END LOOP;
END
$$;

COMMENT ON FUNCTION prepare_audit_months(timestamptz, integer) IS 'Makes the partitions of so many months, from the one of first_at on';

CREATE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = 'audit_logs is append-only';
END
$$;

COMMENT ON FUNCTION refuse_audit_change() IS 'Refuses to change or remove what was written, to the tables'' owner as well';

CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE ON audit_logs
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_logs_no_truncate BEFORE TRUNCATE ON audit_logs
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_logs_no_truncate BEFORE TRUNCATE ON audit_logs_other_months
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- UUIDv7 of a moment (RFC 9562, 5.7): PostgreSQL has uuidv7() from 18 on only, and for the present only.
CREATE FUNCTION uuid_of(moment timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(
    set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid())
            PLACING substring(int8send(floor(extract(epoch FROM moment) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1),
    'hex')::uuid;

COMMENT ON FUNCTION uuid_of(timestamptz) IS 'A new UUIDv7 with this time';

-- Writes down one deed of whoever this transaction belongs to. It runs as the owner, so that no role can write a row of
-- its own making; session_user is still who is connected.
CREATE FUNCTION audit(action text, subject_kind text, subject_id text, outcome text DEFAULT 'done', details jsonb DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    INSERT INTO audit_logs
        (id, at, actor_kind, actor, user_id, action, subject_kind, subject_id, outcome, request_id, source_address, details)
    SELECT uuid_of(moment), moment,
        CASE session_user WHEN 'kimochi_api' THEN 'parent' WHEN 'kimochi_operator' THEN 'operator' ELSE 'function' END,
        NULLIF(current_setting('app.actor', true), ''),
        NULLIF(current_setting('app.user_id', true), '')::uuid,
        action, subject_kind, subject_id, outcome,
        NULLIF(current_setting('app.request_id', true), ''),
        NULLIF(current_setting('app.source_address', true), '')::inet,
        details
    FROM (SELECT COALESCE(NULLIF(current_setting('app.now', true), '')::timestamptz, now())) AS clock (moment);
END;

COMMENT ON FUNCTION audit(text, text, text, text, jsonb) IS 'Writes down one deed of whoever this transaction belongs to';

-- For every table whose rows people write. Arguments: what a row is called, and the column that names it.
CREATE FUNCTION audit_write() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    row_before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    row_after  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    verb       text;
    changed    jsonb;
BEGIN
    verb := CASE
        WHEN TG_OP = 'INSERT' THEN 'create'
        WHEN TG_OP = 'DELETE' THEN 'purge'
        WHEN row_before ->> 'deleted_at' IS NULL AND row_after ->> 'deleted_at' IS NOT NULL THEN 'delete'
        WHEN row_before ->> 'retired_at' IS NULL AND row_after ->> 'retired_at' IS NOT NULL THEN 'retire'
        ELSE 'update'
    END;
    IF verb = 'update' THEN
        SELECT jsonb_build_object('changed', jsonb_agg(key ORDER BY key)) INTO changed
        FROM jsonb_each(row_after)
        WHERE value IS DISTINCT FROM row_before -> key AND key NOT IN ('version', 'updated_at');
    END IF;
    PERFORM audit(TG_ARGV[0] || '.' || verb, TG_ARGV[0], COALESCE(row_after, row_before) ->> TG_ARGV[1], 'done', changed);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION audit_write() IS 'Writes down a row that was made, changed or removed: which columns, and no values';

CREATE TRIGGER recordings_audit AFTER INSERT ON recordings
FOR EACH ROW EXECUTE FUNCTION audit_write('recording', 'id');

-- No policy and no grant: audit() is the only way in.
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;

GRANT EXECUTE ON FUNCTION audit(text, text, text, text, jsonb) TO kimochi_api;

-- For a year ahead; every deploy does it again (migrations.rs).
SELECT prepare_audit_months(now(), 13);
