-- Parents, and how a transaction becomes theirs.

CREATE TABLE users (
    id         uuid        PRIMARY KEY,
    issuer     text        NOT NULL,
    subject    text        NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT users_identity UNIQUE (issuer, subject), -- also the index that sign_in looks up
    CONSTRAINT users_issuer_length CHECK (char_length(issuer) BETWEEN 1 AND 2048),
    CONSTRAINT users_subject_length CHECK (char_length(subject) BETWEEN 1 AND 255)
);

COMMENT ON TABLE users IS 'A parent, and with that one family. Holds no personal data: name and address stay with the issuer.';
COMMENT ON COLUMN users.id IS 'UUIDv7; the family''s folder in the bucket';
COMMENT ON COLUMN users.issuer IS 'iss of the parent''s token: the OIDC issuer that vouches for them';
COMMENT ON COLUMN users.subject IS 'sub of the parent''s token: who they are to that issuer';
COMMENT ON COLUMN users.created_at IS 'When they first called';

-- Whose transaction this is; NULL before sign_in.
CREATE FUNCTION signed_in_user_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('app.user_id', true), '')::uuid;

COMMENT ON FUNCTION signed_in_user_id() IS 'Whose transaction this is; NULL before sign_in, and then no family''s row is visible';

-- First statement of every family transaction: finds the parent, or makes the row at their first
-- call, and opens that family's rows until the transaction ends. One statement, so that who is
-- calling costs no round trip of its own (BEGIN is sent along with it).
--
-- SECURITY DEFINER, because the row must be found before there is a family to see it, and because
-- kimochi_api may not write users in any other way.
CREATE FUNCTION sign_in(candidate_id uuid, token_issuer text, token_subject text, at timestamptz)
RETURNS TABLE (user_id uuid, user_created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    SELECT id, created_at INTO user_id, user_created_at
    FROM users WHERE issuer = token_issuer AND subject = token_subject;

    IF NOT FOUND THEN
        -- Of two first calls at once the second waits here, inserts nothing, and then reads the
        -- first one's row: each statement of a READ COMMITTED transaction sees what was committed.
        INSERT INTO users (id, issuer, subject, created_at)
        VALUES (candidate_id, token_issuer, token_subject, at)
        ON CONFLICT ON CONSTRAINT users_identity DO NOTHING;

        SELECT id, created_at INTO STRICT user_id, user_created_at
        FROM users WHERE issuer = token_issuer AND subject = token_subject;
    END IF;

    PERFORM set_config('app.user_id', user_id::text, true);
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION sign_in(uuid, text, text, timestamptz) IS 'Finds or makes the parent''s row and opens their family''s rows to this transaction';

-- Row-level security here and in later tables guards against a query that forgets its WHERE, not
-- against a function that calls sign_in for someone else. The owner is not subject to it (no
-- FORCE): sign_in and the foreign keys run as the owner and must see every row.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON users FOR SELECT TO kimochi_api USING (id = (SELECT signed_in_user_id()));

GRANT EXECUTE ON FUNCTION signed_in_user_id(), sign_in(uuid, text, text, timestamptz) TO kimochi_api;
GRANT SELECT (id, created_at) ON users TO kimochi_api;
