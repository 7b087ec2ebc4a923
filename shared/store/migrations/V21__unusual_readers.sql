-- Reports name who does more than is usual for them, leave rehearsals out, and do not wait for one statement for long.

-- A report asks its sources side by side, and needs time for what it makes of their answers.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_db_role_setting
        WHERE setrole = 'kimochi_report'::regrole AND setdatabase = 0 AND 'statement_timeout=15s' = ANY (setconfig)
    ) THEN
        ALTER ROLE kimochi_report SET statement_timeout = '15s';
    END IF;
EXCEPTION WHEN internal_error OR insufficient_privilege THEN
    NULL; -- another database of this server is doing it at this moment, or made the role
END
$$;

-- How runs of each kind went: the error's code, without its detail. A rehearsal is no run that went well or ill.
CREATE OR REPLACE FUNCTION report_job_runs(from_at timestamptz, until_at timestamptz)
RETURNS TABLE (kind text, status text, code text, runs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT kind, status, substring(error FROM '^[A-Za-z0-9_]+'), count(*)
    FROM job_runs
    WHERE started_at >= from_at AND started_at < until_at AND kind <> 'watch'
        AND details ->> 'dry_run' IS DISTINCT FROM 'true'
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
END;

-- Who read or was refused most often beside what they usually do, which is the median of the four periods of the same length
-- before; who usually does next to nothing counts as somebody who does it ten times.
CREATE OR REPLACE FUNCTION report_readers(from_at timestamptz, until_at timestamptz, max_rows integer)
RETURNS TABLE (actor_kind text, actor text, action text, outcome text, deeds bigint, usually float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH looks AS (
        SELECT actor_kind, CASE actor_kind WHEN 'parent' THEN user_id::text ELSE actor END AS actor, action, outcome,
            ceil(extract(epoch FROM until_at - at) / extract(epoch FROM until_at - from_at))::integer - 1 AS periods_ago
        FROM audit_logs
        WHERE at >= until_at - 5 * (until_at - from_at) AND at < until_at
            AND misuse_sign(actor_kind, action, outcome) IS NOT NULL
    ), counted AS (
        SELECT actor_kind, actor, action, outcome, periods_ago, count(*) AS deeds
        FROM looks WHERE actor IS NOT NULL GROUP BY 1, 2, 3, 4, 5
    ), beside_usual AS (
        SELECT m.actor_kind, m.actor, m.action, m.outcome, m.deeds,
            (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(c.deeds, 0))
            FROM generate_series(1, 4) AS g (ago)
            LEFT JOIN counted c ON c.periods_ago = g.ago AND c.actor = m.actor AND c.actor_kind = m.actor_kind
                AND c.action = m.action AND c.outcome = m.outcome) AS usually
        FROM counted m
        WHERE m.periods_ago = 0
    )
    SELECT actor_kind, actor, action, outcome, deeds, usually
    FROM beside_usual
    ORDER BY deeds / GREATEST(usually, 10) DESC, deeds DESC, actor, action
    LIMIT max_rows;
END;

COMMENT ON FUNCTION report_readers(timestamptz, timestamptz, integer) IS 'Who read or was refused most often beside what is usual for them';
