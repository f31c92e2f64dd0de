-- save: Keep this version.
INSERT INTO policy VALUES (%(scenario)s, %(policy)s, %(version)s, %(names)s, %(arrays)s, %(made_at)s)
ON CONFLICT DO NOTHING
RETURNING pg_notify('visavis', 'policy ' || scenario || '/' || policy || '/' || version)

-- thin: Of the older ones keep every 256th, to replay from.
DELETE FROM policy
WHERE scenario = %(scenario)s AND policy = %(policy)s AND version %% 256 <> 0 AND version NOT IN (
    SELECT version FROM policy WHERE scenario = %(scenario)s AND policy = %(policy)s ORDER BY version DESC LIMIT 2
)

-- newest: The newest version that is not newer than this one.
SELECT scenario, policy, version, names, arrays, made_at FROM policy
WHERE scenario = %(scenario)s AND policy = %(policy)s AND version <= %(version)s ORDER BY version DESC LIMIT 1
