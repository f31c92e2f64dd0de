-- What a model remembers of each member: their events, folded into numbers. The log gives it again at any time.

SET LOCAL search_path = hub;

CREATE TABLE state (
    token    text COLLATE "C" PRIMARY KEY,
    scenario text NOT NULL,
    model    text NOT NULL, -- what folded them
    events   bigint NOT NULL CHECK (events > 0), -- that are in it
    last_at  timestamptz NOT NULL, -- of the last one, by time, then id
    last_id  text NOT NULL,
    hidden   bytea NOT NULL, -- of the network, little-endian float32
    names    text[] NOT NULL, -- of the sums, one value each
    sums     double precision[] NOT NULL
);
CREATE INDEX state_by_model ON state (scenario, model);
GRANT SELECT ON state TO visavis_hub;

-- Keep a state if the log has exactly its events. The lock is the member's: erasure takes it too, so that nothing that
-- was read before comes back after. Runs as the owner, so that the hub's own role can write in no other way.
CREATE FUNCTION keep_state(new state) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hub, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('hub.state'), hashtext(new.token));
    IF new.events <> (SELECT count(*) FROM event AS e WHERE e.token = new.token) THEN
        RETURN false;
    END IF;
    INSERT INTO state SELECT new.*
    ON CONFLICT (token) DO UPDATE SET
        scenario = excluded.scenario, model = excluded.model, events = excluded.events, last_at = excluded.last_at,
        last_id = excluded.last_id, hidden = excluded.hidden, names = excluded.names, sums = excluded.sums;
    RETURN true;
END $$;

-- What came of events goes with them: a state in which a deleted event counts is made again from those that are left.
CREATE FUNCTION state_without_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hub, pg_temp AS $$
DECLARE
    the_token text;
BEGIN
    FOR the_token IN SELECT DISTINCT token FROM gone WHERE token IS NOT NULL ORDER BY token LOOP
        PERFORM pg_advisory_xact_lock(hashtext('hub.state'), hashtext(the_token));
        DELETE FROM state WHERE token = the_token;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER state_without_events AFTER DELETE ON event
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION state_without_events();

REVOKE EXECUTE ON FUNCTION keep_state, state_without_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_state TO visavis_hub;
