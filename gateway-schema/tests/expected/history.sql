CREATE TABLE "quotes" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL USING COMPRESSION uncompressed,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0),
    PRIMARY KEY ("symbol")
);
COMMENT ON TABLE "quotes" IS 'The latest record of quotes for each symbol';
COMMENT ON COLUMN "quotes"."id" IS 'The record''s id';
COMMENT ON COLUMN "quotes"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "quotes"."symbol" IS 'Ticker symbol.';

CREATE TABLE "quotes_history" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0)
);
COMMENT ON TABLE "quotes_history" IS 'The last 100 records of quotes for each symbol, no older than 3600s';
COMMENT ON COLUMN "quotes_history"."id" IS 'The record''s id';
COMMENT ON COLUMN "quotes_history"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "quotes_history"."symbol" IS 'Ticker symbol.';

CREATE TABLE "last_hour" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL USING COMPRESSION uncompressed,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0),
    PRIMARY KEY ("symbol")
);
COMMENT ON TABLE "last_hour" IS 'The latest record of quotes for each symbol';
COMMENT ON COLUMN "last_hour"."id" IS 'The record''s id';
COMMENT ON COLUMN "last_hour"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "last_hour"."symbol" IS 'Ticker symbol.';

CREATE TABLE "last_hour_history" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0)
);
COMMENT ON TABLE "last_hour_history" IS 'The records of quotes for each symbol, no older than 3600s';
COMMENT ON COLUMN "last_hour_history"."id" IS 'The record''s id';
COMMENT ON COLUMN "last_hour_history"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "last_hour_history"."symbol" IS 'Ticker symbol.';

CREATE TABLE "Quotes_2" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL USING COMPRESSION uncompressed,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0),
    PRIMARY KEY ("symbol")
);
COMMENT ON TABLE "Quotes_2" IS 'The latest record of quotes for each symbol';
COMMENT ON COLUMN "Quotes_2"."id" IS 'The record''s id';
COMMENT ON COLUMN "Quotes_2"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "Quotes_2"."symbol" IS 'Ticker symbol.';

CREATE TABLE "Quotes_history_2" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0)
);
COMMENT ON TABLE "Quotes_history_2" IS 'The last 1 records of quotes for each symbol';
COMMENT ON COLUMN "Quotes_history_2"."id" IS 'The record''s id';
COMMENT ON COLUMN "Quotes_history_2"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "Quotes_history_2"."symbol" IS 'Ticker symbol.';

CREATE TABLE "QUOTES_HISTORY_3" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "symbol" VARCHAR NOT NULL USING COMPRESSION uncompressed,
    "price" DOUBLE NOT NULL CHECK ("price" >= 0),
    PRIMARY KEY ("symbol")
);
COMMENT ON TABLE "QUOTES_HISTORY_3" IS 'The latest record of quotes for each symbol';
COMMENT ON COLUMN "QUOTES_HISTORY_3"."id" IS 'The record''s id';
COMMENT ON COLUMN "QUOTES_HISTORY_3"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "QUOTES_HISTORY_3"."symbol" IS 'Ticker symbol.';
