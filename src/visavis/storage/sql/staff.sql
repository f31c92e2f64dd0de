-- add: A login is there once.
INSERT INTO staff VALUES (
    %(id)s, %(site)s, %(login)s, %(password_hash)s, %(role)s, %(state)s, %(created_at)s, %(sealed_totp)s,
    %(totp_step)s, %(recovery_sha256)s, %(revision)s
)
ON CONFLICT DO NOTHING
RETURNING id

-- replace: Only if nobody else did.
UPDATE staff SET
    (login, password_hash, role, state, sealed_totp, totp_step, recovery_sha256, revision)
    = (%(login)s, %(password_hash)s, %(role)s, %(state)s, %(sealed_totp)s::bytea, %(totp_step)s,
       %(recovery_sha256)s::text[], %(revision)s)
WHERE id = %(id)s AND revision = %(before)s
RETURNING id

-- get: By id.
SELECT * FROM staff WHERE id = %(id)s

-- find: By login.
SELECT * FROM staff WHERE site = %(site)s AND login = %(login)s

-- all: By login.
SELECT * FROM staff WHERE site = %(site)s ORDER BY login

-- start: A new session.
INSERT INTO staff_session VALUES (
    %(digest)s, %(staff_id)s, %(complete)s, %(started_at)s, %(seen_at)s, %(ends_at)s
)
ON CONFLICT DO NOTHING

-- tidy: Those whose time is over.
DELETE FROM staff_session WHERE ends_at <= %(started_at)s

-- session: By the digest of the cookie.
SELECT digest, staff_id, complete, started_at, seen_at, ends_at FROM staff_session WHERE digest = %(digest)s

-- seen: Time never goes back.
UPDATE staff_session SET seen_at = greatest(seen_at, %(at)s) WHERE digest = %(digest)s

-- end: One, or all of a person.
DELETE FROM staff_session
WHERE staff_id = %(staff_id)s AND (%(digest)s::bytea IS NULL OR digest = %(digest)s)
RETURNING digest

-- attempt: Counted before the password is looked at, in one statement, so that a hundred at once are a hundred tries.
INSERT INTO sign_in_attempt VALUES (%(key)s, 1, %(at)s, %(at)s::timestamptz + %(first)s::interval)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN sign_in_attempt.last_at <= %(forgotten)s THEN 1 ELSE sign_in_attempt.tries + 1 END,
    last_at = %(at)s,
    until = %(at)s::timestamptz + (%(pauses)s::interval[])[least(
        CASE WHEN sign_in_attempt.last_at <= %(forgotten)s THEN 1 ELSE sign_in_attempt.tries + 1 END,
        cardinality(%(pauses)s::interval[])
    )]
WHERE sign_in_attempt.until <= %(at)s
RETURNING tries

-- tidy_attempts: What was forgotten long ago goes, so that invented logins do not fill the table.
DELETE FROM sign_in_attempt WHERE last_at <= %(forgotten)s AND key <> %(key)s

-- locked: Until when.
SELECT until FROM sign_in_attempt WHERE key = %(key)s

-- forget: It succeeded.
DELETE FROM sign_in_attempt WHERE key = %(key)s

-- save_key: Add or replace by prefix.
INSERT INTO api_key VALUES (
    %(prefix)s, %(site)s, %(name)s, %(digest)s, %(scopes)s, %(created_at)s, %(expires_at)s, %(revoked_at)s,
    %(last_used)s
)
ON CONFLICT (prefix) DO UPDATE SET
    (name, digest, scopes, expires_at, revoked_at)
    = (excluded.name, excluded.digest, excluded.scopes, excluded.expires_at, excluded.revoked_at)

-- find_key: By prefix.
SELECT * FROM api_key WHERE prefix = %(prefix)s

-- used: The day never goes back.
UPDATE api_key SET last_used = greatest(last_used, %(day)s) WHERE prefix = %(prefix)s

-- keys: By time, then prefix.
SELECT * FROM api_key WHERE site = %(site)s ORDER BY created_at, prefix
