-- Signed states of the audit log, in each half. Append-only; what counts is in the signature.

CREATE TABLE edge.checkpoint (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in the order of appending
    seq    bigint NOT NULL, -- entries that it covers
    jws    text NOT NULL,
    UNIQUE (seq, jws)
);
GRANT SELECT, INSERT ON edge.checkpoint TO visavis_edge;

CREATE TABLE hub.checkpoint (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq    bigint NOT NULL,
    jws    text NOT NULL,
    UNIQUE (seq, jws)
);
GRANT SELECT, INSERT ON hub.checkpoint TO visavis_hub;

-- Who did what to one person, and when.
CREATE INDEX audit_of ON edge.audit (subject, seq);
CREATE INDEX audit_of ON hub.audit (subject, seq);
