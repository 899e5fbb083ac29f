-- name: api_keys
-- All keys of the status API, oldest first.
SELECT id, account, name, scope, digest, created_ms, expires_ms, revoked_ms, used_ms
FROM api_key
ORDER BY created_ms, id;

-- name: add_api_key!
-- A new key.
INSERT INTO api_key (id, account, name, scope, digest, created_ms, expires_ms, revoked_ms, used_ms)
VALUES (:id, :account, :name, :scope, :digest, :created_ms, :expires_ms, :revoked_ms, :used_ms);

-- name: revoke_api_key!
-- A key opens nothing any more; one that is revoked already stays as it is.
UPDATE api_key
SET revoked_ms = :revoked_ms
WHERE id = :id
    AND revoked_ms IS NULL;

-- name: use_api_key!
-- A key has been used.
UPDATE api_key
SET used_ms = :used_ms
WHERE id = :id;
