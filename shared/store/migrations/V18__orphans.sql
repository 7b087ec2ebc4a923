-- What lies in the bucket and what stands in the table are compared, and work that nobody is at is found.
--
-- kimochi_cleanup still sees only what is marked (V11): these functions show it keys and statuses of all recordings, and
-- nothing else.

-- S3 lists keys in the order of their bytes, so the table is walked in the same.
CREATE UNIQUE INDEX recordings_audio_key_bytes ON recordings (audio_key COLLATE "C");

CREATE FUNCTION recording_keys(after_key text, max_rows bigint)
RETURNS TABLE (id uuid, audio_key text, uploaded_at timestamptz, has_text boolean, is_deleted boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT id, audio_key, uploaded_at, text_key IS NOT NULL, deleted_at IS NOT NULL
    FROM recordings
    -- For one that is expired nothing came: what lies there all the same is nobody's.
    WHERE audio_key COLLATE "C" > after_key AND status <> 'expired'
    ORDER BY audio_key COLLATE "C"
    LIMIT max_rows;
END;

COMMENT ON FUNCTION recording_keys(text, bigint) IS 'Recordings in the order of their keys'' bytes, from after a key on';

-- Uploads that were asked for before `moment` and of which nothing is known, the first ones after an id. The object may have
-- come all the same: whoever closes them looks first.
CREATE FUNCTION silent_uploads(moment timestamptz, after_id uuid, max_rows bigint)
RETURNS TABLE (id uuid, audio_key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT id, audio_key
    FROM recordings
    -- The last two for the index of what is unfinished.
    WHERE status = 'requested' AND created_at < moment AND deleted_at IS NULL AND id > after_id
        AND finished_at IS NULL AND updated_at < moment
    ORDER BY id
    LIMIT max_rows;
END;

COMMENT ON FUNCTION silent_uploads(timestamptz, uuid, bigint) IS 'Uploads that were asked for before, and of which nothing is known';

-- Recordings that arrived, have no text, and have been left alone since `moment`: their sandbox died, or the message that
-- leads to the next attempt was lost.
CREATE FUNCTION stuck_recordings(moment timestamptz, after_id uuid, max_rows bigint)
RETURNS TABLE (id uuid, audio_key text, size_bytes bigint, uploaded_at timestamptz, sequencer text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT id, audio_key, size_bytes, uploaded_at, sequencer
    FROM recordings
    WHERE status IN ('uploaded', 'transcribing') AND deleted_at IS NULL AND id > after_id
        AND finished_at IS NULL AND updated_at < moment AND (lease_until IS NULL OR lease_until < moment)
    ORDER BY id
    LIMIT max_rows;
END;

COMMENT ON FUNCTION stuck_recordings(timestamptz, uuid, bigint) IS 'Recordings that arrived, have no text, and have been left alone since then';

-- The receipt for objects that were removed because no recording has them.
CREATE FUNCTION audit_orphans(at timestamptz, details jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM set_config('app.user_id', '', true);
    PERFORM set_config('app.now', at::text, true);
    PERFORM set_config('app.actor', 'cleanup', true);
    PERFORM audit('object.remove_orphans', 'bucket', 'media', 'done', details);
END
$$;

COMMENT ON FUNCTION audit_orphans(timestamptz, jsonb) IS 'Writes down how many objects without a recording were removed';

-- As V15, and of job_runs.
CREATE OR REPLACE FUNCTION rough_count(table_name text) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    estimate bigint;
BEGIN
    IF table_name NOT IN ('users', 'recordings', 'children', 'emotion_logs', 'job_runs') THEN
        RAISE EXCEPTION 'rough_count does not know %', table_name;
    END IF;
    SELECT reltuples::bigint INTO estimate FROM pg_class WHERE oid = to_regclass('public.' || table_name);
    IF estimate <= 10000 THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT 100000) AS the_first', table_name) INTO estimate;
    END IF;
    RETURN estimate;
END
$$;

-- As V17, without counting all that there are: every run asks.
CREATE OR REPLACE FUNCTION due_job_runs(finished_before timestamptz) RETURNS TABLE (due bigint, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT (SELECT count(*) FROM job_runs WHERE finished_at < finished_before), rough_count('job_runs');
END;

GRANT EXECUTE ON FUNCTION audit_orphans(timestamptz, jsonb), recording_keys(text, bigint), silent_uploads(timestamptz, uuid, bigint),
    stuck_recordings(timestamptz, uuid, bigint) TO kimochi_cleanup;
