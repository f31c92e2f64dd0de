-- The hub: events, decisions, plays, outcomes, by token. Only the role visavis_hub comes in; the edge's cannot.

CREATE SCHEMA hub;
GRANT USAGE ON SCHEMA hub TO visavis_hub;
SET LOCAL search_path = hub;

-- Consents and withdrawals of tokens. Append-only, but for erasure.
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
GRANT SELECT, INSERT ON ledger TO visavis_hub;

-- What members did, and what screens did for them. Append-only, but for erasure.
CREATE TABLE event (
    id          text COLLATE "C" PRIMARY KEY,
    kind        text NOT NULL,
    occurred_at timestamptz NOT NULL,
    token       text, -- null: nobody was recognised
    scenario    text NOT NULL,
    placement   text,
    item_id     text,
    decision_id text,
    value       double precision NOT NULL
);
CREATE INDEX event_of ON event (token, occurred_at DESC, id DESC) WHERE token IS NOT NULL;
CREATE INDEX event_by_decision ON event (decision_id) WHERE decision_id IS NOT NULL;
GRANT SELECT, INSERT ON event TO visavis_hub;

-- Every decision, with all that it takes to replay it. Append-only, but for erasure.
CREATE TABLE decision (
    seq                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- breaks ties of decided_at
    id                  text NOT NULL UNIQUE,
    site                text NOT NULL,
    scenario            text NOT NULL,
    placement           text NOT NULL,
    token               text,
    sighting_id         text,
    receipt_id          text,
    item_id             text NOT NULL,
    campaign_id         text NOT NULL,
    candidate_items     text[] NOT NULL, -- these five arrays have one entry a candidate, in one order
    candidate_campaigns text[] NOT NULL,
    candidate_scores    double precision[] NOT NULL,
    probabilities       double precision[] NOT NULL,
    estimates           double precision[] NOT NULL,
    propensity          double precision NOT NULL, -- probability of the item that was chosen
    policy              text NOT NULL,
    policy_version      bigint NOT NULL,
    model_version       text NOT NULL,
    features            double precision[] NOT NULL,
    draw                double precision NOT NULL,
    reasons             json NOT NULL,
    decided_at          timestamptz NOT NULL
);
CREATE INDEX decision_recent ON decision (decided_at DESC, seq DESC);
CREATE INDEX decision_recent_of_scenario ON decision (scenario, decided_at DESC, seq DESC);
CREATE INDEX decision_of ON decision (token) WHERE token IS NOT NULL;
GRANT SELECT, INSERT ON decision TO visavis_hub;

-- Proof of play, one row a stage. Append-only, but for erasure.
CREATE TABLE impression (
    id          text NOT NULL PRIMARY KEY,
    decision_id text NOT NULL,
    placement   text NOT NULL,
    item_id     text NOT NULL,
    stage       smallint NOT NULL CHECK (stage BETWEEN 0 AND 5),
    at          timestamptz NOT NULL
);
CREATE INDEX impression_of ON impression (decision_id, stage, at);
CREATE INDEX impression_on_glass ON impression (at) WHERE stage = 4;
GRANT SELECT, INSERT ON impression TO visavis_hub;

-- Decisions that were on the glass and have no outcome yet: a short list, so that looking for them stays fast.
CREATE TABLE awaiting (
    decision_id text COLLATE "C" PRIMARY KEY,
    shown_at    timestamptz NOT NULL
);
CREATE INDEX awaiting_since ON awaiting (shown_at, decision_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON awaiting TO visavis_hub;

-- What came of decisions, in one order for every reader. Append-only, but for erasure.
CREATE TABLE outcome (
    seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text NOT NULL UNIQUE,
    decision_id   text NOT NULL,
    kind          text NOT NULL,
    reward        double precision NOT NULL CHECK (reward BETWEEN 0 AND 1),
    first         boolean NOT NULL,
    event_id      text,
    attributed_at timestamptz NOT NULL
);
CREATE INDEX outcome_of ON outcome (decision_id, seq);
CREATE UNIQUE INDEX outcome_first_once ON outcome (decision_id) WHERE first; -- a context is learned once
CREATE INDEX outcome_rewarded ON outcome (attributed_at) WHERE reward > 0;
GRANT SELECT, INSERT ON outcome TO visavis_hub;

-- Numbers are drawn and committed by one writer at a time: a reader who has seen n will never find a smaller one new.
CREATE FUNCTION outcome_in_order() RETURNS trigger LANGUAGE plpgsql SET search_path = hub, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('visavis'), hashtext('hub.outcome'));
    RETURN NULL;
END $$;
CREATE TRIGGER outcome_in_order BEFORE INSERT ON outcome EXECUTE FUNCTION outcome_in_order();

