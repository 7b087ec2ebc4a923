-- The foreign key asks for a child's logs when the child is removed, deleted ones too. So the index of the list holds them
-- as well, until they are removed; a second index beside it would have the planner choose that one and sort.
--
-- Reading goes on while it is built, writing waits. The old one goes at the end, so that no moment is without either.
CREATE INDEX emotion_logs_of_child ON emotion_logs (user_id, child_id, felt_at DESC, id DESC);
DROP INDEX emotion_logs_child_felt;
