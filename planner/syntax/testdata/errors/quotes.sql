-- W0007. The comments say which errors are expected at the token behind them.
SELECT /* ERROR "W0007: text is in double quotes.*write a string in single quotes: 'abc', or a name in backticks: `abc`" */ "abc" FROM t;
SELECT a FROM t WHERE b = /* ERROR "W0007: text is in double quotes.*write a string in single quotes: 'abc', or a name in backticks: `abc`" */ "abc";
CREATE TABLE t (a INT) WITH (/* ERROR "W0007: the key of an option is in double quotes.*write strings in single quotes: 'a'" */ "a" = "b");
SELECT DATE /* ERROR "W0007: DATE literal is in double quotes.*write strings in single quotes: '2020-01-01'" */ "2020-01-01";
