-- between: Decisions of a time with all that came of each, oldest first.
SELECT
    d.id, site, scenario, placement, token, sighting_id, receipt_id, item_id, campaign_id, candidate_items,
    candidate_campaigns, candidate_scores, probabilities, estimates, policy, policy_version, model_version,
    features, draw, reasons, decided_at, teaches, widths, cap, slate, position, o.reward
FROM decision AS d, LATERAL (
    SELECT sum(reward) AS reward, count(*) AS outcomes FROM outcome WHERE decision_id = d.id
) AS o
WHERE
    o.outcomes > 0 AND scenario = %(scenario)s
    AND decided_at >= %(start)s::timestamptz AND decided_at < %(finish)s::timestamptz
ORDER BY decided_at, seq LIMIT %(limit)s

-- shown: What a member was shown since a time, and when, oldest first.
SELECT d.item_id, min(i.at) AS at FROM decision AS d JOIN impression AS i ON i.decision_id = d.id AND i.stage = 4
WHERE d.token = %(token)s AND i.at >= %(since)s::timestamptz
GROUP BY d.id, d.item_id ORDER BY at, d.id
