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
