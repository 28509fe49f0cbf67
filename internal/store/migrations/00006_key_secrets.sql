-- +goose Up

-- The secret of an API key, sealed under the key file of the data directory: access
-- tokens are signed with the secret itself. Keys made before have none.
ALTER TABLE keys ADD COLUMN sealed BLOB;

-- +goose Down
ALTER TABLE keys DROP COLUMN sealed;
