-- of: What is kept of each, and how many events the log has.
SELECT
    t.token, (SELECT count(*) FROM event AS e WHERE e.token = t.token),
    s.scenario, s.model, s.events, s.last_at, s.last_id, s.hidden, s.names, s.sums
FROM unnest(%(tokens)s::text[]) AS t (token) LEFT JOIN state AS s ON s.token = t.token

-- keep: In the order of tokens, so that two batches with the same members never wait for each other in a circle.
SELECT token FROM (
    SELECT token, keep_state(ROW(token, scenario, model, events, last_at, last_id, hidden, names, sums)::state) AS kept
    FROM (
        SELECT %(token)s::text, %(scenario)s::text, %(model)s::text, %(events)s::bigint, %(last_at)s::timestamptz,
            %(last_id)s::text, %(hidden)s::bytea, %(names)s::text[], %(sums)s::double precision[]
    ) AS n (token, scenario, model, events, last_at, last_id, hidden, names, sums)
) AS done WHERE kept

-- stale: Whose state is not what the model makes of the log; a state of no event is no row.
SELECT e.token FROM event AS e LEFT JOIN state AS s ON s.token = e.token
WHERE e.token IS NOT NULL AND e.token COLLATE "C" > %(after)s
GROUP BY e.token, s.scenario, s.model, s.events
HAVING s.model IS DISTINCT FROM %(model)s OR s.scenario <> %(scenario)s OR s.events IS DISTINCT FROM count(*)
ORDER BY e.token COLLATE "C" LIMIT %(limit)s
