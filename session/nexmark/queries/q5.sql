-- Hot items: the auctions with the most bids of the last 10 seconds, every 2 seconds.
CREATE TABLE q5 (auction BIGINT, num BIGINT) WITH ('connector' = 'blackhole');

INSERT INTO q5
SELECT bids.auction, bids.num
FROM (
  SELECT auction, COUNT(*) AS num, window_start, window_end
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end
) AS bids
JOIN (
  SELECT MAX(num) AS most, window_start, window_end
  FROM (
    SELECT COUNT(*) AS num, window_start, window_end
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end
  )
  GROUP BY window_start, window_end
) AS top
ON bids.window_start = top.window_start AND bids.window_end = top.window_end AND bids.num >= top.most;
