-- funnel: Decisions made, shown and rewarded since a time; each stage is counted by its own time.
SELECT
    (
        SELECT count(*) FROM decision
        WHERE decided_at >= %(since)s AND (%(scenario)s::text IS NULL OR scenario = %(scenario)s)
    ),
    (
        SELECT count(DISTINCT i.decision_id) FROM impression AS i JOIN decision AS d ON d.id = i.decision_id
        WHERE i.stage = 4 AND i.at >= %(since)s AND (%(scenario)s::text IS NULL OR d.scenario = %(scenario)s)
    ),
    (
        SELECT count(DISTINCT o.decision_id) FROM outcome AS o JOIN decision AS d ON d.id = o.decision_id
        WHERE o.reward > 0 AND o.attributed_at >= %(since)s
            AND (%(scenario)s::text IS NULL OR d.scenario = %(scenario)s)
    )

-- reward_curve: Mean reward of the policy and SNIPS estimate of the uniform one, by buckets of answered decisions.
WITH answered AS (
    SELECT o.seq, o.decision_id, d.propensity, cardinality(d.candidate_items) AS candidates
    FROM outcome AS o JOIN decision AS d ON d.id = o.decision_id
    WHERE o.first AND d.token IS NOT NULL AND (%(scenario)s::text IS NULL OR d.scenario = %(scenario)s)
    ORDER BY o.seq DESC LIMIT %(last)s
),
rewarded AS (
    SELECT
        row_number() OVER (ORDER BY a.seq) AS number,
        ntile(%(buckets)s) OVER (ORDER BY a.seq) AS bucket,
        r.reward,
        1.0 / a.candidates / a.propensity AS weight
    FROM answered AS a
    CROSS JOIN LATERAL (SELECT sum(reward) AS reward FROM outcome WHERE decision_id = a.decision_id) AS r
)
SELECT max(number), count(*), avg(reward), sum(weight * reward) / sum(weight)
FROM rewarded GROUP BY bucket ORDER BY bucket

-- recent: Newest first, each with whether it was shown and answered, and its reward so far.
SELECT
    d.id, d.site, d.scenario, d.placement, d.token, d.sighting_id, d.receipt_id, d.item_id, d.campaign_id,
    d.candidate_items, d.candidate_campaigns, d.candidate_scores, d.probabilities, d.estimates, d.policy,
    d.policy_version, d.model_version, d.features, d.draw, d.reasons, d.decided_at, d.teaches,
    d.widths, d.cap, d.slate, d.position,
    EXISTS (SELECT FROM impression AS i WHERE i.decision_id = d.id AND i.stage = 4) AS shown,
    EXISTS (SELECT FROM outcome AS o WHERE o.decision_id = d.id) AS answered,
    coalesce((SELECT sum(reward) FROM outcome AS o WHERE o.decision_id = d.id), 0.0) AS reward
FROM decision AS d WHERE %(scenario)s::text IS NULL OR d.scenario = %(scenario)s
ORDER BY d.decided_at DESC, d.seq DESC LIMIT %(limit)s
