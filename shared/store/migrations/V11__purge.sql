-- Removing for good what families deleted, and families that left: the role that does it, and what it may reach.
--
-- kimochi_cleanup sees only what is marked, so that no query of it, however wrong, can remove what a family still has.

-- Makes a role that functions connect as, the way V1 made the first ones: later migrations call it.
CREATE PROCEDURE ensure_function_role(role_name text)
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOBYPASSRLS', role_name);
            EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5s''', role_name);
            EXECUTE format('ALTER ROLE %I SET lock_timeout = ''4s''', role_name);
            EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''10s''', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this server was quicker
        END;
    END IF;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name AND (rolsuper OR rolbypassrls)) THEN
        RAISE EXCEPTION 'role % exists and is above row-level security', role_name;
    END IF;

    -- On RDS: sign in with IAM tokens.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') AND NOT pg_has_role(role_name, 'rds_iam', 'MEMBER') THEN
        EXECUTE format('GRANT rds_iam TO %I', role_name);
    END IF;

    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role_name);
END
$$;

COMMENT ON PROCEDURE ensure_function_role(text) IS 'Makes a role that functions connect as, below row-level security, with the time limits of all of them';

CALL ensure_function_role('kimochi_cleanup');

-- Who left. The tombstone is an UPDATE of theirs.
CREATE POLICY who_left ON users TO kimochi_cleanup USING (leaving_at IS NOT NULL);
GRANT SELECT (id, leaving_at, gone_at), UPDATE (issuer, subject, gone_at) ON users TO kimochi_cleanup;

-- A withdrawal marks the family's recordings; its other rows are known by the family.
CREATE FUNCTION has_left(family uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (SELECT FROM users WHERE id = family AND leaving_at IS NOT NULL);

COMMENT ON FUNCTION has_left(uuid) IS 'Whether the family left the service; for who may see that';

GRANT EXECUTE ON FUNCTION has_left(uuid) TO kimochi_cleanup;

CREATE POLICY what_is_deleted ON recordings TO kimochi_cleanup USING (deleted_at IS NOT NULL);
CREATE POLICY what_is_deleted ON children TO kimochi_cleanup USING (deleted_at IS NOT NULL OR has_left(user_id));
CREATE POLICY what_is_deleted ON emotion_logs TO kimochi_cleanup USING (deleted_at IS NOT NULL OR has_left(user_id));
CREATE POLICY what_is_deleted ON job_runs TO kimochi_cleanup
    USING (has_left(user_id) OR EXISTS (SELECT FROM recordings WHERE id = recording_id AND deleted_at IS NOT NULL));
CREATE POLICY what_is_old ON idempotency_keys TO kimochi_cleanup
    USING (created_at < now() - interval '1 day' OR has_left(user_id));

GRANT SELECT (id, user_id, audio_key, uploaded_at, deleted_at, lease_until), DELETE ON recordings TO kimochi_cleanup;
GRANT SELECT (id, user_id, deleted_at), DELETE ON children TO kimochi_cleanup;
GRANT SELECT (id, user_id, child_id, recording_id, deleted_at), DELETE ON emotion_logs TO kimochi_cleanup;
GRANT SELECT (id, user_id, recording_id), DELETE ON job_runs TO kimochi_cleanup;
GRANT SELECT (user_id, key, created_at), DELETE ON idempotency_keys TO kimochi_cleanup;

-- Answers of families that do not come back to have theirs replaced.
CREATE INDEX idempotency_keys_old ON idempotency_keys (created_at);

-- The receipt for what was removed of a family, in the transaction that removes it.
CREATE FUNCTION audit_purge(family uuid, at timestamptz, action text, details jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM set_config('app.user_id', family::text, true);
    PERFORM set_config('app.now', at::text, true);
    PERFORM set_config('app.actor', 'cleanup', true);
    PERFORM audit(action, 'family', family::text, 'done', details);
END
$$;

COMMENT ON FUNCTION audit_purge(uuid, timestamptz, text, jsonb) IS 'Writes down what was removed of a family: counts only';

GRANT EXECUTE ON FUNCTION audit_purge(uuid, timestamptz, text, jsonb) TO kimochi_cleanup;
