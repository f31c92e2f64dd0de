-- How looks at people ended, as counts by month, placement, light and score: no member, no time of day.

SET LOCAL search_path = edge;

CREATE TABLE accuracy (
    month     text NOT NULL,
    placement text NOT NULL,
    light     text NOT NULL,
    look      text NOT NULL,
    score     smallint NOT NULL, -- in twentieths; -1 where there is none
    count     bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (month, placement, light, look, score)
);
GRANT SELECT, INSERT, UPDATE ON accuracy TO visavis_edge;
