-- What the reports to the operators are made from: counts, times and names of work, and nothing that a family entered.
--
-- kimochi_report sees no table of a family. It calls the functions below, which count, and writes its own runs.

CALL ensure_function_role('kimochi_report');

-- Counting a month of everything takes longer than answering a request.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_db_role_setting
        WHERE setrole = 'kimochi_report'::regrole AND setdatabase = 0 AND 'statement_timeout=60s' = ANY (setconfig)
    ) THEN
        ALTER ROLE kimochi_report SET statement_timeout = '60s';
    END IF;
EXCEPTION WHEN internal_error OR insufficient_privilege THEN
    NULL; -- another database of this server is doing it at this moment, or made the role
END
$$;

-- ── Its own runs, and those that tell how full the bucket is ──────────────────────────────────────────────────────

GRANT SELECT (kind, subject, once_key, status, attempt, request_id, started_at, finished_at, details),
    INSERT (id, kind, subject, once_key, status, attempt, request_id, started_at, finished_at, details),
    UPDATE (status, attempt, request_id, started_at, finished_at, error, details)
    ON job_runs TO kimochi_report;
GRANT SELECT (id, user_id) ON job_runs TO kimochi_report;

CREATE POLICY what_it_reads ON job_runs FOR SELECT TO kimochi_report
    USING (user_id IS NULL AND (kind = 'capacity' OR starts_with(kind, 'report_')));
CREATE POLICY what_report_begins ON job_runs FOR INSERT TO kimochi_report
    WITH CHECK (user_id IS NULL AND recording_id IS NULL AND starts_with(kind, 'report_'));
CREATE POLICY what_report_ends ON job_runs FOR UPDATE TO kimochi_report
    USING (user_id IS NULL AND starts_with(kind, 'report_'));

-- ── What was done ─────────────────────────────────────────────────────────────────────────────────────────────────

-- What ended lately, whatever the table's size.
CREATE INDEX recordings_finished ON recordings (finished_at) WHERE finished_at IS NOT NULL;

-- How many recordings ended how, in each hour or day of a time zone.
CREATE FUNCTION report_recordings(from_at timestamptz, until_at timestamptz, step text, zone text)
RETURNS TABLE (step_at timestamptz, status text, recordings bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT date_trunc(step, finished_at, zone), status, count(*)
    FROM recordings
    WHERE finished_at >= from_at AND finished_at < until_at
    GROUP BY 1, 2
    ORDER BY 1, 2;
END;

COMMENT ON FUNCTION report_recordings(timestamptz, timestamptz, text, text) IS 'How many recordings ended how, by hour or day';

-- How long it took to hear them, and how long families waited for that.
CREATE FUNCTION report_transcription_times(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (recordings bigint, processing_ms_mean float8, processing_ms_p95 float8, wait_ms_mean float8, wait_ms_p95 float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT count(*),
        avg(processing_ms)::float8,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY processing_ms),
        avg(extract(epoch FROM finished_at - uploaded_at) * 1000)::float8,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - uploaded_at)::float8 * 1000)
    FROM recordings
    WHERE finished_at >= from_at AND finished_at < until_at AND processing_ms IS NOT NULL;
END;

COMMENT ON FUNCTION report_transcription_times(timestamptz, timestamptz) IS 'How long transcriptions took, and how long after the upload they were there';

