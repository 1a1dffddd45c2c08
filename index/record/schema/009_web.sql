-- Who is signed in to the pages, by the SHA-256 of what the browser's cookie holds.

CREATE TABLE web_sessions (
	id     {id},
	owner  TEXT    NOT NULL,
	secret {bytes} NOT NULL,
	agent  TEXT    NOT NULL,
	remote TEXT    NOT NULL,
	made   BIGINT  NOT NULL,
	seen   BIGINT  NOT NULL
);

CREATE UNIQUE INDEX web_sessions_secret ON web_sessions (secret);

CREATE INDEX web_sessions_owner ON web_sessions (owner);

-- Second factors: the key that an owner's program shares with us (RFC 6238), and
-- the last step of time whose code was taken, so that none is taken twice.

CREATE TABLE factors (
	owner  TEXT    NOT NULL PRIMARY KEY,
	secret {bytes} NOT NULL,
	step   BIGINT  NOT NULL,
	made   BIGINT  NOT NULL
);

-- The SHA-256 of codes that stand in for a lost second factor, each once.

CREATE TABLE recovery_codes (
	owner TEXT    NOT NULL,
	code  {bytes} NOT NULL,
	PRIMARY KEY (owner, code)
){lean};

-- Tokens are ways in for programs: by the SHA-256 of the token, with the scopes that
-- it has, parted by blanks, until it expires (0: never).

CREATE TABLE tokens (
	id      {id},
	owner   TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	secret  {bytes} NOT NULL,
	scopes  TEXT    NOT NULL,
	made    BIGINT  NOT NULL,
	expires BIGINT  NOT NULL,
	used    BIGINT  NOT NULL
);

CREATE UNIQUE INDEX tokens_name ON tokens (owner, name);

CREATE UNIQUE INDEX tokens_secret ON tokens (secret);