-- Snapshots of what policies have learned; each array in NumPy's npy format.
CREATE TABLE policy (
    scenario text NOT NULL,
    policy   text NOT NULL,
    version  bigint NOT NULL,
    names    text[] NOT NULL,
    arrays   bytea[] NOT NULL,
    made_at  timestamptz NOT NULL,
    PRIMARY KEY (scenario, policy, version)
);
ALTER TABLE policy ALTER COLUMN arrays SET STORAGE EXTERNAL; -- random doubles do not compress
GRANT SELECT, INSERT, DELETE ON policy TO visavis_hub;

-- Impressions that campaigns have used, in all and by member and UTC day; only where a limit was set.
CREATE TABLE budget (
    campaign_id text PRIMARY KEY,
    used        bigint NOT NULL CHECK (used >= 0)
);
CREATE TABLE cap (
    campaign_id text NOT NULL,
    token       text NOT NULL,
    day         date NOT NULL,
    used        bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (token, day, campaign_id)
);
CREATE TABLE reservation (
    decision_id text PRIMARY KEY,
    campaign_id text NOT NULL,
    budgeted    boolean NOT NULL, -- took one from the budget
    token       text, -- took one from this member's cap
    day         date NOT NULL
);
CREATE INDEX reservation_of ON reservation (token) WHERE token IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON budget, cap, reservation TO visavis_hub;

-- One from cap and budget, or nothing from either. Row locks make it exact; they are taken in the order reservation,
-- cap, budget (here and in release), so that no two wait for each other, and the busiest row is held the shortest.
CREATE FUNCTION reserve(
    the_decision text, the_campaign text, the_token text, the_day date, the_budget bigint, the_cap bigint
) RETURNS boolean LANGUAGE plpgsql SET search_path = hub, pg_temp AS $$
BEGIN
    INSERT INTO reservation VALUES
        (the_decision, the_campaign, the_budget IS NOT NULL, CASE WHEN the_cap IS NOT NULL THEN the_token END, the_day)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN true; -- asked before, and granted
    END IF;
    IF the_cap IS NOT NULL AND the_token IS NOT NULL THEN
        INSERT INTO cap VALUES (the_campaign, the_token, the_day, 0) ON CONFLICT DO NOTHING;
        UPDATE cap SET used = used + 1
            WHERE token = the_token AND day = the_day AND campaign_id = the_campaign AND used < the_cap;
        IF NOT FOUND THEN
            DELETE FROM reservation WHERE decision_id = the_decision;
            RETURN false;
        END IF;
    END IF;
    IF the_budget IS NOT NULL THEN
        INSERT INTO budget VALUES (the_campaign, 0) ON CONFLICT DO NOTHING;
        UPDATE budget SET used = used + 1 WHERE campaign_id = the_campaign AND used < the_budget;
        IF NOT FOUND THEN
            UPDATE cap SET used = used - 1 WHERE the_cap IS NOT NULL
                AND token = the_token AND day = the_day AND campaign_id = the_campaign;
            DELETE FROM reservation WHERE decision_id = the_decision;
            RETURN false;
        END IF;
    END IF;
    RETURN true;
END $$;

-- Give back what a decision reserved, once.
CREATE FUNCTION release(the_decision text) RETURNS void LANGUAGE plpgsql SET search_path = hub, pg_temp AS $$
DECLARE
    gone reservation;
BEGIN
    DELETE FROM reservation WHERE decision_id = the_decision RETURNING * INTO gone;
    UPDATE cap SET used = used - 1
        WHERE token = gone.token AND day = gone.day AND campaign_id = gone.campaign_id;
    UPDATE budget SET used = used - 1 WHERE gone.budgeted AND campaign_id = gone.campaign_id;
END $$;

-- Delete every row of a token, consents last. Runs as the owner: the hub's own role cannot delete from the logs.
CREATE FUNCTION erase(the_token text) RETURNS TABLE (store text, removed bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hub, pg_temp AS $$
DECLARE
    theirs text[] := ARRAY(SELECT id FROM decision WHERE token = the_token);
BEGIN
    store := 'outcome';
    DELETE FROM outcome WHERE decision_id = ANY (theirs);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
    store := 'impression';
    DELETE FROM awaiting WHERE decision_id = ANY (theirs);
    DELETE FROM impression WHERE decision_id = ANY (theirs);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
    store := 'event';
    DELETE FROM event WHERE token = the_token OR decision_id = ANY (theirs);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
    store := 'allowance';
    DELETE FROM cap WHERE token = the_token;
    DELETE FROM reservation WHERE token = the_token OR decision_id = ANY (theirs);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
    store := 'decision';
    DELETE FROM decision WHERE token = the_token;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
    store := 'ledger';
    DELETE FROM ledger WHERE subject = the_token;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
END $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hub FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reserve, release, erase TO visavis_hub;

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
GRANT SELECT, INSERT ON audit TO visavis_hub;
