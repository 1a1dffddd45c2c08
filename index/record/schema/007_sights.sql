-- What a saved search has found, since when, so that it stays in the search's
-- mailbox and in its place there. Which stands for what the search asked then.

CREATE TABLE sights (
	owner   TEXT   NOT NULL,
	name    TEXT   NOT NULL,
	message BIGINT NOT NULL,
	which   TEXT   NOT NULL,
	seen    BIGINT NOT NULL,
	PRIMARY KEY (owner, name, message)
){lean};

CREATE INDEX sights_message ON sights (message);
