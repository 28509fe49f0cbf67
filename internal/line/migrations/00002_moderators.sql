-- +goose Up

-- A room has a number that stays when its name changes, a second code for its
-- moderator, and limits. Name and code are as they were.
CREATE TABLE rooms_new (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT    NOT NULL UNIQUE,
    code             TEXT    NOT NULL UNIQUE,
    pin              TEXT    NOT NULL, -- of the moderator; empty: there is none
    language         TEXT    NOT NULL,
    greeting         TEXT    NOT NULL,
    closed           INTEGER NOT NULL, -- 1: neither code nor PIN opens anything
    ends             INTEGER NOT NULL, -- 1: the conference ends when the moderator leaves
    max_participants INTEGER NOT NULL, -- 0: as many as the switch lets in
    max_minutes      INTEGER NOT NULL, -- of one caller; 0: as long as the switch lets them
    created          INTEGER NOT NULL  -- Unix time in microseconds
) STRICT;

INSERT INTO rooms_new (name, code, pin, language, greeting, closed, ends, max_participants, max_minutes, created)
    SELECT name, code, '', language, greeting, closed, 0, 0, 0, created FROM rooms ORDER BY created, name;

DROP TABLE rooms;

ALTER TABLE rooms_new RENAME TO rooms;

CREATE UNIQUE INDEX rooms_by_pin ON rooms (pin) WHERE pin <> '';
