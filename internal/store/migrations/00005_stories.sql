-- +goose Up

-- What is looked through for a text: of each call, newest first in the order of
-- the key, what it can be found by. It is narrow, for all of it may be read.
CREATE TABLE call_texts (
    created INTEGER NOT NULL,
    call    TEXT    NOT NULL,
    account TEXT    NOT NULL,
    status  TEXT    NOT NULL,
    live    INTEGER NOT NULL,
    number  TEXT    NOT NULL, -- dialled, as configured: its friendly name is looked up by it
    text    TEXT    NOT NULL, -- in lower case: SID, from, to, caller, Call-ID
    PRIMARY KEY (created, call)
) STRICT, WITHOUT ROWID;
INSERT INTO call_texts (created, call, account, status, live, number, text)
    SELECT created, sid, account, status, live, coalesce(json_extract(body, '$.Number'), ''),
        lower(sid || ' ' || from_ || ' ' || to_ || ' ' || coalesce(json_extract(body, '$.Caller'), '') || ' ' || coalesce(json_extract(body, '$.SIPCallID'), ''))
    FROM calls;

-- Calls that were refused before they became one: of a number that is not ours, at
-- a bound, without a codec that both sides have. Not in the contract's lists.
CREATE TABLE refused (
    sid  TEXT    PRIMARY KEY,
    at   INTEGER NOT NULL,
    body TEXT    NOT NULL -- contract.CallInfo in JSON
) STRICT;
CREATE INDEX refused_by_time ON refused (at);

-- What happened to a call, or to a conference, in parts, in the order of part.
CREATE TABLE stories (
    subject TEXT    NOT NULL, -- SID
    part    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    body    BLOB    NOT NULL, -- story.Part in JSON, deflated (RFC 1951)
    PRIMARY KEY (subject, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX stories_by_time ON stories (at);

-- The attempts at telling an event.
CREATE TABLE deliveries (
    pos     INTEGER NOT NULL,
    attempt INTEGER NOT NULL, -- from 1 on; of very many the last stands for those after the bound
    body    BLOB    NOT NULL, -- story.Delivery in JSON
    PRIMARY KEY (pos, attempt)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER calls_forgotten AFTER DELETE ON calls BEGIN
    DELETE FROM call_texts WHERE created = old.created AND call = old.sid;
    DELETE FROM stories WHERE subject = old.sid;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER refused_forgotten AFTER DELETE ON refused BEGIN
    DELETE FROM call_texts WHERE created = old.at AND call = old.sid;
    DELETE FROM stories WHERE subject = old.sid;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER conferences_forgotten AFTER DELETE ON conferences BEGIN
    DELETE FROM stories WHERE subject = old.sid;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_forgotten AFTER DELETE ON events BEGIN
    DELETE FROM deliveries WHERE pos = old.pos;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER events_forgotten;
DROP TRIGGER conferences_forgotten;
DROP TRIGGER refused_forgotten;
DROP TRIGGER calls_forgotten;
DROP TABLE deliveries;
DROP TABLE stories;
DROP TABLE refused;
DROP TABLE call_texts;
