-- How long rows of logs stay in the database, and what stays of them afterwards.
--
--   audit_seals      one digest for each day of audit_logs, chained: what was written cannot change unnoticed
--   archives         what was exported to the bucket, read back, and then removed here
--
-- audit_logs stays append-only for everybody, its owner included, with one way out: a row that such an archive holds.

-- The first moment of a day, and the day of a moment; days are those of UTC, as are the partitions of audit_logs.
CREATE FUNCTION day_start(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day::timestamp AT TIME ZONE 'UTC';

CREATE FUNCTION utc_day(moment timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (moment AT TIME ZONE 'UTC')::date;

COMMENT ON FUNCTION day_start(date) IS 'The first moment of a day in UTC';
COMMENT ON FUNCTION utc_day(timestamptz) IS 'The day of a moment in UTC';

-- The one written form of a row: seals are computed from it, and archives hold it, a row a line. Keys stand in jsonb's own
-- order, which is that of its storage and as such the same in every version; columns that are NULL are left out, so that a
-- column that is added later changes no line that was written before. A column of audit_logs is never renamed, nor is its
-- type changed. Times are in the session's time zone: who calls this sets it to UTC.
CREATE FUNCTION archive_line(columns jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(key, value)::text FROM jsonb_each(columns) WHERE value <> 'null');

COMMENT ON FUNCTION archive_line(jsonb) IS 'A row, given as to_jsonb makes it, as the line that seals and archives hold';

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = TG_TABLE_NAME || ' is append-only';
END
$$;

COMMENT ON FUNCTION refuse_change() IS 'Refuses to change or remove what was written, to the tables'' owner as well';

-- Seals

CREATE TABLE audit_seals (
    day       date        PRIMARY KEY,
    rows      bigint      NOT NULL,
    digest    bytea       NOT NULL,
    previous  bytea,
    sealed_at timestamptz NOT NULL,
    previous_day date     NOT NULL GENERATED ALWAYS AS (day - 1) STORED,

    CONSTRAINT audit_seals_rows CHECK (rows >= 0),
    CONSTRAINT audit_seals_digest CHECK (octet_length(digest) = 32),
    CONSTRAINT audit_seals_previous CHECK (octet_length(previous) = 32),
    CONSTRAINT audit_seals_day_is_over CHECK (sealed_at >= day_start(day + 1)),
    CONSTRAINT audit_seals_link UNIQUE (day, digest),
    -- A chain without a gap: only the first seal has nothing before it.
    CONSTRAINT audit_seals_chain FOREIGN KEY (previous_day, previous) REFERENCES audit_seals (day, digest)
);
CREATE UNIQUE INDEX audit_seals_one_beginning ON audit_seals ((true)) WHERE previous IS NULL;

COMMENT ON TABLE audit_seals IS 'A digest of each day''s audit rows (UTC) and of the day before; append-only, and kept when the rows are archived';
COMMENT ON COLUMN audit_seals.day IS 'The day; the first seal covers everything before it, too';
COMMENT ON COLUMN audit_seals.rows IS 'How many rows it covers';
COMMENT ON COLUMN audit_seals.digest IS 'SHA-256 of the line "{day} {previous in hexadecimal, or 64 zeros}" and the rows'' lines in the order of (at, id), each with its line feed';
COMMENT ON COLUMN audit_seals.previous IS 'The digest of the day before; NULL for the first seal';
COMMENT ON COLUMN audit_seals.sealed_at IS 'When it was computed';
COMMENT ON COLUMN audit_seals.previous_day IS 'The day before: what previous is the digest of';

-- The digest tells that a day is not as it was; this tells which row.
CREATE TABLE audit_seal_rows (
    day       date    NOT NULL REFERENCES audit_seals (day) DEFERRABLE INITIALLY DEFERRED,
    first_row bigint  NOT NULL,
    entries   bytea   NOT NULL,

    PRIMARY KEY (day, first_row),
    CONSTRAINT audit_seal_rows_first CHECK (first_row >= 0),
    CONSTRAINT audit_seal_rows_entries CHECK (octet_length(entries) > 0 AND octet_length(entries) % 32 = 0)
);
-- Digests and ids do not compress.
ALTER TABLE audit_seal_rows ALTER COLUMN entries SET STORAGE EXTERNAL;

COMMENT ON TABLE audit_seal_rows IS 'The rows that a seal covers, 32 bytes each; append-only';
COMMENT ON COLUMN audit_seal_rows.day IS 'The seal';
COMMENT ON COLUMN audit_seal_rows.first_row IS 'The place of the first of these rows among the day''s, from 0';
COMMENT ON COLUMN audit_seal_rows.entries IS 'For each row, in the order of (at, id): microseconds since 1970 (8 bytes, the highest first), id (16 bytes), and the first 8 bytes of the SHA-256 of its line';

-- A row may come after its day was sealed: from a clock that went wrong, or a transaction that took very long. It is
-- written down as late, and belongs to the next seal.

CREATE TABLE audit_closings (
    closed_until date        PRIMARY KEY,
    closed_at    timestamptz NOT NULL
);

COMMENT ON TABLE audit_closings IS 'From when on a row of audit_logs is late; append-only';
COMMENT ON COLUMN audit_closings.closed_until IS 'A row from before this day is late if it is written now';
COMMENT ON COLUMN audit_closings.closed_at IS 'Since when';

CREATE TABLE audit_late_rows (
    at          timestamptz NOT NULL,
    id          uuid        NOT NULL,
    sealed_with date REFERENCES audit_seals (day) DEFERRABLE INITIALLY DEFERRED,

    PRIMARY KEY (at, id)
);
CREATE INDEX audit_late_rows_seal ON audit_late_rows (sealed_with, at, id);

COMMENT ON TABLE audit_late_rows IS 'Rows of audit_logs that came after their day was closed';
COMMENT ON COLUMN audit_late_rows.at IS 'at of the row';
COMMENT ON COLUMN audit_late_rows.id IS 'id of the row';
COMMENT ON COLUMN audit_late_rows.sealed_with IS 'The day whose seal covers it; NULL until that seal is made';

-- AFTER, because a transaction that writes has its number by then: see audit_writers_since.
CREATE FUNCTION note_late_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.at < (SELECT day_start(max(closed_until)) FROM audit_closings) THEN
        INSERT INTO audit_late_rows (at, id) VALUES (NEW.at, NEW.id);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION note_late_audit() IS 'Writes down an audit row that comes after its day was closed';

CREATE TRIGGER audit_logs_late AFTER INSERT ON audit_logs
FOR EACH ROW EXECUTE FUNCTION note_late_audit();

-- From this function's commit on rows of the days before `until` are late. Whoever began to write before may not know:
-- their days are sealed when all those have ended. A clock that is ahead closes nothing: the server's has the last word.
CREATE FUNCTION close_audit_days(until date, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF until > utc_day(now()) THEN
        RAISE EXCEPTION 'the day before % is not over', until;
    END IF;
    INSERT INTO audit_closings (closed_until, closed_at)
    SELECT until, at WHERE until > COALESCE((SELECT max(closed_until) FROM audit_closings), '-infinity');
END
$$;

COMMENT ON FUNCTION close_audit_days(date, timestamptz) IS 'Lets audit rows of the days before this one be late from now on';

-- The day that the first seal is for: that of the first row, but no earlier than some 13 months ago, or a single row from a
-- clock that was decades behind would call for thousands of seals. NULL when there is nothing to seal.
CREATE FUNCTION first_audit_day(until date) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
RETURN COALESCE(
    (SELECT utc_day(min(at)) FROM audit_logs
    WHERE at >= day_start(until) - interval '400 days' AND at < day_start(until)),
    (SELECT until - 1 WHERE EXISTS (SELECT FROM audit_logs WHERE at < day_start(until))));

COMMENT ON FUNCTION first_audit_day(date) IS 'The day of the first audit row before this one';

-- Takes the late rows that wait into the seal of this day, which is made in the same transaction.
CREATE FUNCTION take_late_audit(seal_day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    taken bigint;
BEGIN
    IF EXISTS (SELECT FROM audit_seals WHERE day >= seal_day) THEN
        RAISE EXCEPTION '% is sealed', seal_day;
    END IF;
    UPDATE audit_late_rows SET sealed_with = seal_day
    WHERE sealed_with IS NULL AND at < day_start(seal_day + 1);
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END
$$;

COMMENT ON FUNCTION take_late_audit(date) IS 'Takes the late rows that wait into the seal of this day; gives how many';

-- The rows that belong to the seal of a day and are (still) here, in the order of (at, id), from after a place on.
CREATE FUNCTION audit_lines(seal_day date, after_at timestamptz, after_id uuid, max_rows bigint)
RETURNS TABLE (at timestamptz, id uuid, line text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    begins timestamptz := '-infinity';
    got    bigint := 0;
BEGIN
    IF EXISTS (SELECT FROM audit_seals WHERE day < seal_day) THEN
        begins := day_start(seal_day);
        RETURN QUERY
            SELECT a.at, a.id, archive_line(to_jsonb(a))
            FROM audit_late_rows l JOIN audit_logs a ON a.at = l.at AND a.id = l.id
            WHERE l.sealed_with = seal_day AND l.at < begins AND (l.at, l.id) > (after_at, after_id)
            ORDER BY l.at, l.id
            LIMIT max_rows;
        GET DIAGNOSTICS got = ROW_COUNT;
    END IF;
    -- A scalar subquery, because an anti-join might be one that reads the whole day for each batch.
    RETURN QUERY
        SELECT a.at, a.id, archive_line(to_jsonb(a))
        FROM audit_logs a
        WHERE a.at >= GREATEST(begins, after_at) AND a.at < day_start(seal_day + 1)
            AND (a.at, a.id) > (after_at, after_id)
            AND (SELECT l.sealed_with IS DISTINCT FROM seal_day
                FROM audit_late_rows l WHERE l.at = a.at AND l.id = a.id) IS NOT TRUE
        ORDER BY a.at, a.id
        LIMIT max_rows - got;
END
$$;

COMMENT ON FUNCTION audit_lines(date, timestamptz, uuid, bigint) IS 'The rows that belong to the seal of a day, as lines, from after a place on';

CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_rows_append_only BEFORE UPDATE OR DELETE ON audit_seal_rows
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_rows_no_truncate BEFORE TRUNCATE ON audit_seal_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_closings_append_only BEFORE UPDATE OR DELETE ON audit_closings
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_closings_no_truncate BEFORE TRUNCATE ON audit_closings
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_late_rows_stay BEFORE DELETE ON audit_late_rows
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_late_rows_sealed_once BEFORE UPDATE ON audit_late_rows
FOR EACH ROW WHEN (OLD.sealed_with IS NOT NULL OR (OLD.at, OLD.id) <> (NEW.at, NEW.id))
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_late_rows_no_truncate BEFORE TRUNCATE ON audit_late_rows
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Archives

CREATE TABLE archives (
    key             text        PRIMARY KEY,
    table_name      text        NOT NULL,
    day             date        NOT NULL,
    rows            bigint      NOT NULL,
    first_at        timestamptz NOT NULL,
    first_id        uuid        NOT NULL,
    last_at         timestamptz NOT NULL,
    last_id         uuid        NOT NULL,
    bytes           bigint      NOT NULL,
    sha256          bytea       NOT NULL,
    content_bytes   bigint      NOT NULL,
    content_sha256  bytea       NOT NULL,
    verified_at     timestamptz NOT NULL,
    removed_rows    bigint      NOT NULL,

    CONSTRAINT archives_once UNIQUE (table_name, day, first_at, first_id),
    CONSTRAINT archives_key CHECK (starts_with(key, 'archive/' || table_name || '/')),
    CONSTRAINT archives_table CHECK (table_name IN ('audit_logs', 'job_runs')),
    CONSTRAINT archives_rows CHECK (rows > 0 AND removed_rows BETWEEN 0 AND rows),
    CONSTRAINT archives_order CHECK ((first_at, first_id) <= (last_at, last_id)),
    CONSTRAINT archives_bytes CHECK (bytes > 0 AND content_bytes > 0),
    CONSTRAINT archives_digests CHECK (octet_length(sha256) = 32 AND octet_length(content_sha256) = 32)
);

COMMENT ON TABLE archives IS 'What was exported to the bucket, read back and compared, and then, in the transaction that writes this row, removed from its table; append-only';
COMMENT ON COLUMN archives.key IS 'Where it lies in the bucket';
COMMENT ON COLUMN archives.table_name IS 'The table that the rows were in';
COMMENT ON COLUMN archives.day IS 'For audit_logs the day whose seal covers the rows; otherwise the day (UTC) of the first row';
COMMENT ON COLUMN archives.rows IS 'How many rows it holds';
COMMENT ON COLUMN archives.first_at IS 'Of the first row: at, or finished_at of job_runs';
COMMENT ON COLUMN archives.first_id IS 'id of the first row';
COMMENT ON COLUMN archives.last_at IS 'Of the last row: at, or finished_at of job_runs';
COMMENT ON COLUMN archives.last_id IS 'id of the last row';
COMMENT ON COLUMN archives.bytes IS 'Size of the object';
COMMENT ON COLUMN archives.sha256 IS 'SHA-256 of the object';
COMMENT ON COLUMN archives.content_bytes IS 'Size of the lines, uncompressed';
COMMENT ON COLUMN archives.content_sha256 IS 'SHA-256 of the lines, uncompressed';
COMMENT ON COLUMN archives.verified_at IS 'When the object was read back and found to be right';
COMMENT ON COLUMN archives.removed_rows IS 'How many of the rows were removed from the table: all, unless a family''s erasure was quicker with one of job_runs';

CREATE TRIGGER archives_append_only BEFORE UPDATE OR DELETE ON archives
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER archives_no_truncate BEFORE TRUNCATE ON archives
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which seal a row belongs to; NULL while it waits for one.
CREATE FUNCTION audit_seal_day(row_at timestamptz, row_id uuid) RETURNS date
LANGUAGE sql STABLE
RETURN CASE
    WHEN EXISTS (SELECT FROM audit_late_rows WHERE at = row_at AND id = row_id)
        THEN (SELECT sealed_with FROM audit_late_rows WHERE at = row_at AND id = row_id)
    ELSE GREATEST(utc_day(row_at), (SELECT min(day) FROM audit_seals))
END;

COMMENT ON FUNCTION audit_seal_day(timestamptz, uuid) IS 'The day whose seal covers an audit row';

CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT FROM archives
            WHERE table_name = 'audit_logs' AND day = audit_seal_day(OLD.at, OLD.id)
                AND (first_at, first_id) <= (OLD.at, OLD.id) AND (OLD.at, OLD.id) <= (last_at, last_id)
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = 'audit_logs is append-only';
END
$$;

COMMENT ON FUNCTION refuse_audit_change() IS 'Refuses to change what was written, and to remove what no archive holds, to the tables'' owner as well';

-- Refuses rows that are not those of an archive of this table, by their number and by the first and the last of them.
CREATE FUNCTION refuse_other_rows(archive archives, of_table text, ats timestamptz[], ids uuid[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF archive.table_name IS DISTINCT FROM of_table OR cardinality(ids) IS DISTINCT FROM archive.rows
        OR (archive.first_at, archive.first_id) IS DISTINCT FROM (ats[1], ids[1])
        OR (archive.last_at, archive.last_id) IS DISTINCT FROM (ats[archive.rows], ids[archive.rows]) THEN
        RAISE EXCEPTION 'these are not the rows of the archive';
    END IF;
END
$$;

COMMENT ON FUNCTION refuse_other_rows(archives, text, timestamptz[], uuid[]) IS 'Refuses rows that are not those of an archive of this table';

-- Writes down a verified archive and removes its rows: all of them, and each exactly as the archive has it, or nothing
-- happens. It runs as the owner: this is the only way in which a function removes a row of audit_logs.
CREATE FUNCTION remove_archived_audit_logs(archive archives, ats timestamptz[], ids uuid[], digests bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    differing bigint;
    removed   bigint;
BEGIN
    PERFORM refuse_other_rows(archive, 'audit_logs', ats, ids);
    IF NOT EXISTS (SELECT FROM audit_seals WHERE day = archive.day) THEN
        RAISE EXCEPTION 'the day is not sealed';
    END IF;
    INSERT INTO archives SELECT (archive).*;

    SELECT count(*) FILTER (
        WHERE sha256(convert_to(archive_line(to_jsonb(a)), 'UTF8')) IS DISTINCT FROM e.digest
            OR audit_seal_day(e.at, e.id) IS DISTINCT FROM archive.day)
    INTO differing
    FROM unnest(ats, ids, digests) AS e (at, id, digest)
    LEFT JOIN audit_logs a ON a.at = e.at AND a.id = e.id AND a.at BETWEEN archive.first_at AND archive.last_at;
    IF differing > 0 THEN
        RAISE EXCEPTION '% rows are not what the archive holds', differing;
    END IF;

    DELETE FROM audit_logs a
    USING unnest(ats, ids) AS e (at, id)
    WHERE a.at = e.at AND a.id = e.id AND a.at BETWEEN archive.first_at AND archive.last_at;
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed <> archive.rows THEN
        RAISE EXCEPTION '% of % rows were removed', removed, archive.rows;
    END IF;
    RETURN removed;
END
$$;

COMMENT ON FUNCTION remove_archived_audit_logs(archives, timestamptz[], uuid[], bytea[]) IS 'Writes down an archive and removes its rows from audit_logs, or does neither';

-- A partition whose month is long over and whose rows are all archived. Makes way for whoever uses the table, and is
-- called again the next time.
CREATE FUNCTION drop_empty_audit_months(until date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms'
AS $$
DECLARE
    partition text;
    is_empty  boolean;
    dropped   integer := 0;
BEGIN
    FOR partition IN
        SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'audit_logs'::regclass AND relname ~ '^audit_logs_\d{4}_\d\d$'
            AND relname < 'audit_logs_' || to_char(LEAST(until, utc_day(now())), 'YYYY_MM')
        ORDER BY relname
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', partition) INTO is_empty;
        CONTINUE WHEN NOT is_empty;
        LOCK TABLE audit_logs IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %I)', partition) INTO is_empty;
        CONTINUE WHEN NOT is_empty;
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END
$$;

COMMENT ON FUNCTION drop_empty_audit_months(date) IS 'Drops partitions without rows whose month was over before this day; gives how many';

-- Runs that ended, the earliest first, from after a place on.
CREATE INDEX job_runs_finished ON job_runs (finished_at, id) WHERE finished_at IS NOT NULL;

CREATE FUNCTION job_run_lines(finished_before timestamptz, after_at timestamptz, after_id uuid, max_rows bigint)
RETURNS TABLE (at timestamptz, id uuid, line text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
BEGIN ATOMIC
    SELECT finished_at, id, archive_line(to_jsonb(j))
    FROM job_runs j
    WHERE finished_at < finished_before AND (finished_at, id) > (after_at, after_id)
    ORDER BY finished_at, id
    LIMIT max_rows;
END;

COMMENT ON FUNCTION job_run_lines(timestamptz, timestamptz, uuid, bigint) IS 'Runs that ended before, as lines, from after a place on';

-- How many runs an archive would take, and of how many: for a rehearsal.
CREATE FUNCTION due_job_runs(finished_before timestamptz) RETURNS TABLE (due bigint, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT count(*) FILTER (WHERE finished_at < finished_before), count(*) FROM job_runs;
END;

COMMENT ON FUNCTION due_job_runs(timestamptz) IS 'How many runs ended before, and how many there are';

-- The same for runs. One may be gone by now: when a family leaves, what was done for it is erased, archive or not.
CREATE FUNCTION remove_archived_job_runs(archive archives, ats timestamptz[], ids uuid[], digests bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    differing bigint;
    removed   bigint;
BEGIN
    PERFORM refuse_other_rows(archive, 'job_runs', ats, ids);

    SELECT count(*) INTO differing
    FROM unnest(ids, digests) AS e (id, digest) JOIN job_runs j ON j.id = e.id
    WHERE sha256(convert_to(archive_line(to_jsonb(j)), 'UTF8')) IS DISTINCT FROM e.digest OR j.finished_at IS NULL;
    IF differing > 0 THEN
        RAISE EXCEPTION '% rows are not what the archive holds', differing;
    END IF;

    DELETE FROM job_runs WHERE id = ANY (ids);
    GET DIAGNOSTICS removed = ROW_COUNT;
    archive.removed_rows := removed;
    INSERT INTO archives SELECT (archive).*;
    RETURN removed;
END
$$;

COMMENT ON FUNCTION remove_archived_job_runs(archives, timestamptz[], uuid[], bytea[]) IS 'Writes down an archive and removes its rows from job_runs, or does neither';

-- Who may: kimochi_cleanup makes seals and reads them and the archives; everything else it does through the functions above.
ALTER TABLE audit_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seal_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_closings ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_late_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE archives ENABLE ROW LEVEL SECURITY;

CREATE POLICY every_row ON audit_seals TO kimochi_cleanup USING (true) WITH CHECK (true);
CREATE POLICY every_row ON audit_seal_rows TO kimochi_cleanup USING (true) WITH CHECK (true);
CREATE POLICY every_row ON archives FOR SELECT TO kimochi_cleanup USING (true);

GRANT SELECT (day, rows, digest, previous, sealed_at), INSERT (day, rows, digest, previous, sealed_at)
    ON audit_seals TO kimochi_cleanup;
GRANT SELECT (day, first_row, entries), INSERT (day, first_row, entries) ON audit_seal_rows TO kimochi_cleanup;
GRANT SELECT (key, table_name, day, rows, first_at, first_id, last_at, last_id, bytes, sha256, content_bytes,
    content_sha256, verified_at, removed_rows) ON archives TO kimochi_cleanup;
GRANT EXECUTE ON FUNCTION
    day_start(date), -- which a constraint of audit_seals calls
    close_audit_days(date, timestamptz), first_audit_day(date), take_late_audit(date),
    audit_lines(date, timestamptz, uuid, bigint), job_run_lines(timestamptz, timestamptz, uuid, bigint),
    remove_archived_audit_logs(archives, timestamptz[], uuid[], bytea[]),
    remove_archived_job_runs(archives, timestamptz[], uuid[], bytea[]),
    drop_empty_audit_months(date), due_job_runs(timestamptz)
    TO kimochi_cleanup;
