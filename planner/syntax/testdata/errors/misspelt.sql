-- W0014. The comments say which errors are expected at the token behind them.
/* ERROR "W0014: "SELCT" is no keyword.*did you mean SELECT\?" */ SELCT a FROM t;
SELECT a /* ERROR "W0014: "FORM" is no keyword.*did you mean FROM\?" */ FORM t;
SELECT a, b /* ERROR "W0014: "FORM" is no keyword.*did you mean FROM\?" */ FORM t WHERE x = 1;
SELECT a FROM t /* ERROR "W0014: "WEHRE" is no keyword.*did you mean WHERE\?" */ WEHRE x = 1;
SELECT a FROM t /* ERROR "W0014: "WEHRE" is no keyword.*did you mean WHERE\?" */ WEHRE (x = 1);
SELECT a FROM t /* ERROR "W0014: "GROPU" is no keyword.*did you mean GROUP\?" */ GROPU BY a;
SELECT a FROM t GROUP BY a /* ERROR "W0014: "ODER" is no keyword.*did you mean ORDER\?" */ ODER BY b;
SELECT a FROM t /* ERROR "W0014: "JION" is no keyword.*did you mean JOIN\?" */ JION b ON c = d;
SELECT a FROM t LEFT /* ERROR "W0014: "JION" is no keyword.*did you mean JOIN\?" */ JION b ON c = d;
SELECT a IS /* ERROR "W0014: "NUL" is no keyword.*did you mean NULL\?" */ NUL FROM t;
CREATE /* ERROR "W0014: "TABEL" is no keyword.*did you mean TABLE\?" */ TABEL t (a INT);
CREATE TABLE t (a INT) /* ERROR "W0014: "WTIH" is no keyword.*did you mean WITH\?" */ WTIH ('a' = 'b');
CREATE TABLE t (a INT PRIMARY KEY NOT /* ERROR "W0014: "ENFORCE" is no keyword.*did you mean ENFORCED\?" */ ENFORCE);
INSERT INTO t (a, b) /* ERROR "W0014: "VALEUS" is no keyword.*did you mean VALUES\?" */ VALEUS (1, 2);
SHOW /* ERROR "W0014: "TABLS" is no keyword.*did you mean TABLES\?" */ TABLS;
