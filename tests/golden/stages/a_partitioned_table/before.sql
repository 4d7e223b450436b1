CREATE TABLE t (id int NOT NULL, a int, day date NOT NULL) PARTITION BY RANGE (day);
