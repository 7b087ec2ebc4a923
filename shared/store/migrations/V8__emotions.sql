-- Feeling cards and strengths. No family's data: everybody sees the same.

CREATE TABLE emotions (
    name       text        PRIMARY KEY,
    label      text        NOT NULL,
    color      text        NOT NULL,
    position   smallint    NOT NULL,
    version    integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    retired_at timestamptz,

    CONSTRAINT emotions_name CHECK (name ~ '^[a-z]{1,32}$'),
    CONSTRAINT emotions_label CHECK (char_length(label) BETWEEN 1 AND 20),
    CONSTRAINT emotions_color CHECK (color ~ '^#[0-9a-f]{6}$')
);

COMMENT ON TABLE emotions IS 'Feeling cards';
COMMENT ON COLUMN emotions.name IS 'Its name in the API and in its picture''s key, images/emotions/{name}.webp';
COMMENT ON COLUMN emotions.label IS 'What is written on it';
COMMENT ON COLUMN emotions.color IS 'Its colour as #rrggbb, which a strength shows more or less of';
COMMENT ON COLUMN emotions.position IS 'Cards are shown in this order';
COMMENT ON COLUMN emotions.version IS 'Counts changes: the ETag';
COMMENT ON COLUMN emotions.created_at IS 'When the row was made';
COMMENT ON COLUMN emotions.updated_at IS 'When it last changed';
COMMENT ON COLUMN emotions.retired_at IS 'When it was taken out of the choice; logs that name it keep it';

CREATE TABLE intensities (
    level   smallint PRIMARY KEY,
    label   text     NOT NULL,
    percent smallint NOT NULL,

    CONSTRAINT intensities_percent CHECK (percent BETWEEN 1 AND 100)
);

COMMENT ON TABLE intensities IS 'How strong a feeling is';
COMMENT ON COLUMN intensities.level IS '1 is the weakest';
COMMENT ON COLUMN intensities.label IS 'What is written on it';
COMMENT ON COLUMN intensities.percent IS 'How much of the card''s colour is shown';

INSERT INTO intensities (level, label, percent) VALUES (1, 'よわい', 40), (2, 'ふつう', 70), (3, 'つよい', 100);

INSERT INTO emotions (name, label, color, position, created_at, updated_at)
SELECT name, label, color, position, now(), now()
FROM (VALUES
    ('ureshii',    'うれしい',   '#ffc72e', 1),
    ('yukai',      'ゆかい',     '#ff8a30', 2),
    ('anshin',     'あんしん',   '#7cc25b', 3),
    ('bikkuri',    'びっくり',   '#35bee0', 4),
    ('kinchou',    'きんちょう', '#be7bd0', 5),
    ('hazukashii', 'はずかしい', '#f77fa8', 6),
    ('komatta',    'こまった',   '#c79a63', 7),
    ('kanashii',   'かなしい',   '#4c86de', 8),
    ('kowai',      'こわい',     '#6f5cb5', 9),
    ('ikari',      'いかり',     '#e8493e', 10),
    ('fuyukai',    'ふゆかい',   '#97a042', 11),
    ('wakaranai',  'わからない', '#8c9bab', 12)
) AS cards (name, label, color, position);

CREATE TRIGGER emotions_audit AFTER INSERT OR UPDATE OR DELETE ON emotions
FOR EACH ROW EXECUTE FUNCTION audit_write('emotion', 'name');

-- Every row for everybody; the policies are there so that no table stands open by mistake.
ALTER TABLE emotions ENABLE ROW LEVEL SECURITY;
ALTER TABLE intensities ENABLE ROW LEVEL SECURITY;
CREATE POLICY every_row ON emotions FOR SELECT USING (true);
CREATE POLICY every_row ON intensities FOR SELECT USING (true);

GRANT SELECT ON emotions, intensities TO kimochi_api;
