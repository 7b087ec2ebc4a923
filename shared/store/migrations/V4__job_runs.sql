-- Every piece of work that functions do on their own: one row per attempt.

CREATE TABLE job_runs (
    id           uuid        PRIMARY KEY,
    kind         text        NOT NULL,
    subject      text        NOT NULL,
    once_key     text,
    user_id      uuid        REFERENCES users (id),
    recording_id uuid        REFERENCES recordings (id),
    status       text        NOT NULL,
    attempt      smallint    NOT NULL,
    request_id   text,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    error        text,
    details      jsonb,

    -- What must be recorded once, however often its trigger fires.
    CONSTRAINT job_runs_once UNIQUE (kind, once_key),

    CONSTRAINT job_runs_kind CHECK (kind ~ '^[a-z][a-z_]*$'),
    CONSTRAINT job_runs_subject_length CHECK (char_length(subject) BETWEEN 1 AND 1024),
    CONSTRAINT job_runs_status CHECK (status IN ('running', 'succeeded', 'failed')),
    CONSTRAINT job_runs_attempt CHECK (attempt >= 1),
    -- Not that it finished after it started: two sandboxes write these times by two clocks.
    CONSTRAINT job_runs_finished CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT job_runs_failed CHECK ((status = 'failed') = (error IS NOT NULL)),
    CONSTRAINT job_runs_error_length CHECK (char_length(error) BETWEEN 1 AND 500),
    CONSTRAINT job_runs_details CHECK (jsonb_typeof(details) = 'object')
);

-- All attempts at one recording: to close those whose sandbox died, and to tell its story.
CREATE INDEX job_runs_recording ON job_runs (recording_id) WHERE recording_id IS NOT NULL;
-- All work for one family: to answer its questions, and to delete it when the family leaves.
CREATE INDEX job_runs_user ON job_runs (user_id) WHERE user_id IS NOT NULL;
-- What runs now, the oldest first: to find what got stuck. Small, whatever the table's size.
CREATE INDEX job_runs_running ON job_runs (started_at) WHERE status = 'running';

COMMENT ON TABLE job_runs IS 'Work that functions do on their own: one row per attempt. No personal data';
COMMENT ON COLUMN job_runs.id IS 'UUIDv7';
COMMENT ON COLUMN job_runs.kind IS 'What kind of work, such as transcribe';
COMMENT ON COLUMN job_runs.subject IS 'What was worked on: the storage key, or the period of a schedule';
COMMENT ON COLUMN job_runs.once_key IS 'No two runs of a kind share it; NULL where repetition is fine';
COMMENT ON COLUMN job_runs.user_id IS 'The family it was for; NULL when for none, or when that is unknown';
COMMENT ON COLUMN job_runs.recording_id IS 'The recording it was about; NULL when about none';
COMMENT ON COLUMN job_runs.status IS 'running, succeeded, failed; running for ever when its sandbox died and nobody came after';
COMMENT ON COLUMN job_runs.attempt IS 'Which attempt at this piece of work, from 1';
COMMENT ON COLUMN job_runs.request_id IS 'Lambda request id: finds the attempt in the logs';
COMMENT ON COLUMN job_runs.started_at IS 'When the attempt began';
COMMENT ON COLUMN job_runs.finished_at IS 'When it ended; NULL while it runs';
COMMENT ON COLUMN job_runs.error IS 'Why it failed: a code, then detail for engineers. Never personal data';
COMMENT ON COLUMN job_runs.details IS 'Numbers of a run, by kind of work';

-- Operators read this table through a later function; no family does.
ALTER TABLE job_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY every_row ON job_runs TO kimochi_worker USING (true) WITH CHECK (true);

GRANT SELECT, INSERT ON job_runs TO kimochi_worker;
GRANT UPDATE (status, finished_at, error, details) ON job_runs TO kimochi_worker;
