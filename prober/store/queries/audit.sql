-- name: add_audits*!
-- What people asked for and was done. Writing the same again adds nothing.
INSERT INTO audit (seq, at_ms, author, deed, content)
VALUES (:seq, :at_ms, :author, :deed, :content)
ON CONFLICT (seq) DO NOTHING;

-- name: latest_audits
-- The latest of them, newest first.
SELECT seq, at_ms, author, deed, content
FROM audit
ORDER BY seq DESC
LIMIT :limit;

-- name: opening_channels^
-- The channels whose subscriptions alone were told of what was opened by hand at that moment; null = those of all.
SELECT json_extract(content, '$.channels') AS channels
FROM audit
WHERE at_ms = :at_ms
    AND deed = 'open'
    AND json_extract(content, '$.site') = :site
ORDER BY seq DESC
LIMIT 1;
