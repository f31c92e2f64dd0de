-- The edge: members, templates, consents. Only the role visavis_edge comes in; the hub's cannot.

CREATE SCHEMA edge;
GRANT USAGE ON SCHEMA edge TO visavis_edge;
SET LOCAL search_path = edge;

-- Members as the edge keeps them: ciphertext, wrapped keys, digests. Removal deletes the row.
CREATE TABLE member (
    id             text COLLATE "C" PRIMARY KEY,
    token          text NOT NULL UNIQUE,
    site           text NOT NULL,
    scenario       text NOT NULL,
    locale         text NOT NULL,
    wrapped_key    bytea NOT NULL,
    nickname_nonce bytea NOT NULL,
    nickname       bytea NOT NULL,
    credentials    bytea[] NOT NULL,
    enrolled_at    timestamptz NOT NULL
);
CREATE INDEX member_by_credential ON member USING gin (credentials);
GRANT SELECT, INSERT, UPDATE, DELETE ON member TO visavis_edge;

-- Enrolled references, sealed under the member's key.
CREATE TABLE template (
    member_id  text COLLATE "C" NOT NULL REFERENCES member ON DELETE CASCADE,
    position   integer NOT NULL, -- order within the member
    id         text NOT NULL,
    model      text NOT NULL,
    nonce      bytea NOT NULL,
    ciphertext bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, position)
);
GRANT SELECT, INSERT, DELETE ON template TO visavis_edge;

-- Consents and withdrawals of members, append-only: no role may change or delete them.
CREATE TABLE ledger (
    seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             text NOT NULL UNIQUE,
    kind           text NOT NULL CHECK (kind IN ('consent', 'withdrawal')),
    subject        text NOT NULL,
    purpose        text NOT NULL,
    method         text NOT NULL,
    at             timestamptz NOT NULL, -- given or withdrawn
    consent_id     text CHECK ((consent_id IS NOT NULL) = (kind = 'withdrawal')),
    site           text,
    scenario       text,
    notice_version text,
    notice_sha256  text,
    locale         text,
    evidence       text,
    expires_at     timestamptz CHECK ((expires_at IS NOT NULL) = (kind = 'consent')),
    guardian       text
);
CREATE INDEX ledger_of ON ledger (subject, seq);
GRANT SELECT, INSERT ON ledger TO visavis_edge;

-- Hash chain of what was done to whom, by pseudonym. Append-only.
CREATE TABLE audit (
    seq             bigint PRIMARY KEY,
    at              timestamptz NOT NULL,
    actor           text NOT NULL,
    action          text NOT NULL,
    subject         text NOT NULL,
    detail          json NOT NULL,
    previous_sha256 text NOT NULL,
    sha256          text NOT NULL
);
GRANT SELECT, INSERT ON audit TO visavis_edge;
