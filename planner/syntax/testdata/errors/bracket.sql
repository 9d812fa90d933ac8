-- W0005. The comments say which errors are expected at the token behind them.
/* ERROR "W0005: "\)" closes nothing.*remove it" */ );
SELECT (a + b /* ERROR "W0005: expected "\)", found "FROM".*expected "," or "\)"" */ FROM t;
SELECT a + b/* ERROR "W0005: "\)" closes nothing.*remove it" */ ) FROM t;
SELECT f(a, b /* ERROR "W0005: expected "\)", found "FROM".*expected ",", ORDER or "\)"" */ FROM t WHERE c = 1;
SELECT a[1 /* ERROR "W0005: expected "\]", found "FROM"" */ FROM t;
SELECT count(* /* ERROR "W0005: expected "\)", found "FROM"" */ FROM t;
SELECT CASE WHEN a THEN b /* ERROR "W0005: expected END of CASE, found "FROM"" */ FROM t;
SELECT * FROM /* ERROR "W0005: "\(" is not closed.*add \) before the end of the statement" */ (SELECT 1;
SELECT * FROM TUMBLE/* ERROR "W0005: "\(" is not closed.*add \) before the end of the statement" */ (t, DESCRIPTOR(ts), INTERVAL '1' DAY;
CREATE TABLE t (a INT, b STRING /* ERROR "W0005: expected "\)", found "WITH".*expected NULL, NOT, METADATA, CONSTRAINT, PRIMARY, UNIQUE, COMMENT, "," or "\)"" */ WITH ('a' = 'b');
CREATE TABLE t (a ARRAY<INT/* ERROR "W0005: expected ">", found ","" */ , b STRING);
INSERT INTO t VALUES (1, 2), /* ERROR "W0005: "\(" is not closed.*add \) before the end of the statement" */ (3, 4;
EXECUTE STATEMENT SET /* ERROR "W0005: statement set has no END.*add END; behind the last INSERT" */ BEGIN INSERT INTO a SELECT 1;;
SELECT a FROM t WHERE /* ERROR "W0005: "\(" is not closed.*add \) before the end of the statement" */ (a = 1 AND (b = 2 OR c = 3);
SELECT f(*/* ERROR "W0005: expected "\)", found ","" */ , 1) FROM t;
