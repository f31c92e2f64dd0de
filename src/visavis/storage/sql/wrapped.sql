-- members: Id, wrapped key, and what it is bound to; nobody else writes them until the transaction ends.
SELECT id, wrapped_key, id FROM member WHERE wrapped_key <> '' ORDER BY id FOR UPDATE

-- save_members: Their keys under another site key.
UPDATE member SET wrapped_key = n.wrapped
FROM unnest(%(ids)s::text[], %(wrapped)s::bytea[]) AS n (id, wrapped) WHERE member.id = n.id

-- monitors: Name and address of each camera, and what it is bound to.
SELECT name, sealed_address, name FROM monitor ORDER BY name FOR UPDATE

-- save_monitors: Their addresses under another site key.
UPDATE monitor SET sealed_address = n.wrapped
FROM unnest(%(ids)s::text[], %(wrapped)s::bytea[]) AS n (id, wrapped) WHERE monitor.name = n.id

-- staff: Id and second factor of each account, and what it is bound to.
SELECT id, sealed_totp, site, id FROM staff WHERE sealed_totp IS NOT NULL ORDER BY id FOR UPDATE

-- save_staff: Their second factors under another site key.
UPDATE staff SET sealed_totp = n.wrapped
FROM unnest(%(ids)s::text[], %(wrapped)s::bytea[]) AS n (id, wrapped) WHERE staff.id = n.id

-- models: Id and wrapped key of each model, and what it is bound to.
SELECT id::text, wrapped_key, kind, scenario, version::text FROM model ORDER BY id FOR UPDATE

-- save_models: Their keys under another site key.
UPDATE model SET wrapped_key = n.wrapped
FROM unnest(%(ids)s::text[], %(wrapped)s::bytea[]) AS n (id, wrapped) WHERE model.id = n.id::bigint
