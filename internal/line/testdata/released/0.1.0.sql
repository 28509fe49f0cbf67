CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE rooms (
    name     TEXT    PRIMARY KEY,
    code     TEXT    NOT NULL UNIQUE,
    language TEXT    NOT NULL,
    greeting TEXT    NOT NULL,
    closed   INTEGER NOT NULL, -- 1: the code opens nothing
    created  INTEGER NOT NULL  -- Unix time in microseconds
) STRICT;
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-11-20 12:00:00');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-11-20 12:00:00');
INSERT INTO rooms VALUES ('conference 1', '123', 'en-US', '', 0, 1795176000000000);
INSERT INTO rooms VALUES ('Ann''s tea', '0246813579', 'de-DE', 'Grüß Gott.', 1, 1795176001000000);
