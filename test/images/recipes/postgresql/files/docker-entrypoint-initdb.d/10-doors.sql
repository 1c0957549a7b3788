CREATE EXTENSION pgcrypto;
CREATE TABLE door (id int PRIMARY KEY, name text NOT NULL, open boolean NOT NULL);
INSERT INTO door VALUES (1, 'outer', true), (2, 'inner', false);
