-- Who may sign in at the console, where they have, and what programs sign in with.

SET LOCAL search_path = hub;

-- People. Nobody is deleted, so that the audit log keeps its meaning.
CREATE TABLE staff (
    id              text COLLATE "C" PRIMARY KEY,
    site            text NOT NULL,
    login           text COLLATE "C" NOT NULL,
    password_hash   text NOT NULL, -- argon2id
    role            text NOT NULL
        CHECK (role IN ('operator', 'advertiser', 'privacy_officer', 'auditor', 'administrator')),
    state           text NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at      timestamptz NOT NULL,
    sealed_totp     bytea, -- under the site key
    totp_step       bigint NOT NULL,
    recovery_sha256 text[] NOT NULL,
    revision        bigint NOT NULL,
    UNIQUE (site, login)
);
GRANT SELECT, INSERT, UPDATE ON staff TO visavis_hub;

-- Browsers in which somebody has signed in, by the digest of the cookie.
CREATE TABLE staff_session (
    digest     bytea PRIMARY KEY,
    staff_id   text COLLATE "C" NOT NULL REFERENCES staff ON DELETE CASCADE,
    complete   boolean NOT NULL, -- false: the second factor is awaited
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL
);
CREATE INDEX staff_session_of ON staff_session (staff_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_session TO visavis_hub;

-- Tries to sign in without success, by a keyed digest of what was typed as login, or of the address.
CREATE TABLE sign_in_attempt (
    key     text COLLATE "C" PRIMARY KEY,
    tries   integer NOT NULL,
    last_at timestamptz NOT NULL,
    until   timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempt TO visavis_hub;

-- What programs sign in with, by digest.
CREATE TABLE api_key (
    prefix     text COLLATE "C" PRIMARY KEY,
    site       text NOT NULL,
    name       text NOT NULL,
    digest     bytea NOT NULL,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used  date
);
GRANT SELECT, INSERT, UPDATE ON api_key TO visavis_hub;
