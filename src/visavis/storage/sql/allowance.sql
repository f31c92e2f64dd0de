-- reserve: One impression from budget and cap, or nothing.
SELECT reserve(%(decision)s, %(campaign)s, %(token)s, %(day)s::date, %(budget)s::bigint, %(cap)s::bigint)

-- release: Give back, once.
SELECT release(%(decision)s)

-- exhausted: Campaigns whose budget, or cap of this member today, is used up.
SELECT c.id
FROM unnest(%(ids)s::text[], %(budgets)s::bigint[], %(caps)s::bigint[]) AS c (id, budget, cap)
LEFT JOIN budget AS b ON b.campaign_id = c.id
LEFT JOIN cap AS k ON k.token = %(token)s AND k.day = %(day)s::date AND k.campaign_id = c.id
WHERE coalesce(b.used, 0) >= c.budget OR (%(token)s::text IS NOT NULL AND coalesce(k.used, 0) >= c.cap)
