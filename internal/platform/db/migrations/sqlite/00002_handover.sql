-- Whom a case was handed over to stands with the reason, so that the timeline
-- can say so without another question.

-- +goose Up
ALTER TABLE messages ADD COLUMN to_team BLOB;
ALTER TABLE messages ADD COLUMN to_owner BLOB;
