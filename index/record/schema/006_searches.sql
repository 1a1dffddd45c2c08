-- Searches that people gave a name, in their own words: spans of time such as 2w
-- count from the day they are asked.

CREATE TABLE searches (
	owner TEXT   NOT NULL,
	name  TEXT   NOT NULL,
	query TEXT   NOT NULL,
	saved BIGINT NOT NULL,
	PRIMARY KEY (owner, name)
){lean};
