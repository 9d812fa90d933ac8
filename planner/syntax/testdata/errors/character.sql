-- W0004. The comments say which errors are expected at the token behind them.
SELECT /* ERROR "W0004: character '‘' has no meaning here.*write strings in straight single quotes: 'text'" */ ‘a/* ERROR "W0004: character '’' has no meaning here.*write strings in straight single quotes: 'text'" */ ’ FROM t;
