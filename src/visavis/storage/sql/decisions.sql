-- append: Once; told when it is new.
WITH new AS (
    INSERT INTO decision (
        id, site, scenario, placement, token, sighting_id, receipt_id, item_id, campaign_id, candidate_items,
        candidate_campaigns, candidate_scores, probabilities, estimates, propensity, policy, policy_version,
        model_version, features, draw, reasons, decided_at, teaches, widths, cap, slate, position
    ) VALUES (
        %(id)s, %(site)s, %(scenario)s, %(placement)s, %(token)s, %(sighting_id)s, %(receipt_id)s, %(item_id)s,
        %(campaign_id)s, %(candidate_items)s, %(candidate_campaigns)s, %(candidate_scores)s::double precision[],
        %(probabilities)s::double precision[], %(estimates)s::double precision[], %(propensity)s, %(policy)s,
        %(policy_version)s, %(model_version)s, %(features)s::double precision[], %(draw)s, %(reasons)s,
        %(decided_at)s, %(teaches)s, %(widths)s::double precision[], %(cap)s, %(slate)s, %(position)s
    )
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT pg_notify('visavis', 'decision ' || id) FROM new

-- get: One decision.
SELECT
    id, site, scenario, placement, token, sighting_id, receipt_id, item_id, campaign_id, candidate_items,
    candidate_campaigns, candidate_scores, probabilities, estimates, policy, policy_version, model_version,
    features, draw, reasons, decided_at, teaches, widths, cap, slate, position
FROM decision WHERE id = %(id)s

-- recent: Newest first.
SELECT
    id, site, scenario, placement, token, sighting_id, receipt_id, item_id, campaign_id, candidate_items,
    candidate_campaigns, candidate_scores, probabilities, estimates, policy, policy_version, model_version,
    features, draw, reasons, decided_at, teaches, widths, cap, slate, position
FROM decision WHERE %(scenario)s::text IS NULL OR scenario = %(scenario)s
ORDER BY decided_at DESC, seq DESC LIMIT %(limit)s
