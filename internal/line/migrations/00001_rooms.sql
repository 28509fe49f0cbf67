-- +goose Up

-- The standing entries of the line. Codes are kept as they are keyed, so that
-- the operator can look them up; the file is readable by its owner only.
CREATE TABLE rooms (
    name     TEXT    PRIMARY KEY,
    code     TEXT    NOT NULL UNIQUE,
    language TEXT    NOT NULL,
    greeting TEXT    NOT NULL,
    closed   INTEGER NOT NULL, -- 1: the code opens nothing
    created  INTEGER NOT NULL  -- Unix time in microseconds
) STRICT;

-- Two rooms to try the line with; an operator who removes them has removed them.
INSERT INTO rooms (name, code, language, greeting, closed, created) VALUES
    ('conference 1', '123', 'en-US', '', 0, unixepoch() * 1000000),
    ('conference 2', '456', 'en-US', '', 0, unixepoch() * 1000000);
