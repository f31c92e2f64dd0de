-- edge_member: Who they are to the edge; the nickname is opened elsewhere, keys and digests are nobody's business.
SELECT to_jsonb(r) FROM (
    SELECT id, token, site, scenario, locale, enrolled_at, cardinality(credentials) AS codes
    FROM member WHERE id = %(subject)s
) AS r

-- edge_template: When, and by which model; never its numbers.
SELECT to_jsonb(r) FROM (
    SELECT id, model, created_at FROM template WHERE member_id = %(subject)s ORDER BY position
) AS r

-- edge_ledger: What they allowed and withdrew.
SELECT to_jsonb(r) FROM (SELECT * FROM ledger WHERE subject = %(subject)s ORDER BY seq) AS r

-- edge_audit: What was done to them; the hashes chain it with others.
SELECT to_jsonb(r) FROM (
    SELECT seq, at, actor, action, subject, detail FROM audit WHERE subject = %(token)s ORDER BY seq
) AS r

-- edge_correction: "Not me".
SELECT to_jsonb(r) FROM (
    SELECT id, template_id, at FROM correction WHERE member_id = %(subject)s ORDER BY at, id
) AS r

-- edge_review: Matches that staff looked at.
SELECT to_jsonb(r) FROM (
    SELECT
        id, template_id, placement, reason, score, threshold, asked_at, expires_at, state, answered_by, answered_at
    FROM review WHERE member_id = %(subject)s ORDER BY asked_at, id
) AS r

-- edge_visit: The day of the last visit, and what waits to be told.
SELECT to_jsonb(r) FROM (SELECT day, news FROM visit WHERE member_id = %(subject)s) AS r

-- edge_erasure: What was withdrawn, so that no backup brings it back.
SELECT to_jsonb(r) FROM (SELECT what, at FROM erasure WHERE subject_sha256 = %(digest)s ORDER BY at, what) AS r

-- hub_ledger: What they allowed and withdrew, without what concerns faces.
SELECT to_jsonb(r) FROM (SELECT * FROM ledger WHERE subject = %(token)s ORDER BY seq) AS r

-- hub_event: What they did; and what anybody did in answer to their decisions.
SELECT to_jsonb(r) FROM (
    SELECT * FROM event
    WHERE token = %(token)s OR decision_id IN (SELECT id FROM decision WHERE token = %(token)s)
    ORDER BY occurred_at, id
) AS r

-- hub_state: Their events as a model remembers them, with the numbers of its network.
SELECT to_jsonb(r) FROM (SELECT * FROM state WHERE token = %(token)s) AS r

-- hub_decision: What was chosen for them, out of what, and from what.
SELECT to_jsonb(r) FROM (SELECT * FROM decision WHERE token = %(token)s ORDER BY decided_at, seq) AS r

-- hub_impression: What was shown.
SELECT to_jsonb(r) FROM (
    SELECT i.* FROM impression AS i JOIN decision AS d ON d.id = i.decision_id
    WHERE d.token = %(token)s ORDER BY i.at, i.stage
) AS r

-- hub_awaiting: What was shown and has no answer yet.
SELECT to_jsonb(r) FROM (
    SELECT a.* FROM awaiting AS a JOIN decision AS d ON d.id = a.decision_id WHERE d.token = %(token)s
) AS r

-- hub_outcome: What came of it.
SELECT to_jsonb(r) FROM (
    SELECT o.* FROM outcome AS o JOIN decision AS d ON d.id = o.decision_id WHERE d.token = %(token)s ORDER BY o.seq
) AS r

-- hub_cap: How often campaigns were shown to them, by day.
SELECT to_jsonb(r) FROM (SELECT * FROM cap WHERE token = %(token)s ORDER BY day, campaign_id) AS r

-- hub_reservation: Places that their decisions took.
SELECT to_jsonb(r) FROM (
    SELECT * FROM reservation
    WHERE token = %(token)s OR decision_id IN (SELECT id FROM decision WHERE token = %(token)s)
    ORDER BY decision_id
) AS r

-- hub_audit: What was done to them at the hub.
SELECT to_jsonb(r) FROM (
    SELECT seq, at, actor, action, subject, detail FROM audit WHERE subject = %(token)s ORDER BY seq
) AS r
