-- By what a lesson was taught and from where, which earlier lesson it takes
-- back, and which it teaches again. A lesson that took one back stands behind
-- what it took back, in the same commit as what replaced it.

ALTER TABLE lessons ADD COLUMN means BIGINT NOT NULL DEFAULT 0;

ALTER TABLE lessons ADD COLUMN source TEXT NOT NULL DEFAULT '';

ALTER TABLE lessons ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0;

ALTER TABLE lessons ADD COLUMN again BIGINT NOT NULL DEFAULT 0;

UPDATE lessons SET undoes = COALESCE((SELECT MAX(b.number) FROM lessons b
	WHERE b.owner = lessons.owner AND b.digest = lessons.digest AND b.number < lessons.number), 0)
	WHERE became = 0;

CREATE INDEX lessons_undoes ON lessons (owner, undoes) WHERE undoes > 0;

-- What a lesson did to a message: how it was before, and where it went.
CREATE TABLE moved (
	owner   TEXT   NOT NULL,
	number  BIGINT NOT NULL,
	message BIGINT NOT NULL,
	class   BIGINT NOT NULL,
	listed  BIGINT NOT NULL,
	mailbox TEXT   NOT NULL,
	went    TEXT   NOT NULL,
	PRIMARY KEY (owner, number, message)
){lean};
