-- add: To the counts that are there, all or none.
INSERT INTO accuracy
SELECT month, placement, light, look, score, sum(count)
FROM unnest(
    %(month)s::text[], %(placement)s::text[], %(light)s::text[], %(look)s::text[], %(score)s::smallint[],
    %(count)s::bigint[]
) AS counted (month, placement, light, look, score, count)
GROUP BY month, placement, light, look, score
ON CONFLICT (month, placement, light, look, score) DO UPDATE SET count = accuracy.count + excluded.count

-- all: Every count.
SELECT month, placement, light, look, score, count FROM accuracy
ORDER BY month, placement COLLATE "C", light COLLATE "C", look COLLATE "C", score
