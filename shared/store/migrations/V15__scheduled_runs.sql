-- Runs of what is done on a schedule: one row for each kind and period, however often its trigger fires.
--
-- They belong to no family and to no recording; the role that does the work writes them, and reads no other run.

GRANT SELECT (kind, subject, once_key, status, attempt, request_id, started_at, finished_at, details),
    INSERT (id, kind, subject, once_key, status, attempt, request_id, started_at, finished_at, details),
    UPDATE (status, attempt, request_id, started_at, finished_at, error, details)
    ON job_runs TO kimochi_cleanup;

CREATE POLICY what_is_scheduled ON job_runs FOR SELECT TO kimochi_cleanup
    USING (user_id IS NULL AND recording_id IS NULL AND kind <> 'transcribe');
CREATE POLICY what_it_begins ON job_runs FOR INSERT TO kimochi_cleanup
    WITH CHECK (user_id IS NULL AND recording_id IS NULL AND kind <> 'transcribe');
CREATE POLICY what_it_ends ON job_runs FOR UPDATE TO kimochi_cleanup
    USING (user_id IS NULL AND recording_id IS NULL AND kind <> 'transcribe');

-- Uploads that were asked for and never came: the role sees them a day later, and may close them, but not remove them.
CREATE POLICY what_never_came ON recordings FOR SELECT TO kimochi_cleanup
    USING (status IN ('requested', 'expired') AND created_at < now() - interval '1 day');
CREATE POLICY what_is_closed ON recordings FOR UPDATE TO kimochi_cleanup
    USING (status = 'requested' AND created_at < now() - interval '1 day')
    WITH CHECK (status = 'expired');

GRANT SELECT (status, created_at), UPDATE (status, updated_at, finished_at) ON recordings TO kimochi_cleanup;

-- How many rows a table has, roughly: enough to tell an accident from a day's work. Counted where nothing was ever
-- analysed, since a table like that is small.
CREATE FUNCTION rough_count(table_name text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    estimate bigint;
BEGIN
    IF table_name NOT IN ('users', 'recordings', 'children', 'emotion_logs') THEN
        RAISE EXCEPTION 'rough_count does not know %', table_name;
    END IF;
    SELECT reltuples::bigint INTO estimate FROM pg_class WHERE oid = to_regclass('public.' || table_name);
    IF estimate <= 10000 THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 100000) AS the_first', table_name) INTO estimate;
    END IF;
    RETURN estimate;
END
$$;

COMMENT ON FUNCTION rough_count(text) IS 'How many rows a table has, roughly; exact where they are few';

GRANT EXECUTE ON FUNCTION rough_count(text), recording_status_may_become(text, text) TO kimochi_cleanup;
