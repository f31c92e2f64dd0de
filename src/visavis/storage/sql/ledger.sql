-- append: In the order given; an id that is there already is left as it is.
INSERT INTO ledger (
    id, kind, subject, purpose, method, at, consent_id, site, scenario, notice_version, notice_sha256, locale,
    evidence, expires_at, guardian
)
SELECT
    id, kind, subject, purpose, method, at, consent_id, site, scenario, notice_version, notice_sha256, locale,
    evidence, expires_at, guardian
FROM unnest(
    %(id)s::text[], %(kind)s::text[], %(subject)s::text[], %(purpose)s::text[], %(method)s::text[],
    %(at)s::timestamptz[], %(consent_id)s::text[], %(site)s::text[], %(scenario)s::text[],
    %(notice_version)s::text[], %(notice_sha256)s::text[], %(locale)s::text[], %(evidence)s::text[],
    %(expires_at)s::timestamptz[], %(guardian)s::text[]
) WITH ORDINALITY AS entry (
    id, kind, subject, purpose, method, at, consent_id, site, scenario, notice_version, notice_sha256, locale,
    evidence, expires_at, guardian, position
)
ORDER BY position
ON CONFLICT DO NOTHING
RETURNING 1

-- history: Everything about one subject, in the order of appending.
SELECT
    id, kind, subject, purpose, method, at, consent_id, site, scenario, notice_version, notice_sha256, locale,
    evidence, expires_at, guardian
FROM ledger WHERE subject = %(subject)s ORDER BY seq

-- histories: Everything about these subjects, in the order of appending.
SELECT
    id, kind, subject, purpose, method, at, consent_id, site, scenario, notice_version, notice_sha256, locale,
    evidence, expires_at, guardian
FROM ledger WHERE subject = ANY (%(subjects)s::text[]) ORDER BY seq
