CREATE TABLE notes (
	owner   TEXT    NOT NULL,
	account TEXT    NOT NULL,
	uid     {bytes} NOT NULL,
	kind    BIGINT  NOT NULL,
	tries   BIGINT  NOT NULL,
	since   BIGINT  NOT NULL,
	next    BIGINT  NOT NULL,
	size    BIGINT  NOT NULL,
	why     TEXT    NOT NULL,
	PRIMARY KEY (owner, account, uid)
){lean};

CREATE TABLE deletions (
	id      {id},
	owner   TEXT    NOT NULL,
	account TEXT    NOT NULL,
	uid     {bytes} NOT NULL,
	message BIGINT  NOT NULL,
	digest  {bytes} NOT NULL,
	deleted BIGINT  NOT NULL,
	state   BIGINT  NOT NULL,
	why     TEXT    NOT NULL
);

CREATE INDEX deletions_account ON deletions (owner, account, id);

CREATE INDEX deletions_uid ON deletions (owner, account, uid);

CREATE INDEX deletions_marked ON deletions (owner, account) WHERE state = 0;

CREATE TABLE standings (
	account  TEXT   NOT NULL PRIMARY KEY,
	due      BIGINT NOT NULL,
	standing TEXT   NOT NULL
){lean};

CREATE TABLE quirks (
	account TEXT   NOT NULL,
	quirk   TEXT   NOT NULL,
	strikes BIGINT NOT NULL,
	since   BIGINT NOT NULL,
	PRIMARY KEY (account, quirk)
){lean};
