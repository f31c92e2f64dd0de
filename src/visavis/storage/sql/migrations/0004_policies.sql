-- What a policy's choice rests on beside its estimates, and the place in a slate.
ALTER TABLE hub.decision ADD COLUMN widths double precision[] NOT NULL DEFAULT '{}'; -- one entry a candidate, or none
ALTER TABLE hub.decision ADD COLUMN cap double precision NOT NULL DEFAULT 1 CHECK (cap BETWEEN 0 AND 1);
ALTER TABLE hub.decision ADD COLUMN slate text; -- decisions shown together share one
ALTER TABLE hub.decision ADD COLUMN position smallint NOT NULL DEFAULT 0 CHECK (position >= 0);
