-- Whom owners allow and block: addresses, and domains with all below them, in the
-- form that the filter compares.

CREATE TABLE senders (
	owner   TEXT   NOT NULL,
	name    TEXT   NOT NULL,
	blocked BIGINT NOT NULL,
	since   BIGINT NOT NULL,
	PRIMARY KEY (owner, name)
){lean};
