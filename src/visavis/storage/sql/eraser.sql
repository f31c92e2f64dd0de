-- erase: Every row of a token, consents last; one transaction.
SELECT store, removed FROM erase(%(token)s)

-- tokens: Of which anything is kept.
SELECT DISTINCT token FROM (
    SELECT subject AS token FROM ledger
    UNION ALL SELECT token FROM event
    UNION ALL SELECT token FROM decision
    UNION ALL SELECT token FROM cap
    UNION ALL SELECT token FROM reservation
) AS everywhere WHERE token IS NOT NULL
