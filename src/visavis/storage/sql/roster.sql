-- save: Add or replace a member.
INSERT INTO member VALUES (
    %(id)s, %(token)s, %(site)s, %(scenario)s, %(locale)s, %(wrapped_key)s, %(nickname_nonce)s, %(nickname)s,
    %(credentials)s, %(enrolled_at)s
)
ON CONFLICT (id) DO UPDATE SET
    (token, site, scenario, locale, wrapped_key, nickname_nonce, nickname, credentials, enrolled_at)
    = (excluded.token, excluded.site, excluded.scenario, excluded.locale, excluded.wrapped_key,
       excluded.nickname_nonce, excluded.nickname, excluded.credentials, excluded.enrolled_at)

-- renew: Another key and nickname of members who are there.
UPDATE member SET (wrapped_key, nickname_nonce, nickname) = (n.wrapped_key, n.nonce, n.nickname)
FROM unnest(%(ids)s::text[], %(keys)s::bytea[], %(nonces)s::bytea[], %(nicknames)s::bytea[])
    AS n (id, wrapped_key, nonce, nickname)
WHERE member.id = n.id

-- drop_templates: Templates of members that are about to be replaced.
DELETE FROM template WHERE member_id = ANY (%(ids)s::text[])

-- add_templates: Templates of members, each in order.
INSERT INTO template
SELECT t.* FROM unnest(
    %(members)s::text[], %(positions)s::int[], %(ids)s::text[], %(models)s::text[], %(nonces)s::bytea[], %(ciphertexts)s::bytea[],
    %(created_at)s::timestamptz[]
) AS t

-- unchanged: Those whose key is still this one; nobody else writes them until the transaction ends.
SELECT m.id FROM unnest(%(ids)s::text[], %(keys)s::bytea[]) AS known (id, wrapped_key)
JOIN member AS m ON m.id = known.id AND m.wrapped_key = known.wrapped_key
ORDER BY m.id FOR UPDATE OF m

-- nonces: Of members' templates, in order; each sealing has a new one.
SELECT member_id, array_agg(nonce ORDER BY position) FROM template WHERE member_id = ANY (%(ids)s::text[]) GROUP BY 1

-- remove: Templates first, so that they are counted; then key, nickname and credentials.
WITH templates AS (DELETE FROM template WHERE member_id = %(id)s RETURNING 1),
members AS (DELETE FROM member WHERE id = %(id)s RETURNING 1)
SELECT (SELECT count(*) FROM templates) + (SELECT count(*) FROM members)

-- tell: Wakes every node. No id travels: the hub's role could listen.
SELECT pg_notify('visavis', 'roster ')

-- members: Oldest first, each with its templates as arrays.
SELECT m.*, t.ids, t.models, t.nonces, t.ciphertexts, t.created_at
FROM member AS m
CROSS JOIN LATERAL (
    SELECT
        coalesce(array_agg(id ORDER BY position), '{}') AS ids,
        coalesce(array_agg(model ORDER BY position), '{}') AS models,
        coalesce(array_agg(nonce ORDER BY position), '{}') AS nonces,
        coalesce(array_agg(ciphertext ORDER BY position), '{}') AS ciphertexts,
        coalesce(array_agg(created_at ORDER BY position), '{}') AS created_at
    FROM template WHERE member_id = m.id
) AS t
WHERE %(credential)s::bytea IS NULL OR m.credentials @> ARRAY[%(credential)s::bytea]
ORDER BY m.enrolled_at, m.id
