-- What logins are proved by that send no password: keys of one password of an
-- owner's, in the form of RFC 5803, with a blank between those of several ways to
-- type it, and the secret that they belong to: the SHA-256 of the owner's stored
-- password, or that of a device. They are of no use once that is another. The row
-- without an owner has the seed of all salts.

CREATE TABLE login_keys (
	owner  TEXT    NOT NULL,
	secret {bytes} NOT NULL,
	keys   TEXT    NOT NULL,
	PRIMARY KEY (owner, secret)
){lean};
