-- What operators and members tell the edge: cameras to watch, wrong greetings, matches to look at.

SET LOCAL search_path = edge;

-- Cameras that the site watches by itself; an address may hold a password, so it is sealed under the site key.
CREATE TABLE monitor (
    name           text COLLATE "C" PRIMARY KEY,
    sealed_address bytea NOT NULL,
    placement      text NOT NULL,
    max_fps        double precision NOT NULL,
    enabled        boolean NOT NULL,
    created_at     timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON monitor TO visavis_edge;

-- "Not me", by the template that matched; goes with the member.
CREATE TABLE correction (
    id          text PRIMARY KEY,
    member_id   text COLLATE "C" NOT NULL REFERENCES member ON DELETE CASCADE,
    template_id text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX correction_of ON correction (member_id);
GRANT SELECT, INSERT ON correction TO visavis_edge;

-- Matches that a person looks at before the member is greeted: scores, times and ids, never an image.
CREATE TABLE review (
    id          text PRIMARY KEY,
    member_id   text COLLATE "C" NOT NULL REFERENCES member ON DELETE CASCADE,
    template_id text NOT NULL,
    placement   text NOT NULL,
    reason      text NOT NULL,
    score       double precision NOT NULL,
    threshold   double precision NOT NULL,
    asked_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'confirmed', 'rejected')),
    answered_by text,
    answered_at timestamptz CHECK ((answered_at IS NULL) = (state = 'open'))
);
CREATE UNIQUE INDEX review_open ON review (member_id, placement) WHERE state = 'open';
GRANT SELECT, INSERT, UPDATE, DELETE ON review TO visavis_edge;
