-- append: Only while the member is there; wakes every node the first time.
INSERT INTO correction
SELECT %(id)s, m.id, %(template_id)s, %(at)s FROM member AS m WHERE m.id = %(member_id)s
ON CONFLICT (id) DO NOTHING
RETURNING pg_notify('visavis', 'roster ')

-- counts: Of each template that was ever corrected.
SELECT template_id, count(*) FROM correction GROUP BY template_id
