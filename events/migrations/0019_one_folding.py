r"""Fold texts and queries by one table of letters, and find whole words, parts and stop words.

The columns `search`, `title_folded` and `location_folded` become plain columns that triggers write.
They were generated: a generated column can be changed only by rewriting the table under a lock.
All statements here change the catalog alone; migration 0020 writes the old rows anew. The previous
version of the code works meanwhile and afterwards: the columns and `events_fold` keep their names.
"""

import json

from django.db import migrations

from core.database.operations import PostgresSQL
from events.search.folding import DENSE, LETTERS

# All signs are ASCII once letters are folded.
PARTS = {
    "@LETTERS@": json.dumps(LETTERS, ensure_ascii=False),
    "@DENSE@": f"[{DENSE}]",
    "@SIGN@": r"[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]",
    "@BETWEEN_WORDS@": r"[\x01-\x2f\x3a-\x60\x7b-\x7f]+",
    "@WORD@": r"[^\x01-\x2f\x3a-\x60\x7b-\x7f]+",
}

FUNCTIONS = r"""
-- ASCII is the usual case and needs no table. Each replacement is final: none of the new letters is
-- itself in the table.
CREATE FUNCTION events_letters(folded text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    letter text;
    plain text;
BEGIN
    IF octet_length(folded) = length(folded) THEN
        RETURN lower(folded COLLATE "C");
    END IF;
    folded := lower(normalize(folded, NFKC) COLLATE "C");
    FOR letter, plain IN
        SELECT known.letter, known.plain
        FROM (
            SELECT DISTINCT unnest(
                string_to_array(regexp_replace(folded, '[\x01-\x7f]+', '', 'g'), NULL)
            )
        ) AS present (letter), LATERAL (
            SELECT present.letter, '@LETTERS@'::jsonb
                ->> present.letter AS plain OFFSET 0
        ) AS known
        WHERE known.plain IS NOT NULL
    LOOP
        folded := replace(folded, letter, plain);
    END LOOP;
    RETURN folded;
END
$$;

CREATE OR REPLACE FUNCTION events_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(events_letters($1), '@BETWEEN_WORDS@', ' ', 'g'), ' ');

-- At one position stand the stem and the word, so phrases may mix them. Behind them come
-- `nodejs` for `node.js`, `blink 182` for `blink182`, and pairs of letters of scripts without
-- spaces, as hexadecimal code points: parsers and locales disagree about such letters.
CREATE FUNCTION events_vector(document text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    letters text := events_letters(document);
    words text;
    pairs text;
    others text;
BEGIN
    IF octet_length(letters) > length(letters) AND letters ~ '@DENSE@' THEN
        SELECT string_agg(
            'u' || lpad(to_hex(ascii(letter)), 5, '0')
                || coalesce(lpad(to_hex(ascii(following)), 5, '0'), ''),
            ' ' ORDER BY run, place
        ) INTO pairs
        FROM regexp_matches(letters, '@DENSE@+', 'g') WITH ORDINALITY AS found (runs, run),
            LATERAL (
                SELECT letter, place, lead(letter) OVER (ORDER BY place) AS following
                FROM unnest(string_to_array(runs[1], NULL))
                    WITH ORDINALITY AS each_of (letter, place)
            ) AS paired;
        letters := regexp_replace(letters, '@DENSE@+', ' ', 'g');
    END IF;
    words := btrim(regexp_replace(letters, '@BETWEEN_WORDS@', ' ', 'g'), ' ');
    SELECT string_agg(text, ' ') INTO others
    FROM (
        SELECT regexp_replace(compound[1], '@BETWEEN_WORDS@', '', 'g') AS text
        FROM regexp_matches(letters, '@WORD@(?:@SIGN@@WORD@)+', 'g') AS compound
    ) AS joined
    WHERE length(text) <= 40;
    IF words ~ '[a-z][0-9]|[0-9][a-z]' THEN
        SELECT concat_ws(' ', others, string_agg(concat_ws(' ', parts[1], parts[2]), ' '))
        INTO others
        FROM regexp_split_to_table(words, ' ') AS word,
            regexp_matches(word, '^(?:([a-z]+|[0-9]+)([a-z]+|[0-9]+))$') AS parts
        WHERE word ~ '^(?:[a-z]+[0-9]+|[0-9]+[a-z]+)$';
    END IF;
    RETURN
        (to_tsvector('english', words)::text || ' ' || to_tsvector('simple', words)::text)::tsvector
        || to_tsvector('simple', concat_ws(' ', others, pairs));
END
$$;

CREATE FUNCTION events_search(title text, location text, description text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN setweight(events_vector(title), 'A') || setweight(events_vector(location), 'C')
        || setweight(events_vector(description), 'D');

-- Nothing for an English stop word, and for what the parser takes for no word.
CREATE FUNCTION events_word_query(word text, is_beginning boolean) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    stems text[] := CASE WHEN word !~ '[0-9]' THEN ts_lexize('english_stem', word) END;
    as_typed tsquery := '';
BEGIN
    IF stems IS DISTINCT FROM '{}' THEN
        as_typed := to_tsquery('simple', quote_literal(word) || CASE
            WHEN is_beginning AND length(word) > 2 AND word !~ '^[0-9]+$' THEN ':*' ELSE ''
        END);
    END IF;
    IF numnode(as_typed) = 0 THEN
        RETURN '';
    END IF;
    RETURN quote_literal(coalesce(stems[1], word))::tsquery || as_typed;
END
$$;

-- Takes what events/search/queries.py returns. Where nothing but stop words is asked for, they are
-- looked for in titles and locations: almost every description has them.
CREATE FUNCTION events_query(query jsonb) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    alternative jsonb;
    term jsonb;
    part text;
    begins boolean;
    of_term tsquery;
    wanted tsquery;
    wanted_stops tsquery;
    unwanted tsquery;
    result tsquery := '';
    result_stops tsquery := '';
BEGIN
    FOR alternative IN SELECT jsonb_array_elements(query) LOOP
        wanted := '';
        wanted_stops := '';
        unwanted := '';
        FOR term IN SELECT jsonb_array_elements(alternative) LOOP
            begins := NOT (term -> 'is_excluded')::boolean;
            of_term := '';
            IF (term -> 'is_phrase')::boolean THEN
                SELECT string_agg(word, ' ') INTO part
                FROM jsonb_array_elements_text(term -> 'words') AS word;
                IF part IS NOT NULL THEN
                    of_term := phraseto_tsquery('english', part)
                        || phraseto_tsquery('simple', part);
                END IF;
            ELSE
                FOR part IN SELECT jsonb_array_elements_text(term -> 'words') LOOP
                    of_term := of_term && events_word_query(part, begins);
                    wanted_stops := wanted_stops
                        && to_tsquery('simple', quote_literal(part) || ':AC');
                END LOOP;
                IF term ->> 'joined' <> '' AND numnode(of_term) > 0 THEN
                    of_term := of_term || events_word_query(term ->> 'joined', begins);
                END IF;
                IF jsonb_array_length(term -> 'split') > 0 THEN
                    of_term := of_term || phraseto_tsquery(
                        'simple', concat_ws(' ', term -> 'split' ->> 0, term -> 'split' ->> 1)
                    );
                END IF;
            END IF;
            FOR part IN SELECT jsonb_array_elements_text(term -> 'runs') LOOP
                of_term := of_term && part::tsquery;
            END LOOP;
            IF begins THEN
                wanted := wanted && of_term;
            ELSE
                unwanted := unwanted && !! of_term;
            END IF;
        END LOOP;
        IF numnode(wanted) > 0 THEN
            result := result || (wanted && unwanted);
        ELSE
            result_stops := result_stops || (wanted_stops && unwanted);
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(result) > 0 THEN result ELSE result_stops END;
END
$$;

-- Restoring a dump of the data alone has no search path.
CREATE FUNCTION events_fill_search() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    NEW.title_folded := events_fold(NEW.title);
    NEW.location_folded := events_fold(NEW.location);
    NEW.search := events_search(NEW.title, NEW.location, NEW.description);
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION events_note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events_word (word)
    SELECT DISTINCT word
    FROM written, regexp_split_to_table(title_folded || ' ' || location_folded, ' ') AS word
    WHERE status = 'published' AND length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]|@DENSE@'
    ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
"""

