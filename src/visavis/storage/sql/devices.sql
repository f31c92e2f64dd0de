-- add: Once; a device never changes its key or its placement.
WITH added AS (
    INSERT INTO device VALUES (
        %(id)s, %(public_key)s, %(placement)s, %(paired_at)s, %(paired_by)s, %(seen_at)s, %(revoked_at)s
    )
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT id, pg_notify('visavis', 'devices ') FROM added

-- revoke: The first time counts.
UPDATE device SET revoked_at = %(at)s WHERE id = %(id)s AND revoked_at IS NULL
RETURNING pg_notify('visavis', 'devices ')

-- seen: When its last token was given.
UPDATE device SET seen_at = greatest(seen_at, %(at)s) WHERE id = %(id)s

-- all: Oldest first, the revoked too.
SELECT id, public_key, placement, paired_at, paired_by, seen_at, revoked_at FROM device ORDER BY paired_at, id

-- offer: A code, for a while.
INSERT INTO pairing_code VALUES (%(digest)s, %(placement)s, %(made_by)s, %(expires_at)s, %(tries_left)s)
ON CONFLICT DO NOTHING

-- clear: Codes that have expired or were tried too often.
DELETE FROM pairing_code WHERE expires_at <= %(at)s OR tries_left <= 0

-- use: Once.
DELETE FROM pairing_code WHERE digest = %(digest)s AND expires_at > %(at)s AND tries_left > 0
RETURNING digest, placement, made_by, expires_at, tries_left

-- missed: A wrong code counts against every open one.
UPDATE pairing_code SET tries_left = tries_left - 1
