-- W0011. The comments say which errors are expected at the token behind them.
SELECT a FROM t HAVING x /* ERROR "W0011: WHERE must come before HAVING" */ WHERE y;
SELECT a FROM t LIMIT 3 /* ERROR "W0011: ORDER BY must come before LIMIT and OFFSET" */ ORDER BY a;
CREATE TABLE t (a INT) WITH ('a' = 'b') /* ERROR "W0011: PARTITIONED must come before WITH" */ PARTITIONED BY (a);
CREATE TABLE t (a INT COMMENT 'x' /* ERROR "W0011: NOT is out of place.*the order is name type \[NOT NULL\] \[METADATA … \| PRIMARY KEY …\] \[COMMENT '…'\]" */ NOT NULL);
CREATE TABLE t (a INT) WITH ('a' = 'b') /* ERROR "W0011: WITH is given twice.*remove one" */ WITH ('c' = 'd');
CREATE TABLE t LIKE s /* ERROR "W0011: a table cannot have both LIKE and AS" */ AS SELECT 1;
SELECT * FROM t AS x /* ERROR "W0011: hint must stand right behind a table's name.*write t /\*\+ … \*. AS alias" */ /*+ OPTIONS('a' = 'b') */;
WITH a AS (SELECT 1) /* ERROR "W0011: INSERT cannot follow WITH.*write INSERT INTO first: INSERT INTO t WITH … SELECT …" */ INSERT INTO t SELECT * FROM a;
SELECT f(x) OVER w /* ERROR "W0011: IGNORE NULLS must stand right behind the arguments" */ IGNORE NULLS;
