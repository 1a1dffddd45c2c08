-- What came since a day, and what became of it, without looking at all messages:
-- the index holds all that the count of a month reads. It is by the day, so that no
-- question about a moment takes it for a short way.

CREATE INDEX messages_day ON messages (owner, (received / 86400000000000), received, class, id);
