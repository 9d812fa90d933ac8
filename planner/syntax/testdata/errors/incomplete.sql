-- W0013. The comments say which errors are expected at the token behind them.
SELECT a FROM t JOIN b /* ERROR "W0013: condition of the JOIN has no ON before it.*add ON here" */ c = d;
SELECT * FROM a /* ERROR "W0016: JOIN has no condition.*add ON condition or USING \(columns\), or write CROSS JOIN" */ JOIN b;
SELECT a /* ERROR "W0013: WHERE needs a FROM clause before it.*add FROM, for instance FROM \(VALUES \(1\)\) AS t \(x\)" */ WHERE b;
CREATE TABLE t (a ROW</* ERROR "W0013: field of ROW has no name.*write name INT" */ INT, STRING>, b INT);
SELECT MAP['a', 1, /* ERROR "W0016: key of MAP has no value.*write MAP\[key, value, …\]" */ 'b'];
