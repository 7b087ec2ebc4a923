-- recordings::insert
INSERT INTO recordings
    (id, user_id, audio_key, content_type, size_bytes, sha256, idempotency_key, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT ON CONSTRAINT recordings_idempotency DO NOTHING
RETURNING id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure
