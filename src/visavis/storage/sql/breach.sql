-- purposes: How many people allowed what, at some moment of a time.
SELECT given.purpose, count(DISTINCT given.subject)
FROM ledger AS given LEFT JOIN ledger AS ended ON ended.consent_id = given.id AND ended.kind = 'withdrawal'
WHERE given.kind = 'consent' AND given.at <= %(until)s AND given.expires_at >= %(since)s
    AND (ended.at IS NULL OR ended.at >= %(since)s)
GROUP BY given.purpose ORDER BY given.purpose

-- looks: Who of the staff looked, for what, how often, and at how many.
SELECT actor, detail ->> 'purpose', count(*), count(DISTINCT subject)
FROM audit WHERE action = 'read' AND at BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2

-- gone: Who was forgotten since.
SELECT DISTINCT subject FROM audit WHERE action = 'forgotten' AND at >= %(since)s ORDER BY subject
