-- What operators need to answer a parent's question: how work stands, what was done, how one family is.
--
-- job_runs and audit_logs hold nothing that a family entered: operators read them. The family's own tables open to them for
-- one family at a time, once view_family() has noted who looks and why, and then only in columns that say nothing of what a
-- child said, nor of who anybody is.

-- ── The lists, the latest first ───────────────────────────────────────────────────────────────────────────────────

CREATE INDEX job_runs_started ON job_runs (started_at DESC, id DESC);
-- Of a kind: what operators ask first, and whether one is missing.
CREATE INDEX job_runs_of_kind ON job_runs (kind, started_at DESC, id DESC);
-- Those that somebody looks for: few, whatever the table's size.
CREATE INDEX job_runs_failed ON job_runs (started_at DESC, id DESC) WHERE status = 'failed';
-- In the place of job_runs_user, which gave them in no order.
CREATE INDEX job_runs_of_family ON job_runs (user_id, started_at DESC, id DESC) WHERE user_id IS NOT NULL;
DROP INDEX job_runs_user;
-- All attempts at one piece of work that is about no recording.
CREATE INDEX job_runs_subject ON job_runs (kind, subject) WHERE recording_id IS NULL;

CREATE INDEX audit_logs_actor ON audit_logs (actor, at DESC, id DESC) WHERE actor IS NOT NULL;
CREATE INDEX audit_logs_action ON audit_logs (action, at DESC, id DESC);

CREATE POLICY every_run ON job_runs FOR SELECT TO kimochi_operator USING (true);
CREATE POLICY every_deed ON audit_logs FOR SELECT TO kimochi_operator USING (true);

GRANT SELECT (id, kind, subject, user_id, recording_id, status, attempt, request_id, started_at, finished_at, error, details)
    ON job_runs TO kimochi_operator;
GRANT SELECT (id, at, actor_kind, actor, user_id, action, subject_kind, subject_id, outcome, request_id, source_address,
    details)
    ON audit_logs TO kimochi_operator;

-- ── One family ────────────────────────────────────────────────────────────────────────────────────────────────────

-- Writes down one deed that concerns a family, by somebody who is not of it.
CREATE FUNCTION audit_for(
    family uuid, action text, subject_kind text, subject_id text, outcome text, details jsonb
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('app.user_id', COALESCE(family::text, ''), true);
    PERFORM audit(action, subject_kind, subject_id, outcome, details);
    PERFORM set_config('app.user_id', '', true);
END
$$;

COMMENT ON FUNCTION audit_for(uuid, text, text, text, text, jsonb) IS 'Writes down one deed that concerns a family, by somebody who is not of it';

-- Whom an operator's transaction looks at.
CREATE FUNCTION viewed_family() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('app.viewed_family', true), '')::uuid;

COMMENT ON FUNCTION viewed_family() IS 'Whom an operator''s transaction looks at; NULL before view_family, and then no family''s row is visible';

