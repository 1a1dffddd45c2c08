-- What POP3 sends of a message whose header is made ASCII, in octets: 0 where it is
-- ASCII as it is, and for mail from before this column, whose bytes stay the same.

ALTER TABLE messages ADD COLUMN plain BIGINT NOT NULL DEFAULT 0;

CREATE INDEX messages_plain ON messages (owner, id, plain) WHERE plain <> 0;
