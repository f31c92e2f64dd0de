-- lapse: An open one that expired makes room for the next.
DELETE FROM review
WHERE member_id = %(member_id)s AND placement = %(placement)s AND state = 'open' AND expires_at <= %(asked_at)s

-- ask: Only while the member is there, and only one open at a time and placement.
INSERT INTO review
SELECT %(id)s, m.id, %(template_id)s, %(placement)s, %(reason)s, %(score)s, %(threshold)s, %(asked_at)s,
    %(expires_at)s, 'open', NULL, NULL
FROM member AS m WHERE m.id = %(member_id)s
ON CONFLICT DO NOTHING
RETURNING id

-- open: Oldest first.
SELECT * FROM review WHERE state = 'open' AND expires_at > %(at)s ORDER BY asked_at, id

-- answer: Once, and in time; the very same answer again changes nothing and gives the same.
UPDATE review SET state = %(state)s, answered_by = %(by)s, answered_at = %(at)s
WHERE id = %(id)s AND (
    (state = 'open' AND expires_at > %(at)s)
    OR (state, answered_by, answered_at) = (%(state)s, %(by)s, %(at)s::timestamptz)
)
RETURNING *

-- of: All that are kept of a member, oldest first.
SELECT * FROM review WHERE member_id = %(member_id)s ORDER BY asked_at, id

-- forget: What is older than records are kept, but for each member's last confirmation: they have been seen.
DELETE FROM review AS old
WHERE asked_at < %(before)s AND (
    state <> 'confirmed' OR EXISTS (
        SELECT FROM review AS later
        WHERE later.member_id = old.member_id AND later.state = 'confirmed'
        AND (later.asked_at, later.id) > (old.asked_at, old.id)
    )
)
RETURNING id
