-- W0012. The comments say which errors are expected at the token behind them.
SELECT EXTRACT(/* ERROR "W0016: expected the unit of the EXTRACT call, found "YAER".*did you mean YEAR\?" */ YAER FROM a);
SELECT INTERVAL '1' /* ERROR "W0012: expected the unit of the interval, found "DAYZ".*did you mean DAY\?" */ DAYZ;
SELECT INTERVAL 1/* ERROR "W0012: expected the unit of the interval, found ";".*units are SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR" */ ;
SELECT /* ERROR "W0012: binary string has a character that is no hexadecimal digit" */ x'AG', /* ERROR "W0016: binary string has an odd number of hexadecimal digits" */ x'A', /* ERROR "W0012: "\\" in a U& string is not followed by four hexadecimal digits" */ U&'\00';
SELECT INTERVAL '1' YEAR /* ERROR "W0012: interval cannot go from YEAR to DAY" */ TO DAY;
SELECT U&'a' UESCAPE /* ERROR "W0012: UESCAPE needs one character that is no digit, quote or blank.*write UESCAPE '!', for instance" */ 'xx';
