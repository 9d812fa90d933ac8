-- W0006. The comments say which errors are expected at the token behind them.
SELECT a b /* ERROR "W0006: comma is missing before "c".*add a comma" */ c FROM t;
SELECT a /* ERROR "W0006: comma is missing before 'x'.*add a comma" */ 'x' FROM t;
SELECT a/* ERROR "W0006: comma has no select item after it.*remove the comma" */ , FROM t;
SELECT a,/* ERROR "W0006: two commas in a row.*remove one" */ , b FROM t;
SELECT f(a /* ERROR "W0006: comma is missing before "b".*add a comma" */ b) FROM t;
SELECT f(a/* ERROR "W0006: comma has nothing after it.*remove the comma" */ ,) FROM t;
SELECT * FROM a, b/* ERROR "W0006: comma has nothing after it.*remove the comma" */ , JOIN c ON d;
CREATE TABLE t (a INT /* ERROR "W0006: comma is missing before "b".*add a comma" */ b STRING);
CREATE TABLE t (a INT, b STRING/* ERROR "W0006: comma has nothing after it.*remove the comma" */ ,);
CREATE TABLE t (a INT) WITH ('a' = 'b' /* ERROR "W0006: comma is missing before 'c'.*add a comma" */ 'c' = 'd');
INSERT INTO t (a /* ERROR "W0006: comma is missing before "b".*add a comma" */ b) VALUES (1, 2);
SELECT a FROM t GROUP BY a, b/* ERROR "W0006: comma has nothing after it.*remove the comma" */ , HAVING c;
CREATE TABLE t (a INT) LIKE s (INCLUDING ALL/* ERROR "W0006: options of LIKE are not separated by commas.*remove the comma" */ , EXCLUDING OPTIONS);
SELECT /*+ A /* ERROR "W0006: comma is missing between hints.*add a comma" */ B */ a FROM t;
