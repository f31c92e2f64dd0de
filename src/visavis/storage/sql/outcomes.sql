-- append: In the order given, numbered under the table's lock; a decision has one first outcome.
WITH new AS (
    INSERT INTO outcome (id, decision_id, kind, reward, first, event_id, attributed_at)
    SELECT id, decision_id, kind, reward, first, event_id, attributed_at FROM unnest(
        %(id)s::text[], %(decision_id)s::text[], %(kind)s::text[], %(reward)s::double precision[],
        %(first)s::boolean[], %(event_id)s::text[], %(attributed_at)s::timestamptz[]
    ) WITH ORDINALITY AS o (id, decision_id, kind, reward, first, event_id, attributed_at, position)
    ORDER BY position
    ON CONFLICT DO NOTHING
    RETURNING seq, decision_id
),
answered AS (DELETE FROM awaiting WHERE decision_id IN (SELECT decision_id FROM new)),
told AS MATERIALIZED (SELECT pg_notify('visavis', 'outcome ' || max(seq)) FROM new HAVING count(*) > 0)
SELECT count(*), (SELECT count(*) FROM told) FROM new

-- after: What comes after a number; the numbers are final.
SELECT seq, id, decision_id, kind, reward, first, event_id, attributed_at
FROM outcome WHERE seq > %(seq)s ORDER BY seq LIMIT %(limit)s

-- of: Outcomes of one decision.
SELECT id, decision_id, kind, reward, first, event_id, attributed_at
FROM outcome WHERE decision_id = %(decision_id)s ORDER BY seq
