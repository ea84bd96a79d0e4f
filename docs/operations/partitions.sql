-- Partitions the days and the assignments of ToGo by person, on one PostgreSQL: the keys and statements that a database
-- with shards needs. Run it in one transaction while no ToGo runs: docs/scaling.md, "Shards by person".

ALTER TABLE togo_dailylimit RENAME TO whole_dailylimit;
ALTER TABLE togo_assignment RENAME TO whole_assignment;

CREATE TABLE togo_dailylimit (LIKE whole_dailylimit INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS)
    PARTITION BY HASH (user_id);
CREATE TABLE togo_assignment (LIKE whole_assignment INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS)
    PARTITION BY HASH (user_id);
DO $$ BEGIN
    FOR number IN 0..3 LOOP
        EXECUTE format('CREATE TABLE togo_dailylimit_%s PARTITION OF togo_dailylimit '
            'FOR VALUES WITH (MODULUS 4, REMAINDER %s)', number, number);
        EXECUTE format('CREATE TABLE togo_assignment_%s PARTITION OF togo_assignment '
            'FOR VALUES WITH (MODULUS 4, REMAINDER %s)', number, number);
    END LOOP;
END $$;

INSERT INTO togo_dailylimit OVERRIDING SYSTEM VALUE SELECT * FROM whole_dailylimit;
INSERT INTO togo_assignment OVERRIDING SYSTEM VALUE SELECT * FROM whole_assignment;
SELECT setval(pg_get_serial_sequence('togo_dailylimit', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM togo_dailylimit));
SELECT setval(pg_get_serial_sequence('togo_assignment', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM togo_assignment));
-- The foreign keys to the old tables go with them: from assignments, and from the entries that wait for a day.
DROP TABLE whole_assignment;
DROP TABLE whole_dailylimit CASCADE;

-- Every unique key holds the person.
ALTER TABLE togo_dailylimit
    ADD PRIMARY KEY (user_id, id),
    ADD CONSTRAINT togo_limit_user_date UNIQUE (user_id, date),
    ADD FOREIGN KEY (user_id) REFERENCES togo_user (id);
CREATE INDEX togo_limit_date_version ON togo_dailylimit (date, rules_version);
CREATE INDEX togo_limit_date_user ON togo_dailylimit (date, user_id);
CREATE INDEX togo_limit_date_room ON togo_dailylimit (date, (maximum - taken) DESC, user_id);

ALTER TABLE togo_assignment
    ALTER COLUMN user_id SET NOT NULL,
    ADD PRIMARY KEY (user_id, id),
    ADD CONSTRAINT togo_assignment_day_task UNIQUE (user_id, daily_limit_id, task_id),
    ADD CONSTRAINT togo_assignment_day_user FOREIGN KEY (daily_limit_id, user_id)
        REFERENCES togo_dailylimit (id, user_id),
    ADD FOREIGN KEY (task_id) REFERENCES togo_task (id),
    ADD FOREIGN KEY (taskmaster_id) REFERENCES togo_user (id);
CREATE INDEX togo_assignment_id ON togo_assignment (id);
CREATE INDEX togo_assignment_day ON togo_assignment (daily_limit_id);
CREATE INDEX togo_assignment_task ON togo_assignment (task_id);
CREATE INDEX togo_assignment_taskmaster ON togo_assignment (taskmaster_id);
CREATE INDEX togo_assignment_created ON togo_assignment (created_at, id);
CREATE INDEX togo_assignment_user_created ON togo_assignment (user_id, created_at, id);
