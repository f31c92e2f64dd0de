-- append: New stages; what was on the glass now awaits its outcome, unless it has one.
WITH new AS (
    INSERT INTO impression
    SELECT * FROM unnest(
        %(id)s::text[], %(decision_id)s::text[], %(placement)s::text[], %(item_id)s::text[], %(stage)s::smallint[],
        %(at)s::timestamptz[]
    ) AS i (id) ORDER BY i.id
    ON CONFLICT DO NOTHING
    RETURNING decision_id, stage, at
),
shown AS (
    INSERT INTO awaiting
    SELECT decision_id, min(at) FROM new
    WHERE stage >= 4 AND NOT EXISTS (SELECT FROM outcome AS o WHERE o.decision_id = new.decision_id)
    GROUP BY decision_id ORDER BY decision_id
    ON CONFLICT (decision_id) DO UPDATE SET shown_at = least(awaiting.shown_at, excluded.shown_at)
)
SELECT pg_notify('visavis', 'impression ' || decision_id) FROM new

-- of: The stages of one decision.
SELECT * FROM impression WHERE decision_id = %(decision_id)s ORDER BY stage, at, id

-- unanswered: Shown before this time, without an outcome; oldest first.
SELECT decision_id FROM awaiting AS a
WHERE shown_at < %(shown_before)s AND NOT EXISTS (SELECT FROM outcome AS o WHERE o.decision_id = a.decision_id)
ORDER BY shown_at, decision_id LIMIT %(limit)s
