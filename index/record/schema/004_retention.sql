-- What retention takes out of the archive. A hold without a query is one on all
-- of an owner's mail; its numbers grow, so that one that was placed since is
-- seen. expiring is what was shown as about to go, and under which rule.

CREATE TABLE holds (
	id     {id},
	owner  TEXT   NOT NULL,
	name   TEXT   NOT NULL,
	query  TEXT   NOT NULL,
	placer TEXT   NOT NULL,
	why    TEXT   NOT NULL,
	placed BIGINT NOT NULL
);

CREATE UNIQUE INDEX holds_name ON holds (owner, name);

CREATE TABLE expiring (
	message BIGINT NOT NULL PRIMARY KEY,
	owner   TEXT   NOT NULL,
	rule    TEXT   NOT NULL,
	shown   BIGINT NOT NULL
);

-- What expired. The receipts of such a message stay and name its number, which
-- is never given again. erased is when its bytes were; no time: not yet.

CREATE TABLE tombstones (
	id       {id},
	message  BIGINT  NOT NULL,
	owner    TEXT    NOT NULL,
	uid      TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	mailbox  TEXT    NOT NULL,
	digest   {bytes} NOT NULL,
	size     BIGINT  NOT NULL,
	received BIGINT  NOT NULL,
	rule     TEXT    NOT NULL,
	shown    BIGINT  NOT NULL,
	expired  BIGINT  NOT NULL,
	erased   BIGINT  NOT NULL
);

CREATE UNIQUE INDEX tombstones_message ON tombstones (message);

CREATE INDEX tombstones_uid ON tombstones (owner, uid);

-- Places in the segments that no row of messages names: where a message lay
-- before its bytes were written anew, and where those of a tombstone lie until
-- they are erased.

CREATE TABLE leftovers (
	message BIGINT NOT NULL,
	segment BIGINT NOT NULL,
	place   BIGINT NOT NULL,
	length  BIGINT NOT NULL,
	PRIMARY KEY (message, segment, place)
){lean};
