-- A whole job as people write one: sources, views, joins, windows, sinks.
SET 'execution.runtime-mode' = 'streaming';
SET 'table.exec.mini-batch.enabled' = 'true';
SET table.exec.state.ttl = 1d;

CREATE TABLE orders ( -- what people buy
  order_id BIGINT NOT NULL,
  user_id BIGINT COMMENT 'who buys', -- may be NULL for guests
  amount DECIMAL(10, 2),
  currency CHAR(3),
  items ARRAY<ROW<sku STRING 'stock keeping unit', qty INT NOT NULL>>,
  tags MAP<STRING, STRING>,
  -- when it was written to the topic
  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  part INT METADATA VIRTUAL COMMENT 'partition',
  cents AS CAST(amount * 100 AS BIGINT) COMMENT 'in cents',
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  CONSTRAINT pk PRIMARY KEY (order_id) NOT ENFORCED
) WITH (
  'connector' = 'kafka', -- the embedded broker
  'topic' = 'orders',
  'properties.bootstrap.servers' = 'embedded',
  'format' = 'json'
  -- start from the beginning
);

CREATE TABLE users (
  id BIGINT PRIMARY KEY NOT ENFORCED, name STRING, city STRING, updated TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'data/users.csv', 'format' = 'csv');

CREATE TEMPORARY VIEW IF NOT EXISTS big_orders (order_id, user_id, amount) COMMENT 'more than a hundred' AS
SELECT order_id, user_id, amount FROM orders WHERE amount > 100 AND currency = 'EUR';

CREATE TABLE spend (
  city STRING, window_start TIMESTAMP(3), total DECIMAL(38, 2), PRIMARY KEY (city, window_start) NOT ENFORCED
) DISTRIBUTED BY HASH (city) INTO 4 BUCKETS
WITH ('connector' = 'upsert-kafka');

/* Two results, one job:
   the orders are read once. */
EXECUTE STATEMENT SET BEGIN
  -- spend per city and hour
  INSERT INTO spend
  SELECT u.city, window_start, SUM(o.amount) AS total -- in euros
  FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR)) AS o
  LEFT JOIN users FOR SYSTEM_TIME AS OF o.ts AS u ON o.user_id = u.id
  GROUP BY u.city, window_start, window_end;
  INSERT INTO top_items /*+ OPTIONS('sink.parallelism' = '1') */ (sku, n)
  WITH sold AS (
    SELECT i.sku, SUM(i.qty) AS n FROM orders CROSS JOIN UNNEST(items) AS i (sku, qty) GROUP BY i.sku
  )
  SELECT sku, n FROM (
    SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn FROM sold
  ) WHERE rn <= 10;
END;

SELECT user_id, COUNT(*) AS orders, COUNT(DISTINCT currency) FILTER (WHERE amount > 10) AS currencies
FROM big_orders
GROUP BY user_id
HAVING COUNT(*) > 1
ORDER BY orders DESC NULLS LAST
LIMIT 20;