-- Notes that an operator looks at a family, and opens what they may see of it to this transaction. Whether there is such a
-- family: asking for none is noted, too, as refused. It runs as the owner, because the family must be found before it is open.
CREATE FUNCTION view_family(family uuid, action text, reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    known uuid := (SELECT id FROM users WHERE id = family);
BEGIN
    -- What a character is, kimochi_domain::SupportReason knows.
    IF reason IS NULL OR char_length(reason) NOT BETWEEN 10 AND 5000 THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'nobody looks at a family without a reason';
    END IF;
    PERFORM audit_for(known, action, 'family', family::text, CASE WHEN known IS NULL THEN 'refused' ELSE 'done' END,
        jsonb_build_object('reason', reason));
    PERFORM set_config('app.viewed_family', COALESCE(known::text, ''), true);
    RETURN known IS NOT NULL;
END
$$;

COMMENT ON FUNCTION view_family(uuid, text, text) IS 'Notes that an operator looks at a family, and opens what they may see of it to this transaction';

-- As with a family's own transactions (V2), this guards against a query that forgets, and against one that was not noted.
CREATE POLICY viewed_row ON users FOR SELECT TO kimochi_operator USING (id = (SELECT viewed_family()));
CREATE POLICY viewed_rows ON children FOR SELECT TO kimochi_operator USING (user_id = (SELECT viewed_family()));
CREATE POLICY viewed_rows ON emotion_logs FOR SELECT TO kimochi_operator USING (user_id = (SELECT viewed_family()));
CREATE POLICY viewed_rows ON recordings FOR SELECT TO kimochi_operator USING (user_id = (SELECT viewed_family()));

GRANT SELECT (id, created_at, leaving_at, gone_at) ON users TO kimochi_operator;
GRANT SELECT (user_id, updated_at, deleted_at) ON children, emotion_logs TO kimochi_operator;
GRANT SELECT (id, user_id, status, created_at, updated_at, uploaded_at, finished_at, deleted_at, partial_reason, failure)
    ON recordings TO kimochi_operator;
GRANT EXECUTE ON FUNCTION viewed_family(), view_family(uuid, text, text) TO kimochi_operator;

COMMENT ON COLUMN audit_logs.details IS 'Names of changed columns, numbers, and the reason an operator gave for looking; never a value that a family entered';

-- A family learns from its copy that an operator looked, and when. Why is a note among operators, which may name others.
CREATE OR REPLACE FUNCTION export_history() RETURNS TABLE (kind text, at timestamptz, id uuid, item json)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT 'job_runs', started_at, id, json_build_object(
        'kind', kind, 'recording_id', recording_id, 'status', status, 'attempt', attempt,
        'started_at', utc(started_at), 'finished_at', utc(finished_at))
    FROM job_runs WHERE user_id = signed_in_user_id()
    UNION ALL
    SELECT 'audit_logs', at, id, json_build_object(
        'at', utc(at), 'actor_kind', actor_kind, 'action', action, 'subject_kind', subject_kind,
        'subject_id', subject_id,
        'source_address', CASE WHEN actor_kind <> 'operator' THEN host(source_address) END,
        'details', CASE WHEN actor_kind <> 'operator' THEN details END)
    FROM audit_logs
    -- Who was refused does not learn whether there was something.
    WHERE user_id = signed_in_user_id() AND outcome = 'done';
END;

-- ── Another try ───────────────────────────────────────────────────────────────────────────────────────────────────

-- As V3, and one arrow more: an operator has a failed note tried again, when what made it fail is mended. It leads to
-- uploaded, because all that is known then is that the object is there; the way on is the same as for the first time.
CREATE OR REPLACE FUNCTION recording_status_may_become(old_status text, new_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (old_status, new_status) IN (
    ('requested', 'uploaded'),
    ('requested', 'expired'),
    ('uploaded', 'transcribing'),
    ('transcribing', 'transcribed'),
    ('transcribing', 'no_speech'),
    ('transcribing', 'partial'),
    ('transcribing', 'failed'),
    ('failed', 'uploaded')
);

-- Puts a failed recording back to where transcribe takes it up, with all its attempts before it, and says what it was
-- before and what the queue is to be told. One that waits already is left as it is: its message may have been lost. It runs
-- as the owner: this one step is all that an operator can do to a family's rows.
CREATE FUNCTION retry_recording(recording uuid, run uuid, moment timestamptz)
RETURNS TABLE (
    status_before text, is_deleted boolean, audio_key text, size_bytes bigint, uploaded_at timestamptz, sequencer text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    found_row recordings;
BEGIN
    SELECT * INTO found_row FROM recordings WHERE id = recording FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    IF found_row.deleted_at IS NULL AND found_row.status IN ('failed', 'uploaded') THEN
        UPDATE recordings
        SET status = 'uploaded', attempts = 0, failure = NULL, finished_at = NULL, updated_at = moment
        WHERE id = recording AND status = 'failed';
        PERFORM audit_for(found_row.user_id, 'recording.retry', 'recording', recording::text, 'done',
            jsonb_build_object('job_run_id', run));
    END IF;
    RETURN QUERY SELECT found_row.status, found_row.deleted_at IS NOT NULL, found_row.audio_key, found_row.size_bytes,
        found_row.uploaded_at, found_row.sequencer;
END
$$;

COMMENT ON FUNCTION retry_recording(uuid, uuid, timestamptz) IS 'Puts a failed recording back to where transcribe takes it up';

GRANT EXECUTE ON FUNCTION retry_recording(uuid, uuid, timestamptz) TO kimochi_operator;
