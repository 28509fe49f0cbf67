-- +goose Up

-- What may be done by an API key over the API: look, moderate or administer.
ALTER TABLE keys ADD COLUMN role TEXT NOT NULL DEFAULT 'administer';

-- Sessions of the console, by the SHA-256 digest of what the browser has. key is
-- '' for those of the account itself; proof ties those to the AuthToken with
-- which they were made.
CREATE TABLE sessions (
    digest  BLOB    PRIMARY KEY,
    role    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    proof   BLOB    NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_end ON sessions (expires);

-- Links that sign in once, by the digest of their token.
CREATE TABLE sign_in_links (
    digest  BLOB    PRIMARY KEY,
    role    TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE sign_in_links;
DROP INDEX sessions_by_end;
DROP TABLE sessions;
ALTER TABLE keys DROP COLUMN role;
