-- Average selling price of a seller's last 10 closed auctions and this one. Flink cannot run it: its OVER takes no
-- changes, and orders by one time column.
CREATE TABLE q6 (seller BIGINT, avg_price BIGINT) WITH ('connector' = 'blackhole');

INSERT INTO q6
SELECT seller, AVG(price) OVER (PARTITION BY seller ORDER BY `dateTime`, id ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS avg_price
FROM (
  SELECT id, seller, price, `dateTime`
  FROM (
    SELECT a.id, a.seller, b.price, b.`dateTime`,
      ROW_NUMBER() OVER (PARTITION BY a.id, a.seller ORDER BY b.price DESC, b.`dateTime`) AS place
    FROM auction AS a, bid AS b
    WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  )
  WHERE place <= 1
);
