-- +goose Up

-- What is known of the account beside its credentials, which stand in a file.
CREATE TABLE accounts (
    sid           TEXT    PRIMARY KEY,
    friendly_name TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE accounts;
