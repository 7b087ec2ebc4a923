-- Leaving the service, and a first statement of every transaction that knows about it and about who calls.
--
-- active ──► leaving (DELETE /v1/me: every later call is refused) ──► gone (all that was theirs is removed)
--
-- What is left of a family that is gone is its id, for the audit log, and two times. The parent's identity
-- goes with everything else: should they come back, they are a new family.

ALTER TABLE users
    ADD COLUMN leaving_at timestamptz,
    ADD COLUMN gone_at    timestamptz,
    ALTER COLUMN issuer   DROP NOT NULL,
    ALTER COLUMN subject  DROP NOT NULL,
    ADD CONSTRAINT users_leave_before_they_are_gone CHECK (gone_at IS NULL OR leaving_at IS NOT NULL),
    ADD CONSTRAINT users_tombstone CHECK (
        num_nonnulls(issuer, subject) = CASE WHEN gone_at IS NULL THEN 2 ELSE 0 END);

-- What cleanup has to do: small, however many families there are.
CREATE INDEX users_leaving ON users (leaving_at) WHERE leaving_at IS NOT NULL AND gone_at IS NULL;

COMMENT ON COLUMN users.issuer IS 'iss of the parent''s token: the OIDC issuer that vouches for them; NULL when the family is gone';
COMMENT ON COLUMN users.subject IS 'sub of the parent''s token: who they are to that issuer; NULL when the family is gone';
COMMENT ON COLUMN users.leaving_at IS 'When the parent left the service; NULL while they use it';
COMMENT ON COLUMN users.gone_at IS 'When the last of what the family had was removed';

-- What was deleted, or left behind, is marked: out of reach at once, and removed later.
ALTER TABLE recordings ADD COLUMN deleted_at timestamptz;

CREATE INDEX recordings_deleted ON recordings (deleted_at) WHERE deleted_at IS NOT NULL;

COMMENT ON COLUMN recordings.deleted_at IS 'When the family left, or deleted the log or the child it belongs to; from then on no request sees it';

GRANT SELECT (deleted_at) ON recordings TO kimochi_api, kimochi_worker;

-- One family's writes wait for its withdrawal and the other way round, so that nothing is written after it.
CREATE FUNCTION family_lock(family uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(family::text, 0);

COMMENT ON FUNCTION family_lock(uuid) IS 'The advisory lock that a family''s transactions share and its withdrawal has to itself';

-- Takes the place of sign_in(uuid, text, text, timestamptz), which stays until no release calls it any more: it lets
-- nobody in who has left, and knows the request, so that audit() can tell of it.
CREATE FUNCTION open_family(
    candidate_id uuid, token_issuer text, token_subject text, at timestamptz, request text, address inet
)
RETURNS TABLE (user_id uuid, user_created_at timestamptz, user_leaving_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    SELECT id, created_at, leaving_at INTO user_id, user_created_at, user_leaving_at
    FROM users WHERE issuer = token_issuer AND subject = token_subject;

    IF NOT FOUND THEN
        -- Of two first calls at once the second waits here, inserts nothing, and then reads the
        -- first one's row: each statement of a READ COMMITTED transaction sees what was committed.
        INSERT INTO users (id, issuer, subject, created_at)
        VALUES (candidate_id, token_issuer, token_subject, at)
        ON CONFLICT ON CONSTRAINT users_identity DO NOTHING;

        SELECT id, created_at, leaving_at INTO STRICT user_id, user_created_at, user_leaving_at
        FROM users WHERE issuer = token_issuer AND subject = token_subject;
    END IF;

    PERFORM pg_advisory_xact_lock_shared(family_lock(user_id));
    -- Who waited for a withdrawal waited for this.
    SELECT leaving_at INTO user_leaving_at FROM users WHERE id = user_id;

    IF user_leaving_at IS NULL THEN
        PERFORM set_config('app.user_id', user_id::text, true);
        PERFORM set_config('app.now', at::text, true);
        PERFORM set_config('app.request_id', COALESCE(request, ''), true);
        PERFORM set_config('app.source_address', COALESCE(host(address), ''), true);
    END IF;
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION open_family(uuid, text, text, timestamptz, text, inet) IS 'Finds or makes the parent''s row and, unless they have left, opens their family''s rows to this transaction';

-- For the release that still calls it: it must not let in who has left, either.
CREATE OR REPLACE FUNCTION sign_in(candidate_id uuid, token_issuer text, token_subject text, at timestamptz)
RETURNS TABLE (user_id uuid, user_created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    opened record;
BEGIN
    SELECT * INTO STRICT opened FROM open_family(candidate_id, token_issuer, token_subject, at, NULL, NULL);
    IF opened.user_leaving_at IS NOT NULL THEN
        RAISE EXCEPTION 'the family has left the service';
    END IF;
    user_id := opened.user_id;
    user_created_at := opened.user_created_at;
    RETURN NEXT;
END
$$;

-- Marks the family as leaving. Waits for what it is doing at this moment; from the commit on nothing is theirs.
CREATE FUNCTION withdraw_family(token_issuer text, token_subject text, at timestamptz, request text, address inet)
RETURNS TABLE (user_id uuid, left_at timestamptz, already_left boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    SELECT id INTO user_id FROM users WHERE issuer = token_issuer AND subject = token_subject;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    PERFORM pg_advisory_xact_lock(family_lock(user_id));
    UPDATE users SET leaving_at = at WHERE id = user_id AND leaving_at IS NULL;
    already_left := NOT FOUND;
    UPDATE recordings SET deleted_at = at WHERE recordings.user_id = withdraw_family.user_id AND deleted_at IS NULL;
    SELECT leaving_at INTO left_at FROM users WHERE id = user_id;

    IF NOT already_left THEN
        PERFORM set_config('app.user_id', user_id::text, true);
        PERFORM set_config('app.now', at::text, true);
        PERFORM set_config('app.request_id', COALESCE(request, ''), true);
        PERFORM set_config('app.source_address', COALESCE(host(address), ''), true);
        PERFORM audit('family.withdraw', 'family', user_id::text);
    END IF;
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION withdraw_family(text, text, timestamptz, text, inet) IS 'Marks the family as leaving, once';

GRANT EXECUTE ON FUNCTION open_family(uuid, text, text, timestamptz, text, inet),
    withdraw_family(text, text, timestamptz, text, inet) TO kimochi_api;
