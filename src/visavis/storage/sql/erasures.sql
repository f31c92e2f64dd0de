-- append: Entries that are there already stay.
INSERT INTO erasure SELECT * FROM unnest(%(subjects)s::text[], %(what)s::text[], %(at)s::timestamptz[])
ON CONFLICT DO NOTHING

-- all: In order of time.
SELECT subject_sha256, what, at FROM erasure ORDER BY at, subject_sha256, what
