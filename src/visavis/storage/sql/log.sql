-- events: Every event of a member in one scenario since a time, oldest first.
SELECT id, kind, occurred_at, token, scenario, placement, item_id, decision_id, value, dwell_s
FROM event
WHERE token IS NOT NULL AND scenario = %(scenario)s AND occurred_at >= %(since)s AND occurred_at < %(until)s
ORDER BY occurred_at, id LIMIT %(limit)s

-- decisions: Every decision in one scenario since a time and how far it came, oldest first.
SELECT
    d.decided_at, d.token, d.item_id, d.placement, d.propensity, cardinality(d.candidate_items), d.policy,
    coalesce(p.delivered, false), coalesce(p.on_glass, false), coalesce(o.reward, 0)
FROM decision AS d
LEFT JOIN (
    SELECT decision_id, bool_or(stage >= 2) AS delivered, bool_or(stage = 4) AS on_glass
    FROM impression GROUP BY decision_id
) AS p ON p.decision_id = d.id
LEFT JOIN (SELECT decision_id, sum(reward) AS reward FROM outcome GROUP BY decision_id) AS o ON o.decision_id = d.id
WHERE d.scenario = %(scenario)s AND d.decided_at >= %(since)s AND d.decided_at < %(until)s
ORDER BY d.decided_at, d.seq LIMIT %(limit)s
