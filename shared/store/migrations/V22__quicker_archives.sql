-- Archiving a row costs the server less than a third of what it did, and the rules are the same: the same lines, compared in
-- the transaction that removes them, and no way out of audit_logs but that of a row which an archive holds.

-- ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────

-- As V17, and the same text for every row. jsonb_strip_nulls would also take a NULL out of what a column holds, where it
-- stays: such rows are rare, and take the longer way. In plpgsql, which keeps its expressions ready from row to row; what SQL
-- does here with a subquery, it begins anew for each.
CREATE OR REPLACE FUNCTION archive_line(columns jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    -- A NULL below the columns, whose level is 1; one in an array counts, although it would have stayed.
    IF NOT columns @? '$.**{2 to last} ? (@ == null)' THEN
        RETURN jsonb_strip_nulls(columns)::text;
    END IF;
    RETURN (columns - ARRAY(SELECT key FROM jsonb_each(columns) WHERE value = 'null'))::text;
END
$$;

-- As V17, and looks for late rows only where there are some.
CREATE OR REPLACE FUNCTION audit_lines(seal_day date, after_at timestamptz, after_id uuid, max_rows bigint)
RETURNS TABLE (at timestamptz, id uuid, line text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    begins         timestamptz := '-infinity';
    got            bigint := 0;
    some_came_late boolean;
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
    some_came_late := EXISTS (
        SELECT FROM audit_late_rows l WHERE l.at >= GREATEST(begins, after_at) AND l.at < day_start(seal_day + 1));
    -- A scalar subquery, because an anti-join might be one that reads the whole day for each batch.
    RETURN QUERY
        SELECT a.at, a.id, archive_line(to_jsonb(a))
        FROM audit_logs a
        WHERE a.at >= GREATEST(begins, after_at) AND a.at < day_start(seal_day + 1)
            AND (a.at, a.id) > (after_at, after_id)
            AND (NOT some_came_late
                OR (SELECT l.sealed_with IS DISTINCT FROM seal_day
                    FROM audit_late_rows l WHERE l.at = a.at AND l.id = a.id) IS NOT TRUE)
        ORDER BY a.at, a.id
        LIMIT max_rows - got;
END
$$;

-- ── Removal ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- As V17, and finds the seals of all rows with one join.
CREATE OR REPLACE FUNCTION remove_archived_audit_logs(archive archives, ats timestamptz[], ids uuid[], digests bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    first_day date := (SELECT min(day) FROM audit_seals);
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
            OR CASE WHEN l.id IS NOT NULL THEN l.sealed_with ELSE GREATEST(utc_day(e.at), first_day) END
                IS DISTINCT FROM archive.day)
    INTO differing
    FROM unnest(ats, ids, digests) AS e (at, id, digest)
    LEFT JOIN audit_logs a ON a.at = e.at AND a.id = e.id AND a.at BETWEEN archive.first_at AND archive.last_at
    LEFT JOIN audit_late_rows l ON l.at = e.at AND l.id = e.id;
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

-- Removals are judged a statement at a time: a trigger for each row took most of the time of removing it. The rule is that
-- of audit_seal_day, for all rows at once.
CREATE FUNCTION refuse_audit_removal() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM removed r
        LEFT JOIN audit_late_rows l ON l.at = r.at AND l.id = r.id
        -- From the last archive that begins before the row backwards, which is the one: a day may have hundreds.
        WHERE (
            SELECT true FROM archives
            WHERE table_name = 'audit_logs'
                AND day = CASE
                    WHEN l.id IS NOT NULL THEN l.sealed_with
                    ELSE GREATEST(utc_day(r.at), (SELECT min(day) FROM audit_seals))
                END
                AND (first_at, first_id) <= (r.at, r.id) AND (r.at, r.id) <= (last_at, last_id)
            ORDER BY first_at DESC, first_id DESC
            LIMIT 1) IS NULL
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'audit_logs is append-only';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION refuse_audit_removal() IS 'Refuses a statement that removes what no archive holds, to the tables'' owner as well';

-- As V17, and in our schema: a temporary table comes before it where no path is set, and whoever made one that was called
-- archives could remove what no archive holds.
ALTER FUNCTION refuse_audit_change() SET search_path = public, pg_temp;

-- A trigger for statements acts on the table that the statement names, and does not come with a partition. One for rows
-- does. So it stays, for a partition that somebody makes by hand, and is switched off in each partition that has been given
-- the other: see prepare_audit_months. They are replaced, not dropped and made anew, and whoever reads goes on reading.
CREATE OR REPLACE TRIGGER audit_logs_append_only BEFORE UPDATE ON audit_logs
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_logs_archived_row BEFORE DELETE ON audit_logs
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

-- As V5, and gives the triggers for statements to each table of audit_logs that has none, whoever made it. One that is not
-- the owner's is left as it is: there, each row is judged.
CREATE OR REPLACE FUNCTION prepare_audit_months(first_at timestamptz, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
    month     timestamptz;
    partition text;
    has_rows  boolean;
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
    END LOOP;

    FOR partition, has_rows IN
        SELECT relid, isleaf FROM pg_partition_tree('audit_logs') JOIN pg_class ON oid = relid
        WHERE pg_has_role(relowner, 'USAGE') AND (
            SELECT count(*) FROM pg_trigger
            WHERE tgrelid = relid AND (tgname IN ('audit_logs_no_truncate', 'audit_logs_archived')
                OR isleaf AND tgname = 'audit_logs_archived_row' AND tgenabled = 'D')
            ) < CASE WHEN isleaf THEN 3 ELSE 2 END
        ORDER BY level, relid
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER audit_logs_no_truncate BEFORE TRUNCATE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', partition);
        EXECUTE format('CREATE OR REPLACE TRIGGER audit_logs_archived AFTER DELETE ON %s'
            ' REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_removal()', partition);
        IF has_rows THEN
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER audit_logs_archived_row', partition);
        END IF;
    END LOOP;
END
$$;

SELECT prepare_audit_months(now(), 0);
