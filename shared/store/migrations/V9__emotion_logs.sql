-- What a child felt: a card, a strength, perhaps a note and a recording.

-- What a log refers to, so that it can only name a recording of its own family.
ALTER TABLE recordings ADD CONSTRAINT recordings_family UNIQUE (user_id, id);

GRANT UPDATE (deleted_at, updated_at) ON recordings TO kimochi_api;
-- The trigger that guards the arrows asks it about every update.
GRANT EXECUTE ON FUNCTION recording_status_may_become(text, text) TO kimochi_api;

CREATE TABLE emotion_logs (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id),
    child_id     uuid        NOT NULL,
    emotion      text        NOT NULL REFERENCES emotions (name),
    intensity    smallint    NOT NULL REFERENCES intensities (level),
    note         text,
    recording_id uuid,
    felt_at      timestamptz NOT NULL,
    version      integer     NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    deleted_at   timestamptz,

    CONSTRAINT emotion_logs_child FOREIGN KEY (user_id, child_id) REFERENCES children (user_id, id),
    CONSTRAINT emotion_logs_recording FOREIGN KEY (user_id, recording_id) REFERENCES recordings (user_id, id),
    -- A deleted log keeps its recording: it goes with it.
    CONSTRAINT emotion_logs_recording_once UNIQUE (recording_id),
    -- In code points, of which a character may have ten (kimochi_domain::Note).
    CONSTRAINT emotion_logs_note CHECK (char_length(note) BETWEEN 1 AND 20000)
);

-- The list and the summary of one child; of all children of a family.
CREATE INDEX emotion_logs_child_felt ON emotion_logs (user_id, child_id, felt_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX emotion_logs_felt ON emotion_logs (user_id, felt_at DESC, id DESC) WHERE deleted_at IS NULL;
-- For the purge, and for the question whether a card is used.
CREATE INDEX emotion_logs_deleted ON emotion_logs (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX emotion_logs_emotion ON emotion_logs (emotion);

COMMENT ON TABLE emotion_logs IS 'What a child felt';
COMMENT ON COLUMN emotion_logs.id IS 'UUIDv7';
COMMENT ON COLUMN emotion_logs.user_id IS 'The family';
COMMENT ON COLUMN emotion_logs.child_id IS 'Who felt it';
COMMENT ON COLUMN emotion_logs.emotion IS 'The feeling card';
COMMENT ON COLUMN emotion_logs.intensity IS 'How strongly';
COMMENT ON COLUMN emotion_logs.note IS 'What the parent or the child adds in writing; NULL when nothing. Never logged';
COMMENT ON COLUMN emotion_logs.recording_id IS 'What the child says about it; NULL when nothing. No other log has it';
COMMENT ON COLUMN emotion_logs.felt_at IS 'When it was felt';
COMMENT ON COLUMN emotion_logs.version IS 'Counts changes: part of the ETag';
COMMENT ON COLUMN emotion_logs.created_at IS 'When the row was made';
COMMENT ON COLUMN emotion_logs.updated_at IS 'When it last changed';
COMMENT ON COLUMN emotion_logs.deleted_at IS 'When the parent deleted it; from then on no request sees it';

CREATE TRIGGER emotion_logs_audit AFTER INSERT OR UPDATE ON emotion_logs
FOR EACH ROW EXECUTE FUNCTION audit_write('emotion_log', 'id');

ALTER TABLE emotion_logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON emotion_logs TO kimochi_api
    USING (user_id = (SELECT signed_in_user_id()))
    WITH CHECK (user_id = (SELECT signed_in_user_id()));

GRANT SELECT,
    INSERT (id, user_id, child_id, emotion, intensity, note, recording_id, felt_at, created_at, updated_at),
    UPDATE (emotion, intensity, note, recording_id, felt_at, version, updated_at, deleted_at)
    ON emotion_logs TO kimochi_api;

-- Notes a refusal if what was asked for belongs to another family. It runs as the owner, because the caller sees no
-- other family's rows, and it tells the caller nothing.
CREATE FUNCTION audit_refusal(kind text, id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    is_anothers boolean := CASE kind
        WHEN 'child' THEN EXISTS (SELECT FROM children c WHERE c.id = audit_refusal.id AND c.user_id <> signed_in_user_id())
        WHEN 'emotion_log' THEN EXISTS (SELECT FROM emotion_logs l WHERE l.id = audit_refusal.id AND l.user_id <> signed_in_user_id())
        WHEN 'recording' THEN EXISTS (SELECT FROM recordings r WHERE r.id = audit_refusal.id AND r.user_id <> signed_in_user_id())
    END;
BEGIN
    IF is_anothers THEN
        PERFORM audit(kind || '.access', kind, id::text, 'refused');
    END IF;
END
$$;

COMMENT ON FUNCTION audit_refusal(text, uuid) IS 'Notes that somebody asked for what belongs to another family';

GRANT EXECUTE ON FUNCTION audit_refusal(text, uuid) TO kimochi_api;
