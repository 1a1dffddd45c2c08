-- Frozen: databases in the field were made by it. A change is a new file.
--
-- Times are Unix nanoseconds; the smallest number is no time. Bytes that come
-- from outside (UIDLs, header blocks, tags) are stored as bytes: PostgreSQL
-- refuses text that is not UTF-8, and mail is not. Listed is 0 for what its
-- owner deleted, 1 for what a maildrop shows, 2 for the archive only.

CREATE TABLE owners (
	name   TEXT   NOT NULL PRIMARY KEY,
	change BIGINT NOT NULL,
	lesson BIGINT NOT NULL
){lean};

CREATE TABLE messages (
	id       {id},
	owner    TEXT             NOT NULL,
	uid      TEXT             NOT NULL,
	account  TEXT             NOT NULL,
	imported BIGINT           NOT NULL,
	mailbox  TEXT             NOT NULL,
	digest   {bytes}          NOT NULL,
	segment  BIGINT           NOT NULL,
	place    BIGINT           NOT NULL,
	length   BIGINT           NOT NULL,
	size     BIGINT           NOT NULL,
	served   BIGINT           NOT NULL,
	received BIGINT           NOT NULL,
	class    BIGINT           NOT NULL,
	score    DOUBLE PRECISION NOT NULL,
	added    {bytes}          NOT NULL,
	tag      {bytes}          NOT NULL,
	reasons  TEXT             NOT NULL,
	listed   BIGINT           NOT NULL
);

CREATE UNIQUE INDEX messages_uid ON messages (owner, uid);

CREATE INDEX messages_digest ON messages (owner, digest);

CREATE INDEX messages_listed ON messages (owner, mailbox, id, uid, served) WHERE listed = 1;

CREATE TABLE receipts (
	account TEXT    NOT NULL,
	uid     {bytes} NOT NULL,
	message BIGINT  NOT NULL,
	taken   BIGINT  NOT NULL,
	size    BIGINT  NOT NULL,
	head    BIGINT  NOT NULL,
	PRIMARY KEY (account, uid)
){lean};

CREATE TABLE changes (
	owner   TEXT   NOT NULL,
	number  BIGINT NOT NULL,
	kind    BIGINT NOT NULL,
	message BIGINT NOT NULL,
	PRIMARY KEY (owner, number)
){lean};

CREATE TABLE lessons (
	owner   TEXT    NOT NULL,
	number  BIGINT  NOT NULL,
	digest  {bytes} NOT NULL,
	was     BIGINT  NOT NULL,
	became  BIGINT  NOT NULL,
	taught  BIGINT  NOT NULL,
	change  {bytes} NOT NULL,
	PRIMARY KEY (owner, number)
);

CREATE INDEX lessons_digest ON lessons (owner, digest, number);

CREATE TABLE models (
	owner    TEXT    NOT NULL PRIMARY KEY,
	upto     BIGINT  NOT NULL,
	snapshot {bytes} NOT NULL
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

INSERT INTO state (segment, place, identity) VALUES (0, 0, '');
