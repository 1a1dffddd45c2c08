-- A SQLite database as version 1 made it. DO NOT EDIT.

CREATE TABLE schema_version (version BIGINT NOT NULL);
INSERT INTO schema_version (version) VALUES (1);

CREATE TABLE owners (
	name   TEXT   NOT NULL PRIMARY KEY,
	change BIGINT NOT NULL,
	lesson BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE messages (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	owner    TEXT             NOT NULL,
	uid      TEXT             NOT NULL,
	account  TEXT             NOT NULL,
	imported BIGINT           NOT NULL,
	mailbox  TEXT             NOT NULL,
	digest   BLOB          NOT NULL,
	segment  BIGINT           NOT NULL,
	place    BIGINT           NOT NULL,
	length   BIGINT           NOT NULL,
	size     BIGINT           NOT NULL,
	served   BIGINT           NOT NULL,
	received BIGINT           NOT NULL,
	class    BIGINT           NOT NULL,
	score    DOUBLE PRECISION NOT NULL,
	added    BLOB          NOT NULL,
	tag      BLOB          NOT NULL,
	reasons  TEXT             NOT NULL,
	listed   BIGINT           NOT NULL
);

CREATE UNIQUE INDEX messages_uid ON messages (owner, uid);

CREATE INDEX messages_digest ON messages (owner, digest);

CREATE INDEX messages_listed ON messages (owner, mailbox, id, uid, served) WHERE listed = 1;

CREATE TABLE receipts (
	account TEXT    NOT NULL,
	uid     BLOB NOT NULL,
	message BIGINT  NOT NULL,
	taken   BIGINT  NOT NULL,
	size    BIGINT  NOT NULL,
	head    BIGINT  NOT NULL,
	PRIMARY KEY (account, uid)
) WITHOUT ROWID;

CREATE TABLE changes (
	owner   TEXT   NOT NULL,
	number  BIGINT NOT NULL,
	kind    BIGINT NOT NULL,
	message BIGINT NOT NULL,
	PRIMARY KEY (owner, number)
) WITHOUT ROWID;

CREATE TABLE lessons (
	owner   TEXT    NOT NULL,
	number  BIGINT  NOT NULL,
	digest  BLOB NOT NULL,
	was     BIGINT  NOT NULL,
	became  BIGINT  NOT NULL,
	taught  BIGINT  NOT NULL,
	change  BLOB NOT NULL,
	PRIMARY KEY (owner, number)
);

CREATE INDEX lessons_digest ON lessons (owner, digest, number);

CREATE TABLE models (
	owner    TEXT    NOT NULL PRIMARY KEY,
	upto     BIGINT  NOT NULL,
	snapshot BLOB NOT NULL
);

CREATE TABLE users (
	name     TEXT   NOT NULL PRIMARY KEY,
	password TEXT   NOT NULL,
	created  BIGINT NOT NULL
);

CREATE TABLE state (
	segment  BIGINT NOT NULL,
	place    BIGINT NOT NULL,
	identity TEXT   NOT NULL
);

INSERT INTO state (segment, place, identity) VALUES (0, 0, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');

UPDATE state SET segment = 7, place = 4096;
INSERT INTO owners VALUES ('ada', 2, 1);
INSERT INTO messages VALUES (5, 'ada', 'aaaabbbbccccdddd', 'home', 0, 'spam', x'0102030405060708091011121314151617181920212223242526272829303132', 7, 100, 3996, 9000, 9100, 1700000000123456789, 2, 0.75, x'583a20790d0a', x'5b5d', '[{"Name":"R","Weight":2.5,"Text":"t"}]', 1);
INSERT INTO receipts VALUES ('home', x'ff31', 5, 1700000000000000000, -1, -2);
INSERT INTO changes VALUES ('ada', 1, 1, 5), ('ada', 2, 2, 5);
INSERT INTO lessons VALUES ('ada', 1, x'0102030405060708091011121314151617181920212223242526272829303132', 0, 2, 1700000001000000000, x'00ff');
INSERT INTO models VALUES ('ada', 1, x'cafe');
INSERT INTO users VALUES ('ada', '$argon2id$', 1700000000000000000);
