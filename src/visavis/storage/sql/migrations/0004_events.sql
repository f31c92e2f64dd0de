-- How long it took: a look, a stay, a visit; 0 where nobody measured.
ALTER TABLE hub.event ADD COLUMN dwell_s double precision NOT NULL DEFAULT 0 CHECK (dwell_s >= 0);
