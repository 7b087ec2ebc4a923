-- A family's copy of what we hold about it.

-- RFC 3339 in UTC, as the API writes times.
CREATE FUNCTION utc(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

COMMENT ON FUNCTION utc(timestamptz) IS 'RFC 3339 in UTC';

-- What was done with the family's data, by itself and by us. It runs as the owner, because no family reads these tables
-- otherwise, and it knows no family but the one that is signed in.
CREATE FUNCTION export_history() RETURNS TABLE (kind text, at timestamptz, id uuid, item json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT 'job_runs', started_at, id, json_build_object(
        'kind', kind, 'recording_id', recording_id, 'status', status, 'attempt', attempt,
        'started_at', utc(started_at), 'finished_at', utc(finished_at))
    FROM job_runs WHERE user_id = signed_in_user_id()
    UNION ALL
    SELECT 'audit_logs', at, id, json_build_object(
        'at', utc(at), 'actor_kind', actor_kind, 'action', action, 'subject_kind', subject_kind,
        'subject_id', subject_id, 'source_address', host(source_address), 'details', details)
    FROM audit_logs
    -- Who was refused does not learn whether there was something.
    WHERE user_id = signed_in_user_id() AND outcome = 'done';
END;

COMMENT ON FUNCTION export_history() IS 'What was done with the data of the family that is signed in';

GRANT EXECUTE ON FUNCTION utc(timestamptz), export_history() TO kimochi_api;
