-- +goose Up

-- The requests that notices are about, and what was answered. Several notices
-- may be about one; it goes with the last of them.
CREATE TABLE exchanges (
    id        TEXT PRIMARY KEY,
    method    TEXT NOT NULL,
    variables TEXT NOT NULL,
    headers   TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;
ALTER TABLE warnings ADD COLUMN exchange TEXT NOT NULL DEFAULT ''; -- '' when it is about none
CREATE INDEX warnings_by_exchange ON warnings (exchange) WHERE exchange <> '';

-- +goose StatementBegin
CREATE TRIGGER exchanges_forgotten AFTER DELETE ON warnings WHEN old.exchange <> '' BEGIN
    DELETE FROM exchanges WHERE id = old.exchange
        AND NOT EXISTS (SELECT 1 FROM warnings WHERE exchange = old.exchange AND exchange <> '');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER exchanges_forgotten;
DROP INDEX warnings_by_exchange;
ALTER TABLE warnings DROP COLUMN exchange;
DROP TABLE exchanges;
