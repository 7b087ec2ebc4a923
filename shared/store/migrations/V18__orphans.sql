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
    WHERE audio_key COLLATE "C" > after_key
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

GRANT EXECUTE ON FUNCTION recording_keys(text, bigint), silent_uploads(timestamptz, uuid, bigint),
    stuck_recordings(timestamptz, uuid, bigint) TO kimochi_cleanup;
