-- What `emotion_logs::list` asks for when nothing narrows it; a test holds each line against it.
WITH page AS MATERIALIZED (
    SELECT *
    FROM emotion_logs
    WHERE user_id = (SELECT signed_in_user_id()) AND deleted_at IS NULL
        AND (felt_at, id) < ($1, $2)
        AND felt_at >= $3
        AND emotion = COALESCE($4, emotion)
    ORDER BY felt_at DESC, id DESC
    LIMIT $5
)
SELECT l.id AS log_id, l.child_id AS log_child_id, l.emotion AS log_emotion, l.intensity AS log_intensity,
    l.note AS log_note, l.felt_at AS log_felt_at, l.version AS log_version, l.created_at AS log_created_at,
    l.updated_at AS log_updated_at,
    r.id, r.user_id, r.status, r.audio_key, r.content_type, r.size_bytes, r.sha256, r.created_at, r.updated_at,
    r.uploaded_at, r.finished_at, r.transcript, r.quality, r.quality_reasons, r.confidence, r.language, r.duration_ms,
    r.partial_reason, r.failure
FROM page l LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = l.user_id
ORDER BY l.felt_at DESC, l.id DESC
