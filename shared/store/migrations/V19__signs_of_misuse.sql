-- Who did unusually much of what is worth a look, told from the audit log: links to sound, copies of a family's data, looks
-- at families, and asking for what is not one's own.
--
-- kimochi_cleanup counts and tells, and still reads no row of audit_logs: it gets counts, and whose they are.

-- What a row counts as; NULL for what is nobody's unusual deed. What our functions do by themselves is none.
CREATE FUNCTION misuse_sign(actor_kind text, action text, outcome text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN actor_kind NOT IN ('parent', 'operator') THEN NULL
    WHEN outcome = 'refused' THEN 'refused_access'
    WHEN actor_kind = 'parent' AND action = 'recording.play' THEN 'recording_play'
    WHEN actor_kind = 'parent' AND action = 'family.export' THEN 'family_export'
    -- Of the family as a whole, of what was worked on for it, of its audit log (V16).
    WHEN actor_kind = 'operator' AND starts_with(action, 'family.view') THEN 'family_view'
END;

COMMENT ON FUNCTION misuse_sign(text, text, text) IS 'Which sign of misuse an audit row would be, if there were many of them; NULL for none';

-- Of each sign those who did the most of it from since on and before until. A parent is the family that signed in, an
-- operator the sub of the token. What is usual is the median of their own hours in the 28 days before, of those hours in
-- which they did any of it; NULL when there is none.
CREATE FUNCTION busiest_actors(since timestamptz, until timestamptz, top integer)
RETURNS TABLE (sign text, actor_kind text, actor text, deeds bigint, subjects bigint, usual double precision, actors bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
BEGIN ATOMIC
    WITH counted AS (
        SELECT misuse_sign(a.actor_kind, a.action, a.outcome) AS sign, a.actor_kind,
            CASE a.actor_kind WHEN 'parent' THEN a.user_id END AS family,
            CASE a.actor_kind WHEN 'operator' THEN a.actor END AS operator,
            count(*) AS deeds, count(DISTINCT a.subject_id) AS subjects
        FROM audit_logs a
        WHERE a.at >= since AND a.at < until AND misuse_sign(a.actor_kind, a.action, a.outcome) IS NOT NULL
        GROUP BY 1, 2, 3, 4
    ), ranked AS (
        SELECT c.*, COALESCE(c.family::text, c.operator) AS actor,
            row_number() OVER (PARTITION BY c.sign ORDER BY c.deeds DESC, c.family, c.operator) AS place,
            count(*) OVER (PARTITION BY c.sign) AS actors
        FROM counted c
        WHERE COALESCE(c.family::text, c.operator) IS NOT NULL
    )
    SELECT r.sign, r.actor_kind, r.actor, r.deeds, r.subjects, (
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY hours.deeds)
            FROM (
                SELECT count(*) AS deeds
                FROM audit_logs a
                WHERE (a.user_id = r.family OR a.actor = r.operator)
                    AND a.at >= since - interval '28 days' AND a.at < since
                    AND a.actor_kind = r.actor_kind
                    AND misuse_sign(a.actor_kind, a.action, a.outcome) = r.sign
                GROUP BY date_trunc('hour', a.at)
            ) hours
        ), r.actors
    FROM ranked r
    WHERE r.place <= top
    ORDER BY r.sign, r.place;
END;

COMMENT ON FUNCTION busiest_actors(timestamptz, timestamptz, integer) IS 'Of each sign of misuse those who did the most of it in a span of time, and what is usual for them';

GRANT EXECUTE ON FUNCTION busiest_actors(timestamptz, timestamptz, integer) TO kimochi_cleanup;
