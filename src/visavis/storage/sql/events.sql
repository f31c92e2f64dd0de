-- append: In the order of ids, so that two batches with the same events never wait for each other in a circle.
WITH new AS (
    INSERT INTO event
    SELECT * FROM unnest(
        %(id)s::text[], %(kind)s::text[], %(occurred_at)s::timestamptz[], %(token)s::text[], %(scenario)s::text[],
        %(placement)s::text[], %(item_id)s::text[], %(decision_id)s::text[], %(value)s::double precision[],
        %(dwell_s)s::double precision[]
    ) AS e (id) ORDER BY e.id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM new

-- of: The last events of a token, oldest first.
SELECT * FROM (
    SELECT * FROM event WHERE token = %(token)s ORDER BY occurred_at DESC, id DESC LIMIT %(limit)s
) AS last ORDER BY occurred_at, id
