-- What a POST with an Idempotency-Key was answered, so that repeating it does nothing twice.

CREATE TABLE idempotency_keys (
    user_id     uuid        NOT NULL REFERENCES users (id),
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    status      smallint,
    etag        text,
    location    text,
    body        text,

    PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_keys_key CHECK (char_length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_fingerprint CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_status CHECK (status BETWEEN 200 AND 299)
);

CREATE INDEX idempotency_keys_created ON idempotency_keys (user_id, created_at);

COMMENT ON TABLE idempotency_keys IS 'Answers to POSTs with an Idempotency-Key, kept for a day; written in the transaction of the deed itself';
COMMENT ON COLUMN idempotency_keys.user_id IS 'The family; a key means nothing to another one';
COMMENT ON COLUMN idempotency_keys.key IS 'What the client chose';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of route and body: the same key with another request is a mistake';
COMMENT ON COLUMN idempotency_keys.created_at IS 'When the request came';
COMMENT ON COLUMN idempotency_keys.status IS 'HTTP status of the answer; NULL when the request was refused';
COMMENT ON COLUMN idempotency_keys.etag IS 'ETag of the answer';
COMMENT ON COLUMN idempotency_keys.location IS 'Location of the answer';
COMMENT ON COLUMN idempotency_keys.body IS 'The answer, letter for letter. Holds what the family entered. Never logged';

-- Whether the request that carries this key is to be carried out: true for one without a key and for the
-- first with it. False when the key has its answer, and when another request with it is under way.
CREATE FUNCTION claim_idempotency_key(family uuid, candidate text, print bytea, at timestamptz) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF candidate IS NULL THEN
        RETURN true;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(family || ' ' || candidate, 1)) THEN
        RETURN false;
    END IF;
    -- What is too old, and what a request left behind that was refused: the lock is ours, so nobody works on that.
    DELETE FROM idempotency_keys
    WHERE user_id = family AND (created_at < at - interval '1 day' OR (key = candidate AND status IS NULL));
    INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at)
    VALUES (family, candidate, print, at)
    ON CONFLICT (user_id, key) DO NOTHING;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION claim_idempotency_key(uuid, text, bytea, timestamptz) IS 'Whether the request with this key is to be carried out';

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON idempotency_keys TO kimochi_api
    USING (user_id = (SELECT signed_in_user_id()))
    WITH CHECK (user_id = (SELECT signed_in_user_id()));

GRANT SELECT, DELETE, INSERT (user_id, key, fingerprint, created_at), UPDATE (status, etag, location, body)
    ON idempotency_keys TO kimochi_api;
GRANT EXECUTE ON FUNCTION claim_idempotency_key(uuid, text, bytea, timestamptz) TO kimochi_api;
