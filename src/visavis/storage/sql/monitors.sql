-- save: Add or replace by name, and wake every node.
INSERT INTO monitor VALUES (
    %(name)s, %(sealed_address)s, %(placement)s, %(max_fps)s, %(enabled)s, %(created_at)s
)
ON CONFLICT (name) DO UPDATE SET
    (sealed_address, placement, max_fps, enabled)
    = (excluded.sealed_address, excluded.placement, excluded.max_fps, excluded.enabled)
RETURNING pg_notify('visavis', 'monitors ')

-- remove: By name, and wake every node.
DELETE FROM monitor WHERE name = %(name)s RETURNING pg_notify('visavis', 'monitors ')

-- all: By name.
SELECT name, sealed_address, placement, max_fps, enabled, created_at FROM monitor ORDER BY name
