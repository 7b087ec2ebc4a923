-- The children of a family.

CREATE TABLE children (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id),
    nickname   text        NOT NULL,
    birth_date date        NOT NULL,
    gender     text,
    version    integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,

    -- What an emotion log refers to, so that it can only name a child of its own family. Serves look-ups by
    -- user_id, too.
    CONSTRAINT children_family UNIQUE (user_id, id),
    -- What a character is, kimochi_domain::Nickname knows; these are the outer bounds, in code points.
    CONSTRAINT children_nickname CHECK (char_length(nickname) BETWEEN 1 AND 300),
    CONSTRAINT children_gender CHECK (char_length(gender) BETWEEN 1 AND 300),
    CONSTRAINT children_birth_date CHECK (birth_date >= DATE '1900-01-01')
);

COMMENT ON TABLE children IS 'A child of a family';
COMMENT ON COLUMN children.id IS 'UUIDv7';
COMMENT ON COLUMN children.user_id IS 'The family';
COMMENT ON COLUMN children.nickname IS 'What the child is called at home. Never logged';
COMMENT ON COLUMN children.birth_date IS 'In the past when it was entered';
COMMENT ON COLUMN children.gender IS 'In the parent''s own words; NULL when they said nothing';
COMMENT ON COLUMN children.version IS 'Counts changes: the ETag';
COMMENT ON COLUMN children.created_at IS 'When the row was made';
COMMENT ON COLUMN children.updated_at IS 'When it last changed';
COMMENT ON COLUMN children.deleted_at IS 'When the parent deleted the child; from then on no request sees it';

CREATE INDEX children_deleted ON children (deleted_at) WHERE deleted_at IS NOT NULL;

-- Two requests at once must not make the twenty-first child: they take turns.
CREATE FUNCTION limit_children() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('children of ' || NEW.user_id, 0));
    IF (SELECT count(*) FROM children WHERE user_id = NEW.user_id AND deleted_at IS NULL) >= 20 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            CONSTRAINT = 'children_limit',
            TABLE = 'children',
            MESSAGE = 'a family has at most 20 children';
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION limit_children() IS 'Refuses a family''s twenty-first child';

CREATE TRIGGER children_limit BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION limit_children();
CREATE TRIGGER children_audit AFTER INSERT OR UPDATE ON children
FOR EACH ROW EXECUTE FUNCTION audit_write('child', 'id');

ALTER TABLE children ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON children TO kimochi_api
    USING (user_id = (SELECT signed_in_user_id()))
    WITH CHECK (user_id = (SELECT signed_in_user_id()));

GRANT SELECT, INSERT (id, user_id, nickname, birth_date, gender, created_at, updated_at) ON children TO kimochi_api;
GRANT UPDATE (nickname, birth_date, gender, version, updated_at, deleted_at) ON children TO kimochi_api;