# In one transaction, so that no row is written between the two.
COLUMNS = """
ALTER TABLE events_event
    ALTER COLUMN search DROP EXPRESSION,
    ALTER COLUMN title_folded DROP EXPRESSION,
    ALTER COLUMN location_folded DROP EXPRESSION;
CREATE TRIGGER fill_search_of_new BEFORE INSERT ON events_event
    FOR EACH ROW EXECUTE FUNCTION events_fill_search();
CREATE TRIGGER fill_search_of_changed BEFORE UPDATE ON events_event
    FOR EACH ROW
    WHEN ((OLD.title, OLD.location, OLD.description)
        IS DISTINCT FROM (NEW.title, NEW.location, NEW.description))
    EXECUTE FUNCTION events_fill_search();
"""

# Rewrites the table and builds its indexes under a lock, as before.
GENERATED_AGAIN = """
DROP TRIGGER fill_search_of_new ON events_event;
DROP TRIGGER fill_search_of_changed ON events_event;
CREATE OR REPLACE FUNCTION events_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent($1));
CREATE OR REPLACE FUNCTION events_note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events_word (word)
    SELECT DISTINCT word
    FROM written, regexp_split_to_table(
        title_folded || ' ' || location_folded, '[^[:alnum:]]+'
    ) AS word
    WHERE status = 'published' AND length(word) BETWEEN 4 AND 40
        AND word !~ '[0-9]'
    ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
DROP STATISTICS event_title_pieces_known, event_location_pieces_known;
ALTER TABLE events_event DROP COLUMN search, DROP COLUMN title_folded, DROP COLUMN location_folded;
ALTER TABLE events_event
    ADD COLUMN search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english_unaccent', title), 'A') ||
        setweight(to_tsvector('english_unaccent', location), 'C') ||
        setweight(to_tsvector('english_unaccent', description), 'D')
    ) STORED,
    ADD COLUMN title_folded text GENERATED ALWAYS AS (events_fold(title)) STORED,
    ADD COLUMN location_folded text GENERATED ALWAYS AS (events_fold(location)) STORED;
CREATE INDEX event_search ON events_event USING gin (search);
CREATE INDEX event_title_trigrams ON events_event USING gin (title_folded gin_trgm_ops)
    WHERE status = 'published' AND deleted_at IS NULL;
CREATE INDEX event_location_trigrams ON events_event USING gin (location_folded gin_trgm_ops)
    WHERE status = 'published' AND deleted_at IS NULL;
CREATE INDEX event_title_pieces ON events_event USING gin (events_pieces(title_folded))
    WHERE status = 'published' AND deleted_at IS NULL;
CREATE INDEX event_location_pieces ON events_event USING gin (events_pieces(location_folded))
    WHERE status = 'published' AND deleted_at IS NULL;
CREATE STATISTICS event_title_pieces_known ON (events_pieces(title_folded)) FROM events_event;
CREATE STATISTICS event_location_pieces_known ON (events_pieces(location_folded)) FROM events_event;
DROP FUNCTION events_fill_search();
DROP FUNCTION events_query(jsonb);
DROP FUNCTION events_word_query(text, boolean);
DROP FUNCTION events_search(text, text, text);
DROP FUNCTION events_vector(text);
DROP FUNCTION events_letters(text);
"""


def _filled(sql: str) -> str:
    for name, text in PARTS.items():
        sql = sql.replace(name, text)
    return sql


class Migration(migrations.Migration):
    dependencies = [("events", "0018_check_in_closed_at")]

    operations = [PostgresSQL(_filled(FUNCTIONS) + COLUMNS, GENERATED_AGAIN)]
