-- How long things are kept: the last visit of each member, the job's last run, and deletion by age at the hub.

SET LOCAL search_path = edge;

-- The day of a member's last visit, written at most once a day; and what to tell them at the next one.
CREATE TABLE visit (
    member_id text COLLATE "C" PRIMARY KEY REFERENCES member ON DELETE CASCADE,
    day       date NOT NULL,
    news      text
);
GRANT SELECT, INSERT, UPDATE, DELETE ON visit TO visavis_edge;
INSERT INTO visit SELECT id, current_date, NULL FROM member; -- nobody is forgotten for visits that were not counted

-- When each category was last looked at, and what went; the public page shows it.
CREATE TABLE retention_run (
    category text PRIMARY KEY,
    ran_at   timestamptz NOT NULL,
    removed  bigint NOT NULL CHECK (removed >= 0)
);
GRANT SELECT, INSERT, UPDATE ON retention_run TO visavis_edge;

-- When the last consent of each subject ended who is no member any more.
CREATE VIEW departed AS
SELECT c.subject, max(least(c.expires_at, w.at)) AS ended_at
FROM ledger AS c LEFT JOIN ledger AS w ON w.kind = 'withdrawal' AND w.consent_id = c.id AND w.subject = c.subject
WHERE c.kind = 'consent' AND NOT EXISTS (SELECT FROM member AS m WHERE m.id = c.subject)
GROUP BY c.subject;
GRANT SELECT ON departed TO visavis_edge;

-- Delete receipts of those whose last consent ended before a time: the one way to delete from this ledger.
CREATE FUNCTION expire(the_category text, the_time timestamptz, the_most integer)
RETURNS TABLE (store text, removed bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = edge, pg_temp AS $$
DECLARE
    old text[];
BEGIN
    IF the_category <> 'consent' THEN
        RAISE EXCEPTION 'no such category' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    old := ARRAY(
        SELECT subject FROM departed WHERE ended_at < least(the_time, now() - interval '1 day') LIMIT the_most
    );
    store := 'ledger';
    DELETE FROM ledger WHERE subject = ANY (old);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
END $$;
REVOKE EXECUTE ON FUNCTION expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire TO visavis_edge;

SET LOCAL search_path = hub;

CREATE INDEX event_by_time ON event USING brin (occurred_at);

-- Delete at most so many of the oldest rows of a category from before a time. Runs as the owner: the hub's own role
-- cannot delete from the logs, and can never delete this way what is younger than a day.
CREATE FUNCTION expire(the_category text, the_time timestamptz, the_most integer)
RETURNS TABLE (store text, removed bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = hub, pg_temp AS $$
DECLARE
    before timestamptz := least(the_time, now() - interval '1 day');
    old text[];
BEGIN
    IF the_category = 'event' THEN
        store := 'event';
        DELETE FROM event WHERE id IN (SELECT e.id FROM event AS e WHERE e.occurred_at < before LIMIT the_most);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    ELSIF the_category = 'decision' THEN
        old := ARRAY(SELECT d.id FROM decision AS d WHERE d.decided_at < before ORDER BY d.decided_at LIMIT the_most);
        store := 'outcome';
        DELETE FROM outcome WHERE decision_id = ANY (old);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
        store := 'impression';
        DELETE FROM awaiting WHERE decision_id = ANY (old);
        DELETE FROM impression WHERE decision_id = ANY (old);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
        store := 'decision';
        DELETE FROM reservation WHERE decision_id = ANY (old);
        DELETE FROM decision WHERE id = ANY (old);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    ELSIF the_category = 'allowance' THEN
        store := 'cap';
        DELETE FROM cap WHERE day < before::date;
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
        store := 'reservation';
        DELETE FROM reservation WHERE day < before::date;
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    ELSE
        RAISE EXCEPTION 'no such category' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION expire TO visavis_hub;
