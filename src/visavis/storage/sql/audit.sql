-- lock: One link at a time.
SELECT pg_advisory_xact_lock(hashtext('visavis'), hashtext(current_schema || '.audit'))

-- last: The link that the next one hangs on.
SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1

-- append: The next link.
INSERT INTO audit VALUES (
    %(seq)s, %(at)s, %(actor)s, %(action)s, %(subject)s, %(detail)s::json, %(previous_sha256)s, %(sha256)s
)

-- after: Links in order.
SELECT seq, at, actor, action, subject, detail, previous_sha256, sha256
FROM audit WHERE seq > %(seq)s ORDER BY seq LIMIT %(limit)s

-- links: What the hash of each link covers up to its detail, as `privacy.audit.spelled` spells it; also of those that
-- were put before the first. JSON strings of the database are spelled as Python spells them.
SELECT
    seq,
    '["' || previous_sha256 || '",' || seq || ',"'
    || replace(to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00",'
    || to_json(actor) || ',' || to_json(action) || ',' || to_json(subject) || ',',
    detail::text,
    sha256
FROM audit WHERE %(seq)s::bigint IS NULL OR seq > %(seq)s ORDER BY seq LIMIT %(limit)s

-- find: Of some subjects, of an action, in a time; newest first.
SELECT seq, at, actor, action, subject, detail, previous_sha256, sha256
FROM audit
WHERE (%(subjects)s::text[] IS NULL OR subject = ANY (%(subjects)s))
    AND (%(action)s::text IS NULL OR action = %(action)s)
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR at <= %(until)s)
ORDER BY seq DESC LIMIT %(limit)s

-- copy: Many links that are chained already.
COPY audit (seq, at, actor, action, subject, detail, previous_sha256, sha256) FROM STDIN
