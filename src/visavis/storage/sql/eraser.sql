-- erase: Every row of a token, consents last; one transaction.
SELECT store, removed FROM erase(%(token)s)
