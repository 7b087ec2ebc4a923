-- Voice notes: what was asked for, where it stands, and what came out.

CREATE TABLE recordings (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES users (id),
    status          text        NOT NULL DEFAULT 'requested',
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    -- What was asked for
    audio_key       text        NOT NULL,
    content_type    text        NOT NULL,
    size_bytes      bigint      NOT NULL,
    sha256          text,
    idempotency_key text,

    -- What arrived
    uploaded_at     timestamptz,
    sequencer       text,

    -- Work on it
    attempts        smallint    NOT NULL DEFAULT 0,
    lease_until     timestamptz,
    finished_at     timestamptz,

    -- What came out
    transcript      text,
    text_key        text,
    quality         text,
    quality_reasons text[]      NOT NULL DEFAULT '{}',
    confidence      real,
    language        text,
    duration_ms     bigint,
    partial_reason  text,
    model_name      text,
    model_sha256    text,
    processing_ms   bigint,
    failure         text,

    -- Every S3 event looks its recording up by this index, and one object is one recording.
    CONSTRAINT recordings_audio_key UNIQUE (audio_key),
    -- A repeated request finds its first answer. Serves look-ups by user_id alone, too.
    CONSTRAINT recordings_idempotency UNIQUE (user_id, idempotency_key),

    CONSTRAINT recordings_status CHECK (status IN (
        'requested', 'uploaded', 'transcribing', 'transcribed', 'no_speech', 'partial', 'failed', 'expired')),
    CONSTRAINT recordings_size CHECK (size_bytes > 0),
    CONSTRAINT recordings_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT recordings_idempotency_key_length CHECK (char_length(idempotency_key) BETWEEN 1 AND 255),
    CONSTRAINT recordings_quality CHECK (quality IN ('ok', 'low_confidence', 'no_speech', 'suspect')),
    CONSTRAINT recordings_confidence CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT recordings_durations CHECK (duration_ms >= 0 AND processing_ms >= 0),
    CONSTRAINT recordings_model_sha256 CHECK (
        model_sha256 IS NULL OR (model_sha256 ~ '^[0-9a-f]{64}$' AND model_name IS NOT NULL)),

    -- A status is a promise about columns.
    CONSTRAINT recordings_arrived CHECK (
        (status IN ('requested', 'expired')) = (uploaded_at IS NULL)
        AND (uploaded_at IS NULL) = (sequencer IS NULL)),
    CONSTRAINT recordings_attempted CHECK (
        (status IN ('requested', 'expired', 'uploaded')) = (attempts = 0) AND attempts BETWEEN 0 AND 3),
    CONSTRAINT recordings_leased CHECK (lease_until IS NULL OR status = 'transcribing'),
    CONSTRAINT recordings_finished CHECK (
        (status IN ('transcribed', 'no_speech', 'partial', 'failed', 'expired')) = (finished_at IS NOT NULL)),
    CONSTRAINT recordings_has_text CHECK (
        CASE WHEN status IN ('transcribed', 'no_speech', 'partial')
            THEN num_nulls(transcript, text_key, quality, duration_ms, processing_ms) = 0
            ELSE num_nonnulls(transcript, text_key, quality, duration_ms, processing_ms,
                              confidence, language, model_name, model_sha256) = 0
                 AND quality_reasons = '{}'
        END),
    CONSTRAINT recordings_partial CHECK ((status = 'partial') = (partial_reason IS NOT NULL)),
    CONSTRAINT recordings_failed CHECK ((status = 'failed') = (failure IS NOT NULL))
);

-- What is under way, the longest untouched first: small, however many notes are done. For finding
-- uploads that never came and work that got stuck.
CREATE INDEX recordings_unfinished ON recordings (updated_at) WHERE finished_at IS NULL;

