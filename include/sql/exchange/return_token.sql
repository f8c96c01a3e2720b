-- purpose: let go of the lock on a fencing token.
-- reads: nothing
-- writes: nothing
-- params: token
SELECT pg_advisory_unlock(hashtextextended('effect-claimer:' || cast(:token AS bigint), 0))
