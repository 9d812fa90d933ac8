-- Tables of the scripts in verdict/.
CREATE TABLE orders (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, status STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'here:9092', 'format' = 'json');
CREATE TABLE payments (pid BIGINT, order_id BIGINT, paid BIGINT, pt TIMESTAMP(3), WATERMARK FOR pt AS pt - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'payments', 'properties.bootstrap.servers' = 'here:9092', 'format' = 'json');
CREATE TABLE accounts (user_id BIGINT NOT NULL, tier STRING, town STRING, PRIMARY KEY (user_id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'accounts', 'properties.bootstrap.servers' = 'here:9092', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE users (user_id BIGINT, town STRING, tier STRING)
WITH ('connector' = 'filesystem', 'path' = 'users.csv', 'format' = 'csv');
CREATE TABLE by_city (city STRING, n BIGINT, total BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'blackhole');
CREATE TABLE wide (a STRING, b STRING, c STRING, d STRING) WITH ('connector' = 'blackhole');
CREATE TABLE audit (id BIGINT, status STRING) WITH ('connector' = 'blackhole');
