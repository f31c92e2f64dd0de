-- append: One that is there already stays.
INSERT INTO checkpoint (seq, jws) VALUES (%(seq)s, %(jws)s) ON CONFLICT DO NOTHING

-- all: In the order of appending.
SELECT seq, jws FROM checkpoint ORDER BY number

-- last: The newest.
SELECT seq, jws FROM checkpoint ORDER BY number DESC LIMIT 1
