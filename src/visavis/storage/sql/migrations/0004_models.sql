-- Trained models: what was signed, under which key each one rests, its files, and what became of it.

CREATE TABLE hub.model (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scenario    text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('behaviour', 'recommend', 'policy')),
    version     bigint NOT NULL CHECK (version > 0),
    manifest    text NOT NULL, -- JWS
    wrapped_key bytea NOT NULL, -- under the site key
    state       text NOT NULL CHECK (state IN ('shadow', 'live', 'retired', 'refused')),
    UNIQUE (scenario, kind, version)
);
CREATE UNIQUE INDEX model_live ON hub.model (scenario, kind) WHERE state = 'live';
GRANT SELECT, INSERT, UPDATE ON hub.model TO visavis_hub;

-- Nonce and ciphertext, under the model's own key.
CREATE TABLE hub.model_file (
    model_id bigint NOT NULL REFERENCES hub.model ON DELETE CASCADE,
    name     text COLLATE "C" NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (model_id, name)
);
ALTER TABLE hub.model_file ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress
GRANT SELECT, INSERT ON hub.model_file TO visavis_hub;

-- Append-only: why a model serves, or does so no more.
CREATE TABLE hub.model_change (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id bigint NOT NULL REFERENCES hub.model ON DELETE CASCADE,
    state    text NOT NULL,
    why      text NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX model_change_of ON hub.model_change (model_id, seq);
GRANT SELECT, INSERT ON hub.model_change TO visavis_hub;
