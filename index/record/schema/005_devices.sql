-- Devices are ways in with a view of their own: what it merges, in JSON, what
-- DELE means there, for how many days it lists mail (0: for ever), and of how many
-- days it was shown mail at first (-1: all). Secret is the SHA-256 of its app
-- password. A message filed as read everywhere has listed = 3.

CREATE TABLE devices (
	id        {id},
	owner     TEXT    NOT NULL,
	name      TEXT    NOT NULL,
	secret    {bytes} NOT NULL,
	mailboxes TEXT    NOT NULL,
	dele      BIGINT  NOT NULL,
	days      BIGINT  NOT NULL,
	shown     BIGINT  NOT NULL,
	made      BIGINT  NOT NULL
);

CREATE UNIQUE INDEX devices_name ON devices (owner, name);

CREATE UNIQUE INDEX devices_secret ON devices (owner, secret);

-- What a device deleted in a mailbox, and what anybody deleted in one that is no
-- place of its own, such as the archive or a month of it. Device 0 is the account's
-- own view, which has messages.listed for all other mailboxes.

CREATE TABLE hidden (
	device  BIGINT NOT NULL,
	mailbox TEXT   NOT NULL,
	message BIGINT NOT NULL,
	PRIMARY KEY (device, mailbox, message)
){lean};

CREATE INDEX hidden_message ON hidden (message);

-- Messages that a view lists again, under another UID. Home is where the message
-- hung: once it hangs elsewhere it is listed there. Behind is the last message of
-- the time, behind which it is listed.

CREATE TABLE deliveries (
	id      {id},
	owner   TEXT   NOT NULL,
	device  BIGINT NOT NULL,
	mailbox TEXT   NOT NULL,
	message BIGINT NOT NULL,
	uid     TEXT   NOT NULL,
	home    TEXT   NOT NULL,
	behind  BIGINT NOT NULL,
	made    BIGINT NOT NULL
);

CREATE UNIQUE INDEX deliveries_place ON deliveries (owner, device, mailbox, message);

CREATE UNIQUE INDEX deliveries_uid ON deliveries (owner, uid);

CREATE INDEX deliveries_message ON deliveries (message);

-- Every listing is read from one index, and from no row: an account's own by
-- listed = 1, a device's by 0 and 1, the archive's and its months' whatever it is.

DROP INDEX messages_listed;

CREATE INDEX messages_listed ON messages (owner, mailbox, listed, id, uid, served, received);
