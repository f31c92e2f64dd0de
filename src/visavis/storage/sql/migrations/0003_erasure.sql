-- What was erased or withdrawn, by digest of the token: replayed when an older backup brings it back. Append-only.

SET LOCAL search_path = edge;

CREATE TABLE erasure (
    subject_sha256 text NOT NULL,
    what           text NOT NULL, -- a purpose, or "everything"
    at             timestamptz NOT NULL,
    PRIMARY KEY (subject_sha256, what, at)
);
GRANT SELECT, INSERT ON erasure TO visavis_edge;
