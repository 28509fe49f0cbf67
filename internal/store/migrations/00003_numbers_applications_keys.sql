-- +goose Up

-- Addresses that numbers share.
CREATE TABLE applications (
    sid             TEXT    PRIMARY KEY,
    friendly_name   TEXT    NOT NULL,
    voice_url       TEXT    NOT NULL,
    voice_method    TEXT    NOT NULL,
    fallback_url    TEXT    NOT NULL,
    fallback_method TEXT    NOT NULL,
    status_callback TEXT    NOT NULL,
    status_method   TEXT    NOT NULL,
    created         INTEGER NOT NULL,
    updated         INTEGER NOT NULL
) STRICT;

-- A number whose application is removed has its own addresses again.
ALTER TABLE numbers ADD COLUMN application TEXT REFERENCES applications (sid) ON DELETE SET NULL;
ALTER TABLE numbers ADD COLUMN type TEXT NOT NULL DEFAULT '';
CREATE INDEX numbers_by_application ON numbers (application) WHERE application IS NOT NULL;

-- Numbers that calls may be shown as coming from.
CREATE TABLE caller_ids (
    sid           TEXT    PRIMARY KEY,
    key           TEXT    NOT NULL UNIQUE,
    friendly_name TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;

-- API keys. The secret itself is with whoever asked for the key.
CREATE TABLE keys (
    sid           TEXT    PRIMARY KEY,
    friendly_name TEXT    NOT NULL,
    digest        BLOB    NOT NULL, -- SHA-256 of the secret
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE keys;
DROP TABLE caller_ids;
DROP INDEX numbers_by_application;
ALTER TABLE numbers DROP COLUMN type;
ALTER TABLE numbers DROP COLUMN application;
DROP TABLE applications;
