-- lock: One link at a time.
SELECT pg_advisory_xact_lock(hashtext('visavis'), hashtext(current_schema || '.audit'))

-- last: The link that the next one hangs on.
SELECT seq, sha256 FROM audit ORDER BY seq DESC LIMIT 1

-- append: The next link.
INSERT INTO audit VALUES (
    %(seq)s, %(at)s, %(actor)s, %(action)s, %(subject)s, %(detail)s, %(previous_sha256)s, %(sha256)s
)

-- after: Links in order.
SELECT seq, at, actor, action, subject, detail, previous_sha256, sha256
FROM audit WHERE seq > %(seq)s ORDER BY seq LIMIT %(limit)s
