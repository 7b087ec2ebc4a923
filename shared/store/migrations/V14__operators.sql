-- Operators: people of ours, who keep the feeling cards. They see no family's data.

CALL ensure_function_role('kimochi_operator');

-- First statement of every operator's transaction: who acts, so that audit() can tell of it.
CREATE FUNCTION open_operator(operator text, at timestamptz, request text, address inet) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('app.actor', operator, true);
    PERFORM set_config('app.now', at::text, true);
    PERFORM set_config('app.request_id', COALESCE(request, ''), true);
    PERFORM set_config('app.source_address', COALESCE(host(address), ''), true);
END
$$;

COMMENT ON FUNCTION open_operator(text, timestamptz, text, inet) IS 'Says which operator this transaction belongs to';

-- A row that people delete themselves is deleted; what is removed later, for good, has a receipt instead.
CREATE OR REPLACE FUNCTION audit_write() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    row_before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    row_after  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    verb       text;
    changed    jsonb;
BEGIN
    verb := CASE
        WHEN TG_OP = 'INSERT' THEN 'create'
        WHEN TG_OP = 'DELETE' THEN 'delete'
        WHEN row_before ->> 'deleted_at' IS NULL AND row_after ->> 'deleted_at' IS NOT NULL THEN 'delete'
        WHEN row_before ->> 'retired_at' IS NULL AND row_after ->> 'retired_at' IS NOT NULL THEN 'retire'
        ELSE 'update'
    END;
    IF verb = 'update' THEN
        SELECT jsonb_build_object('changed', jsonb_agg(key ORDER BY key)) INTO changed
        FROM jsonb_each(row_after)
        WHERE value IS DISTINCT FROM row_before -> key AND key NOT IN ('version', 'updated_at');
    END IF;
    PERFORM audit(TG_ARGV[0] || '.' || verb, TG_ARGV[0], COALESCE(row_after, row_before) ->> TG_ARGV[1], 'done', changed);
    RETURN NULL;
END
$$;

-- In code points, of which a character may have ten (kimochi_domain::CardLabel).
ALTER TABLE emotions
    DROP CONSTRAINT emotions_label,
    ADD CONSTRAINT emotions_label CHECK (char_length(label) BETWEEN 1 AND 200),
    ADD CONSTRAINT emotions_position CHECK (position BETWEEN 1 AND 1000);

-- Whether a log names the card, one that is deleted, but not yet removed, included. It runs as the owner, because
-- operators see no logs.
CREATE FUNCTION is_emotion_used(card text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM emotion_logs WHERE emotion = card);
END;

COMMENT ON FUNCTION is_emotion_used(text) IS 'Whether an emotion log names the card';

CREATE POLICY every_card ON emotions TO kimochi_operator USING (true) WITH CHECK (true);

GRANT SELECT, DELETE,
    INSERT (name, label, color, position, created_at, updated_at),
    UPDATE (label, color, position, version, updated_at, retired_at)
    ON emotions TO kimochi_operator;
GRANT EXECUTE ON FUNCTION open_operator(text, timestamptz, text, inet), is_emotion_used(text),
    audit(text, text, text, text, jsonb) TO kimochi_operator;
