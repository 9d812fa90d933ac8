-- Average closing price of a category.
CREATE TABLE q4 (category BIGINT, final BIGINT) WITH ('connector' = 'blackhole');

INSERT INTO q4
SELECT category, AVG(final) AS final
FROM (
  SELECT MAX(b.price) AS final, a.category
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
)
GROUP BY category;
