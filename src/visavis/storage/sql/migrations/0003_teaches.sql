-- Whether the policy may learn from what came of a decision: not where a face led to it and the law forbids that use.

SET LOCAL search_path = hub;

ALTER TABLE decision ADD COLUMN teaches boolean NOT NULL DEFAULT true;
