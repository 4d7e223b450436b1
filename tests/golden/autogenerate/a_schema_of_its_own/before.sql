CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad');
CREATE TABLE app.t (id serial PRIMARY KEY, a app.mood, b int CHECK (b > 0), c int);
CREATE TABLE app.gone (id int);
CREATE INDEX i ON app.t (c) WHERE c > 0;
CREATE SCHEMA other;
CREATE TABLE other.t (id int);
