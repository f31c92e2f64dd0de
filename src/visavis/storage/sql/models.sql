-- add: The model, unless that version is there.
INSERT INTO model (scenario, kind, version, manifest, wrapped_key, state)
VALUES (%(scenario)s, %(kind)s, %(version)s, %(manifest)s, %(wrapped_key)s, %(state)s)
ON CONFLICT (scenario, kind, version) DO NOTHING
RETURNING id

-- add_file: One of its files.
INSERT INTO model_file VALUES (%(id)s, %(name)s, %(sealed)s)

-- change: A step in its life.
INSERT INTO model_change (model_id, state, why, at) VALUES (%(id)s, %(state)s, %(why)s, %(at)s)

-- one: A version or, without one, the live one.
SELECT id, kind, scenario, version, manifest, wrapped_key FROM model
WHERE scenario = %(scenario)s AND kind = %(kind)s AND CASE
    WHEN %(version)s::bigint IS NULL THEN state = 'live' ELSE version = %(version)s::bigint
END

-- files: Of a model.
SELECT name, sealed FROM model_file WHERE model_id = %(id)s ORDER BY name

-- kept: All of a scenario with what became of them, without files.
SELECT m.kind, m.scenario, m.version, m.manifest, m.wrapped_key, c.states, c.whys, c.ats
FROM model AS m, LATERAL (
    SELECT array_agg(state ORDER BY seq) AS states, array_agg(why ORDER BY seq) AS whys, array_agg(at ORDER BY seq) AS ats
    FROM model_change WHERE model_id = m.id
) AS c
WHERE m.scenario = %(scenario)s ORDER BY m.kind, m.version DESC

-- lock: All versions of one kind; nobody else moves one until the transaction ends.
SELECT id, version, state FROM model
WHERE scenario = %(scenario)s AND kind = %(kind)s ORDER BY version FOR UPDATE

-- state: Where a model stands.
UPDATE model SET state = %(state)s WHERE id = %(id)s

-- tell: Every reader.
SELECT pg_notify('visavis', %(message)s)
