-- W0008. The comments say which errors are expected at the token behind them.
/* ERROR "W0008: no statement begins with "foo".*statements begin with SELECT, INSERT, CREATE, EXPLAIN, SET and the like" */ foo bar;
/* ERROR "W0016: END without BEGIN STATEMENT SET.*remove it" */ END;
