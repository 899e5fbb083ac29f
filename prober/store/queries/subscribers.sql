-- name: installation_secret^
-- What signs links.
SELECT secret
FROM installation;

-- name: put_installation_secret!
-- Give an installation that has none its secret.
UPDATE installation
SET secret = :secret
WHERE secret IS NULL;

-- name: subscribers
-- All who asked, in the order of their asking.
SELECT id, site, address, asked_ms, next_ms, attempts, confirmed_ms, refusals
FROM subscriber
ORDER BY asked_ms, id;

-- name: subscriber^
-- One of them.
SELECT id, site, address, asked_ms, next_ms, attempts, confirmed_ms, refusals
FROM subscriber
WHERE id = :id;

-- name: unconfirmed^
-- How many of a site have not confirmed, or were asked for again; and how many of all sites have not whose mailbox is
-- that one, whatever stands behind a + in it.
SELECT coalesce(sum(site = :site), 0) + (SELECT count(*) FROM asked_again WHERE site = :site) AS total,
    coalesce(
        sum(
            :mailbox = CASE
                WHEN instr(address, '+') BETWEEN 2 AND instr(address, '@')
                    THEN substr(address, 1, instr(address, '+') - 1) || substr(address, instr(address, '@'))
                ELSE address
            END
        ),
        0
    ) AS same
FROM subscriber
WHERE confirmed_ms IS NULL;

-- name: add_asked_again!
-- Somebody asked for a mailbox of whom nothing is to come.
INSERT INTO asked_again (site, at_ms)
VALUES (:site, :at_ms);

-- name: drop_asked_again!
-- That was long ago, or in a time that is not yet.
DELETE FROM asked_again
WHERE at_ms NOT BETWEEN :before_ms AND :after_ms;

-- name: add_subscriber!
-- Somebody asks for a mailbox; one that is known already stays as it is.
INSERT INTO subscriber (id, site, address, asked_ms, next_ms)
VALUES (:id, :site, :address, :at_ms, :at_ms)
ON CONFLICT DO NOTHING;

-- name: unasked
-- Mailboxes of these sites that are to be asked now, oldest first; whoever waits for too long has had a clock set back.
SELECT id, site, address, asked_ms, next_ms, attempts, confirmed_ms, refusals
FROM subscriber
WHERE confirmed_ms IS NULL
    AND (next_ms <= :now_ms OR next_ms > :now_ms + :longest_ms)
    AND site IN (
        SELECT value
        FROM json_each(:sites)
    )
ORDER BY next_ms, id
LIMIT :limit;

-- name: asked_subscriber!
-- A mailbox has been asked, or could not be.
UPDATE subscriber
SET next_ms = :next_ms, attempts = attempts + 1
WHERE id = :id;

-- name: confirm_subscriber!
-- Its owner confirms; once is enough.
UPDATE subscriber
SET confirmed_ms = :at_ms, next_ms = NULL
WHERE id = :id
    AND confirmed_ms IS NULL;

-- name: drop_subscriber!
-- A subscriber leaves.
DELETE FROM subscriber
WHERE id = :id;

-- name: drop_mailed_of!
-- A subscriber who left has had nothing.
DELETE FROM mailed
WHERE subscriber = :id;

-- name: drop_unconfirmed!
-- Whoever has not confirmed in time is forgotten, and whoever has asked in a time that is not yet.
DELETE FROM subscriber
WHERE confirmed_ms IS NULL
    AND asked_ms NOT BETWEEN :before_ms AND :after_ms;

-- name: to_mail
-- Who is to have a notice and does not yet: those who had confirmed when it was owed, or by a clock that was set back.
SELECT id, site, address, asked_ms, next_ms, attempts, confirmed_ms, refusals
FROM subscriber
WHERE site = :site
    AND (confirmed_ms <= :owed_ms OR confirmed_ms > :now_ms)
    AND NOT EXISTS (
        SELECT 1
        FROM mailed
        WHERE mailed.notice = :notice
            AND mailed.subscriber = subscriber.id
    )
ORDER BY confirmed_ms, id;

-- name: has_mailed^
-- Whether anybody has a notice.
SELECT EXISTS (
    SELECT 1
    FROM mailed
    WHERE notice = :notice
        AND next_ms IS NULL
) AS has_any;

-- name: add_mailed!
-- A subscriber has a notice.
INSERT INTO mailed (notice, subscriber, at_ms)
VALUES (:notice, :subscriber, :at_ms)
ON CONFLICT DO UPDATE
SET next_ms = NULL;

-- name: put_off!
-- A subscriber is to have a notice later.
INSERT INTO mailed (notice, subscriber, at_ms, next_ms)
VALUES (:notice, :subscriber, :at_ms, :next_ms)
ON CONFLICT DO UPDATE
SET next_ms = excluded.next_ms, attempts = attempts + 1;

-- name: waiting
-- Who waits for another notice of a stream of a channel.
SELECT DISTINCT mailed.subscriber
FROM mailed
JOIN notice ON notice.id = mailed.notice
WHERE mailed.next_ms IS NOT NULL
    AND notice.channel = :channel
    AND notice.stream = :stream
    AND notice.id <> :notice;

-- name: mailed_later
-- What is to be tried again now: for each subscriber the first notice of each stream.
SELECT mailed.subscriber, mailed.at_ms AS since_ms, mailed.attempts AS tries, notice.id, notice.seq,
    notice.subscription, notice.channel, notice.reason, notice.at_ms, notice.site, notice.stream, notice.content,
    (SELECT count(*) FROM notice AS other WHERE other.told_by = notice.id) AS tells
FROM mailed
JOIN notice ON notice.id = mailed.notice
JOIN subscriber ON subscriber.id = mailed.subscriber
WHERE (mailed.next_ms <= :now_ms OR mailed.next_ms > :now_ms + :longest_ms)
    AND notice.channel = :channel
    AND NOT EXISTS (
        SELECT 1
        FROM mailed AS other
        JOIN notice AS earlier ON earlier.id = other.notice
        WHERE other.subscriber = mailed.subscriber
            AND other.next_ms IS NOT NULL
            AND earlier.channel = notice.channel
            AND earlier.stream = notice.stream
            AND (earlier.seq, earlier.item) < (notice.seq, notice.item)
    )
ORDER BY mailed.next_ms, notice.seq, notice.item
LIMIT :limit;

-- name: count_refusals!
-- There is such a mailbox, or on one day more there is not.
UPDATE subscriber
SET refusals = CASE
        WHEN NOT :is_refused THEN 0
        WHEN refused_ms > :at_ms - :day_ms THEN refusals
        ELSE refusals + 1
    END,
    refused_ms = CASE
        WHEN NOT :is_refused THEN NULL
        WHEN refused_ms > :at_ms - :day_ms THEN refused_ms
        ELSE :at_ms
    END
WHERE id = :id;

-- name: drop_refused!
-- A mailbox that was not there so often in a row is let go.
DELETE FROM subscriber
WHERE id = :id
    AND refusals >= :most;

-- name: drop_mailed!
-- It has been delivered: if it is sent again, then to all.
DELETE FROM mailed
WHERE notice = :notice
    AND next_ms IS NULL;

-- name: drop_old_mailed!
-- Nobody waits for these any more.
DELETE FROM mailed
WHERE at_ms < :before_ms;

-- name: subscribers_by_site
-- How many have confirmed.
SELECT site, count(*) AS total
FROM subscriber
WHERE confirmed_ms IS NOT NULL
GROUP BY site;
