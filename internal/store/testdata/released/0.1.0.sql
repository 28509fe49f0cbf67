CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE events (
    pos      INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    at       INTEGER NOT NULL, -- Unix time in microseconds, as all times here
    callback INTEGER NOT NULL, -- 1: somebody asked to be told
    body     TEXT    NOT NULL  -- contract.Event in JSON
) STRICT;
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
CREATE TABLE cursors (
    stream TEXT    PRIMARY KEY,
    pos    INTEGER NOT NULL
) STRICT;
CREATE TABLE parked (
    pos      INTEGER PRIMARY KEY REFERENCES events (pos),
    stream   TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    code     INTEGER NOT NULL, -- why the last attempt failed
    message  TEXT    NOT NULL
) STRICT;
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
, application TEXT REFERENCES applications (sid) ON DELETE SET NULL, type TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE accounts (
    sid           TEXT    PRIMARY KEY,
    friendly_name TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;
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
CREATE TABLE caller_ids (
    sid           TEXT    PRIMARY KEY,
    key           TEXT    NOT NULL UNIQUE,
    friendly_name TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;
CREATE TABLE keys (
    sid           TEXT    PRIMARY KEY,
    friendly_name TEXT    NOT NULL,
    digest        BLOB    NOT NULL, -- SHA-256 of the secret
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_stream ON events (stream, pos);
CREATE INDEX events_with_callback ON events (pos) WHERE callback = 1;
CREATE INDEX calls_by_time ON calls (account, created);
CREATE INDEX calls_by_parent ON calls (parent) WHERE parent <> '';
CREATE INDEX calls_live ON calls (created) WHERE live = 1;
CREATE INDEX conferences_by_time ON conferences (account, created);
CREATE INDEX conferences_by_name ON conferences (account, friendly_name, created);
CREATE INDEX conferences_live ON conferences (created) WHERE live = 1;
CREATE INDEX participants_by_call ON participants (call);
CREATE INDEX warnings_by_call ON warnings (call, pos) WHERE call <> '';
CREATE INDEX parked_by_time ON parked (next_at);
CREATE INDEX numbers_by_application ON numbers (application) WHERE application IS NOT NULL;
INSERT INTO goose_db_version VALUES (1, 0, 1, '2026-11-20 12:00:00');
INSERT INTO goose_db_version VALUES (2, 1, 1, '2026-11-20 12:00:00');
INSERT INTO goose_db_version VALUES (3, 2, 1, '2026-11-20 12:00:00');
INSERT INTO goose_db_version VALUES (4, 3, 1, '2026-11-20 12:00:00');
INSERT INTO events VALUES (1, 'CA00000000000000000000000000000001', 'call-ringing', 1795176000000000, 0, '{"Type":"call-ringing","Sequence":0,"Time":"2026-11-20T12:00:00Z","Call":{"SID":"CA00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","Parent":"","Number":"+15550100","From":"+15550201","To":"+15550100","Caller":"Ann","Status":"in-progress","Direction":"inbound","Created":"2026-11-20T12:00:00Z","Answered":"2026-11-20T12:00:01Z","Ended":"0001-01-01T00:00:00Z","Cause":0,"SIPCode":0,"SIPCallID":"a1@192.0.2.20","SIPDomain":"192.0.2.1","SourceIP":"192.0.2.20","Headers":{"X-Desk":"7"}}}');
INSERT INTO events VALUES (2, 'CA00000000000000000000000000000001', 'call-warning', 1795176001000000, 0, '{"Type":"call-warning","Sequence":1,"Time":"2026-11-20T12:00:01Z","Call":{"SID":"CA00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","Parent":"","Number":"+15550100","From":"+15550201","To":"+15550100","Caller":"Ann","Status":"in-progress","Direction":"inbound","Created":"2026-11-20T12:00:00Z","Answered":"2026-11-20T12:00:01Z","Ended":"0001-01-01T00:00:00Z","Cause":0,"SIPCode":0,"SIPCallID":"a1@192.0.2.20","SIPDomain":"192.0.2.1","SourceIP":"192.0.2.20","Headers":{"X-Desk":"7"}},"Warning":{"Code":13233,"Message":"waitUrl leads nowhere","URL":"http://127.0.0.1:7000/voice"}}');
INSERT INTO events VALUES (3, 'CF00000000000000000000000000000001', 'participant-join', 1795176002000000, 1, '{"Type":"participant-join","Sequence":1,"Time":"2026-11-20T12:00:02Z","Conference":{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"init","Created":"2026-11-20T12:00:02Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"},"Participant":{"Conference":"CF00000000000000000000000000000001","Call":"CA00000000000000000000000000000001","Label":"host","Muted":true,"Hold":false,"Coaching":false,"CallToCoach":"","StartOnEnter":true,"EndOnExit":true,"Joined":"2026-11-20T12:00:02Z"},"Callback":{"URL":"http://127.0.0.1:7000/conf","Method":"POST"}}');
INSERT INTO events VALUES (4, 'CF00000000000000000000000000000001', 'announcement-fail', 1795176003000000, 1, '{"Type":"announcement-fail","Sequence":2,"Time":"2026-11-20T12:00:03Z","Conference":{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"init","Created":"2026-11-20T12:00:02Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"},"AnnounceURL":"http://127.0.0.1:7000/news","AnnounceFailure":"internal error","Callback":{"URL":"http://127.0.0.1:7000/conf","Method":"POST"}}');
INSERT INTO events VALUES (5, 'CF00000000000000000000000000000001', 'participant-leave', 1795176004000000, 1, '{"Type":"participant-leave","Sequence":3,"Time":"2026-11-20T12:00:04Z","Conference":{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"init","Created":"2026-11-20T12:00:02Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"},"Participant":{"Conference":"CF00000000000000000000000000000001","Call":"CA00000000000000000000000000000001","Label":"host","Muted":true,"Hold":false,"Coaching":false,"CallToCoach":"","StartOnEnter":true,"EndOnExit":true,"Joined":"2026-11-20T12:00:02Z"},"LeaveReason":"participant_hung_up","CallStatus":"completed","Callback":{"URL":"http://127.0.0.1:7000/conf","Method":"POST"}}');
INSERT INTO events VALUES (6, 'CF00000000000000000000000000000001', 'conference-end', 1795176005000000, 1, '{"Type":"conference-end","Sequence":4,"Time":"2026-11-20T12:00:05Z","Conference":{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"completed","Created":"2026-11-20T12:00:02Z","Started":"2026-11-20T12:00:03Z","Ended":"2026-11-20T12:00:07Z","ReasonEnded":"participant-with-end-conference-on-exit-left","CallEnding":"CA00000000000000000000000000000001","Participants":0,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"},"Participant":{"Conference":"CF00000000000000000000000000000001","Call":"CA00000000000000000000000000000001","Label":"host","Muted":true,"Hold":false,"Coaching":false,"CallToCoach":"","StartOnEnter":true,"EndOnExit":true,"Joined":"2026-11-20T12:00:02Z"},"Callback":{"URL":"http://127.0.0.1:7000/conf","Method":"POST"}}');
INSERT INTO events VALUES (7, 'CF00000000000000000000000000000001', 'participant-mute', 1795176006000000, 0, '{"Type":"participant-mute","Sequence":5,"Time":"2026-11-20T12:00:06Z","Conference":{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"completed","Created":"2026-11-20T12:00:02Z","Started":"2026-11-20T12:00:03Z","Ended":"2026-11-20T12:00:07Z","ReasonEnded":"participant-with-end-conference-on-exit-left","CallEnding":"CA00000000000000000000000000000001","Participants":0,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"}}');
INSERT INTO events VALUES (8, 'CA00000000000000000000000000000001', 'call-completed', 1795176007000000, 1, '{"Type":"call-completed","Sequence":2,"Time":"2026-11-20T12:00:07Z","Call":{"SID":"CA00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","Parent":"","Number":"+15550100","From":"+15550201","To":"+15550100","Caller":"Ann","Status":"completed","Direction":"inbound","Created":"2026-11-20T12:00:00Z","Answered":"2026-11-20T12:00:01Z","Ended":"2026-11-20T12:00:08Z","Cause":1,"SIPCode":200,"SIPCallID":"a1@192.0.2.20","SIPDomain":"192.0.2.1","SourceIP":"192.0.2.20","Headers":{"X-Desk":"7"}},"Callback":{"URL":"http://127.0.0.1:7000/status"}}');
INSERT INTO events VALUES (9, 'CA00000000000000000000000000000002', 'call-answered', 1795176008000000, 1, '{"Type":"call-answered","Sequence":0,"Time":"2026-11-20T12:00:08Z","Call":{"SID":"CA00000000000000000000000000000002","Account":"AC0123456789abcdef0123456789abcdef","Parent":"CA00000000000000000000000000000001","Number":"","From":"+15550202","To":"+15550100","Caller":"","Status":"in-progress","Direction":"inbound","Created":"2026-11-20T12:00:09Z","Answered":"2026-11-20T12:00:09Z","Ended":"0001-01-01T00:00:00Z","Cause":0,"SIPCode":0,"SIPCallID":"","SIPDomain":"","SourceIP":""},"Callback":{"URL":"http://127.0.0.1:7000/status"}}');
INSERT INTO events VALUES (10, 'CF00000000000000000000000000000002', 'participant-join', 1795176009000000, 1, '{"Type":"participant-join","Sequence":1,"Time":"2026-11-20T12:00:09Z","Conference":{"SID":"CF00000000000000000000000000000002","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"it''s cake","Status":"init","Created":"2026-11-20T12:00:10Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"end join leave"},"Participant":{"Conference":"CF00000000000000000000000000000002","Call":"CA00000000000000000000000000000002","Label":"","Muted":false,"Hold":true,"Coaching":true,"CallToCoach":"CA00000000000000000000000000000001","StartOnEnter":false,"EndOnExit":false,"Joined":"2026-11-20T12:00:10Z"},"Callback":{"URL":"http://127.0.0.1:7000/conf","Method":"POST"}}');
INSERT INTO events VALUES (11, 'CF00000000000000000000000000000002', 'participant-hold', 1795176010000000, 0, '{"Type":"participant-hold","Sequence":2,"Time":"2026-11-20T12:00:10Z","Conference":{"SID":"CF00000000000000000000000000000002","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"it''s cake","Status":"init","Created":"2026-11-20T12:00:10Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"end join leave"},"Participant":{"Conference":"CF00000000000000000000000000000002","Call":"CA00000000000000000000000000000002","Label":"","Muted":false,"Hold":true,"Coaching":true,"CallToCoach":"CA00000000000000000000000000000001","StartOnEnter":false,"EndOnExit":false,"Joined":"2026-11-20T12:00:10Z"}}');
INSERT INTO calls VALUES ('CA00000000000000000000000000000001', 'AC0123456789abcdef0123456789abcdef', '', '+15550201', '+15550100', 'completed', 0, 1795176000000000, 1795176008000000, 1795176007000000, '{"SID":"CA00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","Parent":"","Number":"+15550100","From":"+15550201","To":"+15550100","Caller":"Ann","Status":"completed","Direction":"inbound","Created":"2026-11-20T12:00:00Z","Answered":"2026-11-20T12:00:01Z","Ended":"2026-11-20T12:00:08Z","Cause":1,"SIPCode":200,"SIPCallID":"a1@192.0.2.20","SIPDomain":"192.0.2.1","SourceIP":"192.0.2.20","Headers":{"X-Desk":"7"}}');
INSERT INTO calls VALUES ('CA00000000000000000000000000000002', 'AC0123456789abcdef0123456789abcdef', 'CA00000000000000000000000000000001', '+15550202', '+15550100', 'in-progress', 1, 1795176009000000, NULL, 1795176008000000, '{"SID":"CA00000000000000000000000000000002","Account":"AC0123456789abcdef0123456789abcdef","Parent":"CA00000000000000000000000000000001","Number":"","From":"+15550202","To":"+15550100","Caller":"","Status":"in-progress","Direction":"inbound","Created":"2026-11-20T12:00:09Z","Answered":"2026-11-20T12:00:09Z","Ended":"0001-01-01T00:00:00Z","Cause":0,"SIPCode":0,"SIPCallID":"","SIPDomain":"","SourceIP":""}');
INSERT INTO conferences VALUES ('CF00000000000000000000000000000001', 'AC0123456789abcdef0123456789abcdef', 'tea', 'completed', 0, 1795176002000000, 1795176006000000, '{"SID":"CF00000000000000000000000000000001","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"tea","Status":"completed","Created":"2026-11-20T12:00:02Z","Started":"2026-11-20T12:00:03Z","Ended":"2026-11-20T12:00:07Z","ReasonEnded":"participant-with-end-conference-on-exit-left","CallEnding":"CA00000000000000000000000000000001","Participants":0,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"start end join leave announcement"}');
INSERT INTO conferences VALUES ('CF00000000000000000000000000000002', 'AC0123456789abcdef0123456789abcdef', 'it''s cake', 'init', 1, 1795176010000000, 1795176010000000, '{"SID":"CF00000000000000000000000000000002","Account":"AC0123456789abcdef0123456789abcdef","FriendlyName":"it''s cake","Status":"init","Created":"2026-11-20T12:00:10Z","Started":"0001-01-01T00:00:00Z","Ended":"0001-01-01T00:00:00Z","ReasonEnded":"","CallEnding":"","Participants":1,"CallbackURL":"http://127.0.0.1:7000/conf","CallbackMethod":"POST","CallbackEvents":"end join leave"}');
INSERT INTO participants VALUES ('CF00000000000000000000000000000001', 'CA00000000000000000000000000000001', 'host', 0, 1795176002000000, 1795176004000000, '{"Conference":"CF00000000000000000000000000000001","Call":"CA00000000000000000000000000000001","Label":"host","Muted":true,"Hold":false,"Coaching":false,"CallToCoach":"","StartOnEnter":true,"EndOnExit":true,"Joined":"2026-11-20T12:00:02Z"}');
INSERT INTO participants VALUES ('CF00000000000000000000000000000002', 'CA00000000000000000000000000000002', '', 1, 1795176010000000, 1795176010000000, '{"Conference":"CF00000000000000000000000000000002","Call":"CA00000000000000000000000000000002","Label":"","Muted":false,"Hold":true,"Coaching":true,"CallToCoach":"CA00000000000000000000000000000001","StartOnEnter":false,"EndOnExit":false,"Joined":"2026-11-20T12:00:10Z"}');
INSERT INTO warnings VALUES (2, 13233, 'CA00000000000000000000000000000001', 'CA00000000000000000000000000000001', 1795176001000000, 'waitUrl leads nowhere', 'http://127.0.0.1:7000/voice');
INSERT INTO warnings VALUES (5, 16011, 'CF00000000000000000000000000000001', 'CA00000000000000000000000000000001', 1795176070000000, 'given up after 4 attempts', 'http://127.0.0.1:7000/conf');
INSERT INTO cursors VALUES ('', 7);
INSERT INTO parked VALUES (4, 'CF00000000000000000000000000000001', 7, 9223372036854775807, 11200, 'status 503');
INSERT INTO parked VALUES (5, 'CF00000000000000000000000000000001', 4, 1795176075000000, 11205, 'connection refused');
INSERT INTO numbers VALUES ('PN00000000000000000000000000000001', '+15550100', 'Tea line', 'http://127.0.0.1:7000/voice', 'GET', 'http://127.0.0.1:7000/sorry', 'POST', 'http://127.0.0.1:7000/status', 'GET', 1795176020000000, 1795176020000000, NULL, '');
INSERT INTO numbers VALUES ('PN00000000000000000000000000000002', '+15550101', '', '', '', '', '', '', '', 1795176021000000, 1795176021000000, 'AP00000000000000000000000000000001', 'mobile');
INSERT INTO accounts VALUES ('AC0123456789abcdef0123456789abcdef', 'Ann''s account', 1795176018000000, 1795176024000000);
INSERT INTO applications VALUES ('AP00000000000000000000000000000001', 'Tea', 'http://127.0.0.1:7000/app', 'POST', 'http://127.0.0.1:7000/app-sorry', 'GET', 'http://127.0.0.1:7000/app-status', 'POST', 1795176019000000, 1795176019000000);
INSERT INTO caller_ids VALUES ('PN00000000000000000000000000000003', '+15550300', 'Office', 1795176022000000, 1795176022000000);
INSERT INTO keys VALUES ('SK00000000000000000000000000000001', 'dashboard', x'f02ae380606c48d62288560c09fd0afa283407e69fd9898e034869321740aabf', 1795176023000000, 1795176023000000);
