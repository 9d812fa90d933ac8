-- W0003. The comments say which errors are expected at the token behind them.
SELECT /* ERROR "W0003: string is not closed.*add ' where it should end" */ 'abc FROM t;
;
SELECT a FROM t /* never;/* ERROR "W0003: comment is not closed.*add \*. where it should end" */ 
;
SELECT /* ERROR "W0003: quoted name is not closed.*add ` where it should end" */ `a FROM t;
