CREATE TABLE "all" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "key" VARCHAR NOT NULL,
    "flag" BOOLEAN NOT NULL,
    "i8" TINYINT NOT NULL CHECK ("i8" >= -5) CHECK ("i8" <= 5),
    "i16" SMALLINT NOT NULL,
    "i32" INTEGER NOT NULL,
    "i64" BIGINT NOT NULL,
    "u8" UTINYINT NOT NULL,
    "u16" USMALLINT NOT NULL,
    "u32" UINTEGER NOT NULL,
    "u64" UBIGINT NOT NULL,
    "f32" FLOAT NOT NULL,
    "price" DOUBLE NOT NULL CHECK ("price" > 1e-1),
    "text" VARCHAR NOT NULL CHECK (length("text") >= 1) CHECK (length("text") <= 12) CHECK (regexp_matches("text", '^[A-Z.]+$')) USING COMPRESSION uncompressed,
    "letters" VARCHAR NOT NULL,
    "bytes" BLOB NOT NULL CHECK (octet_length("bytes") <= 16),
    "date" DATE NOT NULL,
    "time" TIME NOT NULL,
    "utc" TIMESTAMP WITH TIME ZONE NOT NULL,
    "local" TIMESTAMP NOT NULL,
    "delta" INTERVAL NOT NULL,
    "uuid" UUID NOT NULL,
    "decimal" DECIMAL(38, 9) NOT NULL CHECK ("decimal" >= 0),
    "side" VARCHAR NOT NULL CHECK ("side" IN ('it''s a buy', 'Sell')),
    "level" BIGINT NOT NULL CHECK ("level" IN (1, 2)),
    "venue.mic" VARCHAR NOT NULL CHECK (length("venue.mic") >= 4) CHECK (length("venue.mic") <= 4) USING COMPRESSION uncompressed,
    "venue.country" VARCHAR,
    "elsewhere.mic" VARCHAR CHECK (length("elsewhere.mic") >= 4) CHECK (length("elsewhere.mic") <= 4),
    "elsewhere.country" VARCHAR,
    "list" STRUCT("mic" VARCHAR, "country" VARCHAR)[] NOT NULL CHECK (len("list") >= 1),
    "array" UTINYINT[] NOT NULL CHECK (len("array") = 3),
    "tags" MAP(VARCHAR, DOUBLE) NOT NULL,
    "any" JSON NOT NULL,
    "key_2" BIGINT,
    "Price_2" BIGINT NOT NULL,
    "a ""name""" BIGINT NOT NULL,
    PRIMARY KEY ("text", "venue.mic")
);
COMMENT ON TABLE "all" IS 'It''s everything.

The latest record of everything for each text, venue.mic';
COMMENT ON COLUMN "all"."id" IS 'The record''s id';
COMMENT ON COLUMN "all"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "all"."key" IS 'The key of the basket';
COMMENT ON COLUMN "all"."letters" IS 'Letters of any script.';
COMMENT ON COLUMN "all"."venue.mic" IS 'Its "MIC".';
COMMENT ON COLUMN "all"."elsewhere.mic" IS 'Its "MIC".';

CREATE TABLE "ALL_2" (
    "id" VARCHAR NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "key" VARCHAR NOT NULL,
    "flag" BOOLEAN NOT NULL,
    "i8" TINYINT NOT NULL CHECK ("i8" >= -5) CHECK ("i8" <= 5),
    "i16" SMALLINT NOT NULL,
    "i32" INTEGER NOT NULL,
    "i64" BIGINT NOT NULL,
    "u8" UTINYINT NOT NULL,
    "u16" USMALLINT NOT NULL,
    "u32" UINTEGER NOT NULL,
    "u64" UBIGINT NOT NULL,
    "f32" FLOAT NOT NULL,
    "price" DOUBLE NOT NULL CHECK ("price" > 1e-1),
    "text" VARCHAR NOT NULL CHECK (length("text") >= 1) CHECK (length("text") <= 12) CHECK (regexp_matches("text", '^[A-Z.]+$')),
    "letters" VARCHAR NOT NULL,
    "bytes" BLOB NOT NULL CHECK (octet_length("bytes") <= 16),
    "date" DATE NOT NULL,
    "time" TIME NOT NULL,
    "utc" TIMESTAMP WITH TIME ZONE NOT NULL,
    "local" TIMESTAMP NOT NULL,
    "delta" INTERVAL NOT NULL,
    "uuid" UUID NOT NULL,
    "decimal" DECIMAL(38, 9) NOT NULL CHECK ("decimal" >= 0),
    "side" VARCHAR NOT NULL CHECK ("side" IN ('it''s a buy', 'Sell')),
    "level" BIGINT NOT NULL CHECK ("level" IN (1, 2)),
    "venue.mic" VARCHAR NOT NULL CHECK (length("venue.mic") >= 4) CHECK (length("venue.mic") <= 4),
    "venue.country" VARCHAR,
    "elsewhere.mic" VARCHAR CHECK (length("elsewhere.mic") >= 4) CHECK (length("elsewhere.mic") <= 4),
    "elsewhere.country" VARCHAR,
    "list" STRUCT("mic" VARCHAR, "country" VARCHAR)[] NOT NULL CHECK (len("list") >= 1),
    "array" UTINYINT[] NOT NULL CHECK (len("array") = 3),
    "tags" MAP(VARCHAR, DOUBLE) NOT NULL,
    "any" JSON NOT NULL,
    "key_2" BIGINT,
    "Price_2" BIGINT NOT NULL,
    "a ""name""" BIGINT NOT NULL
);
COMMENT ON TABLE "ALL_2" IS 'It''s everything.

The latest record of everything for each elsewhere.country (no primary key, since parts of it may be null)';
COMMENT ON COLUMN "ALL_2"."id" IS 'The record''s id';
COMMENT ON COLUMN "ALL_2"."timestamp" IS 'When it ticked, engine time in UTC';
COMMENT ON COLUMN "ALL_2"."key" IS 'The key of the basket';
COMMENT ON COLUMN "ALL_2"."letters" IS 'Letters of any script.';
COMMENT ON COLUMN "ALL_2"."venue.mic" IS 'Its "MIC".';
COMMENT ON COLUMN "ALL_2"."elsewhere.mic" IS 'Its "MIC".';