-- How runs of each kind went: the error's code, without its detail.
CREATE FUNCTION report_job_runs(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (kind text, status text, code text, runs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT kind, status, substring(error FROM '^[A-Za-z0-9_]+'), count(*)
    FROM job_runs
    WHERE started_at >= from_at AND started_at < until_at AND kind <> 'watch'
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
END;

COMMENT ON FUNCTION report_job_runs(timestamptz, timestamptz) IS 'How many runs of each kind went how, and the codes of their errors';

-- What waits: for the worker, for its upload, for being removed.
CREATE FUNCTION report_backlog()
RETURNS TABLE (what text, waiting bigint, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT status, count(*), min(updated_at)
    FROM recordings WHERE finished_at IS NULL AND deleted_at IS NULL GROUP BY status
    UNION ALL
    SELECT 'families_leaving', count(*), min(leaving_at) FROM users WHERE leaving_at IS NOT NULL AND gone_at IS NULL
    UNION ALL
    SELECT 'recordings_deleted', count(*), min(deleted_at) FROM recordings WHERE deleted_at IS NOT NULL
    UNION ALL
    SELECT 'runs_running', count(*), min(started_at)
    FROM job_runs WHERE status = 'running' AND NOT starts_with(kind, 'report_');
END;

COMMENT ON FUNCTION report_backlog() IS 'What waits for somebody, and since when the oldest of it does';

-- ── Who did what ──────────────────────────────────────────────────────────────────────────────────────────────────

-- How often each thing was done or refused, and by how many.
CREATE FUNCTION report_deeds(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (action text, outcome text, actor_kind text, deeds bigint, actors bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT action, outcome, actor_kind, count(*),
        count(DISTINCT CASE actor_kind WHEN 'parent' THEN user_id::text ELSE actor END)
    FROM audit_logs
    WHERE at >= from_at AND at < until_at
    GROUP BY 1, 2, 3
    ORDER BY 4 DESC, 1, 2, 3;
END;

COMMENT ON FUNCTION report_deeds(timestamptz, timestamptz) IS 'How often each thing was done or refused, and by how many';

-- Who read or was refused most, beside what they usually do: the median of the four periods of the same length before.
CREATE FUNCTION report_readers(from_at timestamptz, until_at timestamptz, max_rows integer)
RETURNS TABLE (actor_kind text, actor text, action text, outcome text, deeds bigint, usually float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH looks AS (
        SELECT actor_kind,
            COALESCE(CASE actor_kind WHEN 'parent' THEN user_id::text ELSE actor END, '?') AS actor,
            action, outcome,
            floor(extract(epoch FROM until_at - at) / extract(epoch FROM until_at - from_at))::integer AS periods_ago
        FROM audit_logs
        WHERE at >= until_at - 5 * (until_at - from_at) AND at < until_at
            AND actor_kind <> 'function'
            AND (outcome = 'refused' OR action IN ('recording.play', 'family.export')
                OR starts_with(action, 'family.view'))
    ), counted AS (
        SELECT actor_kind, actor, action, outcome, LEAST(periods_ago, 4) AS periods_ago, count(*) AS deeds
        FROM looks GROUP BY 1, 2, 3, 4, 5
    ), most AS (
        SELECT actor_kind, actor, action, outcome, deeds FROM counted
        WHERE periods_ago = 0
        ORDER BY deeds DESC, actor, action
        LIMIT max_rows
    )
    SELECT m.actor_kind, m.actor, m.action, m.outcome, m.deeds,
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(c.deeds, 0))
        FROM generate_series(1, 4) AS g (ago)
        LEFT JOIN counted c ON c.periods_ago = g.ago AND c.actor = m.actor AND c.actor_kind = m.actor_kind
            AND c.action = m.action AND c.outcome = m.outcome)
    FROM most m
    ORDER BY m.deeds DESC, m.actor, m.action;
END;

COMMENT ON FUNCTION report_readers(timestamptz, timestamptz, integer) IS 'Who read or was refused most, and how often they usually do or are';

-- ── The server ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION report_server()
RETURNS TABLE (
    bytes bigint, connections bigint, max_connections integer, hit_ratio float8, deadlocks bigint, stats_since timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT pg_database_size(current_database()),
        (SELECT sum(numbackends) FROM pg_stat_database)::bigint,
        current_setting('max_connections')::integer,
        blks_hit::float8 / NULLIF(blks_hit + blks_read, 0),
        deadlocks, stats_reset
    FROM pg_stat_database WHERE datname = current_database();
END;

COMMENT ON FUNCTION report_server() IS 'How large the database is, and how it is doing';

-- The statements that took the most time since the counters were set back. Whoever looks sees names, not texts: the comment
-- that each of our statements begins with, or, where the server has dropped it (PostgreSQL 18 does), its verb and table.
--
-- It fails where the extension pg_stat_statements is not there, or its texts are hidden from the owner: what
-- bootstrap/3_statistics.sql sees to.
CREATE FUNCTION report_statements(max_rows integer)
RETURNS TABLE (name text, calls bigint, mean_ms float8, total_ms float8, rows_given bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    hidden boolean;
BEGIN
    IF to_regclass('public.pg_stat_statements') IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = 'pg_stat_statements is not there';
    END IF;
    -- What the server shows in the place of texts to whom they are none of their business.
    EXECUTE 'SELECT EXISTS (SELECT FROM public.pg_stat_statements WHERE query = ''<insufficient privilege>'')' INTO hidden;
    IF hidden THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'the owner is no member of pg_read_all_stats';
    END IF;
    RETURN QUERY EXECUTE $sql$
        SELECT COALESCE(
                substring(s.query FROM '^\s*-- ([a-z_]+(?:::[a-z_]+)+)'),
                NULLIF(concat_ws(' ', upper(substring(s.query FROM '^\s*([A-Za-z]+)')),
                    substring(s.query FROM '(?i)\m(?:FROM|INTO|UPDATE)\s+([a-z_][a-z_0-9]*)')), ''),
                '?') AS name,
            sum(s.calls)::bigint, sum(s.total_exec_time) / sum(s.calls), sum(s.total_exec_time), sum(s.rows)::bigint
        FROM public.pg_stat_statements s
        WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.calls > 0
        GROUP BY 1
        ORDER BY 4 DESC
        LIMIT $1 $sql$ USING max_rows;
END
$$;

COMMENT ON FUNCTION report_statements(integer) IS 'The statements that took the most time, by name; fails without pg_stat_statements';

GRANT EXECUTE ON FUNCTION
    report_recordings(timestamptz, timestamptz, text, text), report_transcription_times(timestamptz, timestamptz),
    report_job_runs(timestamptz, timestamptz), report_backlog(),
    report_deeds(timestamptz, timestamptz), report_readers(timestamptz, timestamptz, integer),
    report_server(), report_statements(integer)
    TO kimochi_report;
