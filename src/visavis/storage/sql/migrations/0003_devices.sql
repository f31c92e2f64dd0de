-- Kiosks and screens that were paired with a placement, and the codes that pair them.

SET LOCAL search_path = edge;

CREATE TABLE device (
    id         text COLLATE "C" PRIMARY KEY,
    public_key bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32), -- Ed25519; the private half never leaves it
    placement  text NOT NULL,
    paired_at  timestamptz NOT NULL,
    paired_by  text NOT NULL, -- who made the code
    seen_at    timestamptz NOT NULL, -- its last token
    revoked_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON device TO visavis_edge;

-- A code is kept as its HMAC under a key of the site; it goes when it is used, when it expires, after wrong attempts.
CREATE TABLE pairing_code (
    digest     bytea PRIMARY KEY,
    placement  text NOT NULL,
    made_by    text NOT NULL,
    expires_at timestamptz NOT NULL,
    tries_left integer NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON pairing_code TO visavis_edge;
