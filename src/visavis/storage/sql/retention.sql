-- came: The day of the visit before and the news that waited; the member is told once.
WITH old AS (SELECT day, news FROM visit WHERE member_id = %(member_id)s),
seen AS (
    INSERT INTO visit
    SELECT m.id, %(day)s::date, NULL FROM member AS m WHERE m.id = %(member_id)s
    ON CONFLICT (member_id) DO UPDATE SET day = greatest(visit.day, excluded.day), news = NULL
)
SELECT day, news FROM old

-- visits: The last one of each member.
SELECT member_id, day FROM visit

-- tell: What a member hears at the next visit, also one whose visits were never counted.
INSERT INTO visit
SELECT m.id, m.enrolled_at::date, %(news)s FROM member AS m WHERE m.id = %(member_id)s
ON CONFLICT (member_id) DO UPDATE SET news = excluded.news

-- ran: What a run did to a category.
INSERT INTO retention_run VALUES (%(category)s, %(at)s, %(removed)s)
ON CONFLICT (category) DO UPDATE SET ran_at = excluded.ran_at, removed = excluded.removed

-- runs: The last run of each category.
SELECT category, ran_at, removed FROM retention_run ORDER BY category

-- expire: A piece of what is older; nothing younger than a day.
SELECT store, removed FROM expire(%(category)s, %(before)s, %(most)s)

-- due_edge: What the edge's `expire` would delete.
SELECT 'ledger', count(*) FROM ledger
WHERE %(category)s = 'consent' AND subject IN (SELECT subject FROM departed WHERE ended_at < %(before)s)

-- due: What `expire` would delete.
SELECT store, count FROM (
    SELECT 'event' AS category, 'event' AS store, count(*) FROM event WHERE occurred_at < %(before)s
    UNION ALL
    SELECT 'decision', 'outcome', count(*) FROM outcome AS o JOIN decision AS d ON d.id = o.decision_id
    WHERE d.decided_at < %(before)s
    UNION ALL
    SELECT 'decision', 'impression', count(*) FROM impression AS i JOIN decision AS d ON d.id = i.decision_id
    WHERE d.decided_at < %(before)s
    UNION ALL
    SELECT 'decision', 'decision', count(*) FROM decision WHERE decided_at < %(before)s
    UNION ALL
    SELECT 'allowance', 'cap', count(*) FROM cap WHERE day < %(before)s::timestamptz::date
    UNION ALL
    SELECT 'allowance', 'reservation', count(*) FROM reservation WHERE day < %(before)s::timestamptz::date
) AS old WHERE category = %(category)s