COMMENT ON TABLE recordings IS 'A voice note: what was asked for, where it stands, what came out';
COMMENT ON COLUMN recordings.id IS 'UUIDv7';
COMMENT ON COLUMN recordings.user_id IS 'The family whose child speaks';
COMMENT ON COLUMN recordings.status IS 'Where it stands; only the arrows of recording_status_may_become exist';
COMMENT ON COLUMN recordings.created_at IS 'When the upload was asked for';
COMMENT ON COLUMN recordings.updated_at IS 'When this row last changed';
COMMENT ON COLUMN recordings.audio_key IS 'Where the note lies in the bucket: audio/{user_id}/audio_…';
COMMENT ON COLUMN recordings.content_type IS 'The media type that was signed, without parameters';
COMMENT ON COLUMN recordings.size_bytes IS 'The length that was signed: S3 takes no other';
COMMENT ON COLUMN recordings.sha256 IS 'The digest that was signed, in hex; NULL when the client gave none';
COMMENT ON COLUMN recordings.idempotency_key IS 'Idempotency-Key of the request; NULL when there was none';
COMMENT ON COLUMN recordings.uploaded_at IS 'When S3 had the object; NULL until we know of it';
COMMENT ON COLUMN recordings.sequencer IS 'S3''s sequencer of the latest event seen for the object: orders events';
COMMENT ON COLUMN recordings.attempts IS 'How many attempts have begun; the number of the current one';
COMMENT ON COLUMN recordings.lease_until IS 'Until when the current attempt may be alive; NULL when none is under way';
COMMENT ON COLUMN recordings.finished_at IS 'When a final status was reached';
COMMENT ON COLUMN recordings.transcript IS 'What the child said; empty when there was no speech. Never logged';
COMMENT ON COLUMN recordings.text_key IS 'Where the transcript lies in the bucket: text/{user_id}/text_…';
COMMENT ON COLUMN recordings.quality IS 'How far the transcript can be trusted';
COMMENT ON COLUMN recordings.quality_reasons IS 'Codes of what speaks against it, in the order found; empty when nothing does';
COMMENT ON COLUMN recordings.confidence IS 'The engine''s own estimate, 0 to 1; NULL when it gives none';
COMMENT ON COLUMN recordings.language IS 'ISO 639-1 code; NULL when the engine was not asked or does not say';
COMMENT ON COLUMN recordings.duration_ms IS 'Length of the decoded sound in milliseconds';
COMMENT ON COLUMN recordings.partial_reason IS 'Code of why only a part became text, for instance that the file was cut off';
COMMENT ON COLUMN recordings.model_name IS 'What transcribed it; NULL when no model was needed to hear that nobody speaks';
COMMENT ON COLUMN recordings.model_sha256 IS 'Digest of the model''s file in hex; NULL when a service did it';
COMMENT ON COLUMN recordings.processing_ms IS 'How long the successful attempt took, in milliseconds';
COMMENT ON COLUMN recordings.failure IS 'Code of why there is no transcript and no further attempt';

-- The arrows of kimochi_domain::RecordingStatus::successors; a test compares every pair.
CREATE FUNCTION recording_status_may_become(old_status text, new_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (old_status, new_status) IN (
    ('requested', 'uploaded'),
    ('requested', 'expired'),
    ('uploaded', 'transcribing'),
    ('transcribing', 'transcribed'),
    ('transcribing', 'no_speech'),
    ('transcribing', 'partial'),
    ('transcribing', 'failed')
);

COMMENT ON FUNCTION recording_status_may_become(text, text) IS 'The arrows in the life of a recording';

CREATE FUNCTION refuse_recording_status() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'check_violation',
        CONSTRAINT = 'recordings_status_arrows',
        TABLE = 'recordings',
        MESSAGE = CASE TG_OP
            WHEN 'INSERT' THEN format('a recording begins as requested, not as %s', NEW.status)
            ELSE format('recording %s is %s and cannot become %s', OLD.id, OLD.status, NEW.status)
        END;
END
$$;

COMMENT ON FUNCTION refuse_recording_status() IS 'Refuses an arrow that does not exist';

CREATE TRIGGER recordings_status_at_birth BEFORE INSERT ON recordings
FOR EACH ROW WHEN (NEW.status <> 'requested')
EXECUTE FUNCTION refuse_recording_status();

CREATE TRIGGER recordings_status_arrows BEFORE UPDATE ON recordings
FOR EACH ROW WHEN (OLD.status <> NEW.status AND NOT recording_status_may_become(OLD.status, NEW.status))
EXECUTE FUNCTION refuse_recording_status();

ALTER TABLE recordings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON recordings TO kimochi_api
    USING (user_id = (SELECT signed_in_user_id()))
    WITH CHECK (user_id = (SELECT signed_in_user_id()));
CREATE POLICY every_row ON recordings TO kimochi_worker USING (true);

-- The API asks for uploads and reads what came of them; it writes no outcome.
GRANT INSERT (id, user_id, created_at, updated_at, audio_key, content_type, size_bytes, sha256, idempotency_key)
    ON recordings TO kimochi_api;
GRANT SELECT (id, user_id, status, created_at, updated_at, audio_key, content_type, size_bytes, sha256,
    idempotency_key, uploaded_at, finished_at, transcript, quality, quality_reasons, confidence, language,
    duration_ms, partial_reason, failure)
    ON recordings TO kimochi_api;

-- The worker moves a recording along and writes its transcript, but reads back no transcript.
GRANT SELECT (id, user_id, status, audio_key, sequencer, attempts, lease_until, failure)
    ON recordings TO kimochi_worker;
GRANT UPDATE (status, updated_at, uploaded_at, sequencer, attempts, lease_until, finished_at, transcript, text_key,
    quality, quality_reasons, confidence, language, duration_ms, partial_reason, model_name, model_sha256,
    processing_ms, failure)
    ON recordings TO kimochi_worker;
GRANT EXECUTE ON FUNCTION recording_status_may_become(text, text) TO kimochi_worker;
