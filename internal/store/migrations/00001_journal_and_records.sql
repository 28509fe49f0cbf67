-- +goose Up

-- The journal: one row per event, in the order in which the facts became true.
-- The newest row is never deleted: positions go on from it.
CREATE TABLE events (
    pos      INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    at       INTEGER NOT NULL, -- Unix time in microseconds, as all times here
    callback INTEGER NOT NULL, -- 1: somebody asked to be told
    body     TEXT    NOT NULL  -- contract.Event in JSON
) STRICT;
CREATE INDEX events_by_stream ON events (stream, pos);
CREATE INDEX events_with_callback ON events (pos) WHERE callback = 1;

-- What the journal last said of each call: columns to look for it by, and the
-- whole snapshot.
CREATE TABLE calls (
    sid        TEXT    PRIMARY KEY,
    account    TEXT    NOT NULL,
    parent     TEXT    NOT NULL,
    from_      TEXT    NOT NULL,
    to_        TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    live       INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    ended      INTEGER,
    updated    INTEGER NOT NULL,
    body       TEXT    NOT NULL -- contract.CallInfo in JSON
) STRICT;
CREATE INDEX calls_by_time ON calls (account, created);
CREATE INDEX calls_by_parent ON calls (parent) WHERE parent <> '';
CREATE INDEX calls_live ON calls (created) WHERE live = 1;

CREATE TABLE conferences (
    sid           TEXT    PRIMARY KEY,
    account       TEXT    NOT NULL,
    friendly_name TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    live          INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    body          TEXT    NOT NULL -- contract.ConferenceInfo in JSON
) STRICT;
CREATE INDEX conferences_by_time ON conferences (account, created);
CREATE INDEX conferences_by_name ON conferences (account, friendly_name, created);
CREATE INDEX conferences_live ON conferences (created) WHERE live = 1;

CREATE TABLE participants (
    conference TEXT    NOT NULL REFERENCES conferences (sid) ON DELETE CASCADE,
    call       TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    live       INTEGER NOT NULL, -- 0: has left
    joined     INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    body       TEXT    NOT NULL, -- contract.ParticipantInfo in JSON
    PRIMARY KEY (conference, call)
) STRICT;
CREATE INDEX participants_by_call ON participants (call);

-- Notices: on calls, and on callbacks that were given up. A position has at
-- most one of each code, so that writing it again changes nothing.
CREATE TABLE warnings (
    pos     INTEGER NOT NULL, -- the event that it is, or is about
    code    INTEGER NOT NULL,
    stream  TEXT    NOT NULL,
    call    TEXT    NOT NULL, -- '' when it concerns no call
    at      INTEGER NOT NULL,
    message TEXT    NOT NULL,
    url     TEXT    NOT NULL,
    PRIMARY KEY (pos, code)
) STRICT;
CREATE INDEX warnings_by_call ON warnings (call, pos) WHERE call <> '';

-- How far delivery has come: per stream, and under '' for all of them.
CREATE TABLE cursors (
    stream TEXT    PRIMARY KEY,
    pos    INTEGER NOT NULL
) STRICT;

-- Callbacks set aside to be tried again later, while their stream goes on.
CREATE TABLE parked (
    pos      INTEGER PRIMARY KEY REFERENCES events (pos),
    stream   TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    code     INTEGER NOT NULL, -- why the last attempt failed
    message  TEXT    NOT NULL
) STRICT;
CREATE INDEX parked_by_time ON parked (next_at);

-- Incoming numbers and the applications that own them. key is the number in
-- normal form, by which it is looked up.
CREATE TABLE numbers (
    sid             TEXT    PRIMARY KEY,
    key             TEXT    NOT NULL UNIQUE,
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

-- +goose Down
DROP TABLE numbers;
DROP TABLE parked;
DROP TABLE cursors;
DROP TABLE warnings;
DROP TABLE participants;
DROP TABLE conferences;
DROP TABLE calls;
DROP TABLE events;
