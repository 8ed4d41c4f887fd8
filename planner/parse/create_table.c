/* CREATE TABLE, SOURCE and VIEW: takes out what PostgreSQL's grammar lacks, element by element and clause by
 * clause.
 *
 * What isn't recognised stays where it is, so that libpg_query's error names it. */
#include <string.h>
#include <strings.h>

#include "planner/parse/parser.h"

static TokenList *tokens_of(Parser *parser) {
    return &parser->dialect.list;
}

const ColumnClause *column_clause_find(const Parser *parser, int key) {
    int low = 0, high = parser->clauses.column_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (parser->clauses.columns[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < parser->clauses.column_count && parser->clauses.columns[low].key == key
               ? &parser->clauses.columns[low]
               : NULL;
}

static Status parse_watermark(Parser *parser, int first, int end) {
    SyntaxWatermark *watermark = &parser->clauses.watermark;
    TokenCursor cursor = parser_cursor(parser, first, end);
    if (parser->clauses.has_watermark) {
        error_set(parser->error, STATUS_SYNTAX_ERROR, "multiple watermarks are not allowed");
        return error_at(
            parser->error, syntax_character(tokens_of(parser)->sql, tokens_of(parser)->tokens[first].start));
    }
    parser->clauses.has_watermark = true;
    TRY(cursor_expect(&cursor, "watermark for"));
    watermark->position = tokens_of(parser)->tokens[cursor.index].start;
    TRY(cursor_identifier(&cursor, &watermark->column));
    TRY(cursor_expect(&cursor, "as"));
    if (cursor_at_end(&cursor))
        return cursor_error(&cursor);
    DialectFragment fragment = dialect_copy(&parser->dialect, cursor.index, end);
    watermark->start = fragment.start;
    watermark->length = fragment.length;
    return pg_query_expression(parser, &fragment, &watermark->expression);
}

/* AS e at token `as`, behind a column's name or type. Without a type the column gets a dummy one, which
   libpg_query needs. */
static Status rewrite_computed(Parser *parser, int as, int end, bool has_type, ColumnClause *clause) {
    TokenList *list = tokens_of(parser);
    if (as + 1 >= end)
        return syntax_error_token(list, end, parser->error);
    clause->is_computed = true;
    clause->has_type = has_type;
    clause->computed = dialect_copy(&parser->dialect, as + 1, end);
    dialect_blank(&parser->dialect, as, end);
    if (!has_type)
        list->text[list->tokens[as].start] = 'x';
    return OK;
}

static Status rewrite_metadata(Parser *parser, int index, int end, ColumnClause *clause) {
    TokenCursor cursor = parser_cursor(parser, index, end);
    TRY(cursor_expect(&cursor, "metadata"));
    if (cursor_accept(&cursor, "from"))
        TRY(cursor_string(&cursor, &clause->metadata_key));
    cursor_accept(&cursor, "virtual");
    clause->is_metadata = true;
    dialect_blank(&parser->dialect, index, cursor.index);
    return OK;
}

/* Rewrites the column or constraint in tokens [first, end); *is_kept says whether anything stays for
   libpg_query. */
static Status rewrite_element(Parser *parser, int first, int end, bool *is_kept) {
    TokenList *list = tokens_of(parser);
    *is_kept = true;
    if (token_is(list, first, "watermark") && token_is(list, first + 1, "for")) {
        *is_kept = false;
        TRY(parse_watermark(parser, first, end));
        dialect_blank(&parser->dialect, first, end);
        return OK;
    }
    if (token_is_symbol(list, first, '*') && end == first + 1) {
        *is_kept = false;
        parser->clauses.table.has_star = true;
        dialect_blank(&parser->dialect, first, end);
        return OK;
    }
    ColumnClause clause = {.key = list->tokens[first].start};
    bool is_column = token_is_name(list, first);
    if (is_column && first + 1 < end && token_is(list, first + 1, "as"))
        TRY(rewrite_computed(parser, first + 1, end, false, &clause));
    else
        for (int i = first + 1, depth = 0; i < end; i++) {
            depth += token_is_symbol(list, i, '(') - token_is_symbol(list, i, ')');
            if (depth > 0)
                continue;
            if (token_is(list, i, "not") && token_is(list, i + 1, "enforced") && i + 1 < end) {
                clause.is_not_enforced = true;
                dialect_blank(&parser->dialect, i, i + 2);
            } else if (is_column && i >= first + 2 && token_is(list, i, "as") &&
                       !token_is(list, i - 1, "always") &&
                       !(token_is(list, i - 1, "default") && token_is(list, i - 2, "by"))) {
                TRY(rewrite_computed(parser, i, end, true, &clause));
                break;
            } else if (is_column && i >= first + 2 && token_is(list, i, "metadata"))
                TRY(rewrite_metadata(parser, i, end, &clause));
            else if (is_column && i >= first + 2 && token_is(list, i, "comment") && i + 1 < end &&
                     list->tokens[i + 1].kind == TOKEN_STRING) {
                TokenCursor cursor = parser_cursor(parser, i + 1, end);
                TRY(cursor_string(&cursor, &clause.comment));
                dialect_blank(&parser->dialect, i, i + 2);
            }
        }
    if (clause.is_computed || clause.is_metadata || clause.is_not_enforced || clause.comment != NULL)
        ARENA_APPEND(parser->arena, parser->clauses.columns, parser->clauses.column_count, clause);
    return OK;
}

/* The elements between ( at `open` and ) at `close`. Commas stay only between elements that do. */
static Status rewrite_elements(Parser *parser, int open, int close) {
    TokenList *list = tokens_of(parser);
    int first = open + 1, depth = 0;
    bool has_kept = false;
    for (int i = open + 1; i <= close; i++) {
        bool is_end = i == close || (depth == 0 && token_is_symbol(list, i, ','));
        depth += token_is_symbol(list, i, '(') + token_is_symbol(list, i, '[') -
                 token_is_symbol(list, i, ')') - token_is_symbol(list, i, ']');
        if (!is_end)
            continue;
        if (first == i) /* nothing between two commas: libpg_query will say so */
            return OK;
        bool is_kept;
        TRY(rewrite_element(parser, first, i, &is_kept));
        if (first > open + 1 && !(is_kept && has_kept))
            dialect_blank(&parser->dialect, first - 1, first);
        has_kept |= is_kept;
        first = i + 1;
    }
    return OK;
}

static Status parse_partitioned_by(TokenCursor *cursor, SyntaxName *columns) {
    columns->position = cursor->dialect->list.tokens[cursor->index].start;
    TRY(cursor_expect_symbol(cursor, '('));
    do {
        const char *column;
        TRY(cursor_identifier(cursor, &column));
        ARENA_APPEND(cursor->dialect->arena, columns->parts, columns->part_count, column);
    } while (cursor_accept_symbol(cursor, ','));
    return cursor_expect_symbol(cursor, ')');
}

/* WITH (appendonly = 'true') is APPEND ONLY. */
static void take_append_only(SyntaxCreateTable *table) {
    int kept = 0;
    for (int i = 0; i < table->options.count; i++) {
        const SyntaxOption *option = &table->options.items[i];
        if (strcmp(option->name, "appendonly") != 0 || option->value == NULL)
            table->options.items[kept++] = *option;
        else
            table->is_append_only |= strcasecmp(option->value, "true") == 0;
    }
    table->options.count = kept;
}

/* ON CONFLICT OVERWRITE | IGNORE | DO NOTHING | DO UPDATE FULL | DO UPDATE IF NOT NULL: an option of the
   table. */
static Status parse_on_conflict(TokenCursor *cursor, SyntaxCreateTable *table) {
    SyntaxOption option = {.name = "on_conflict",
        .position = cursor->dialect->list.tokens[cursor->index].start,
        .value_position = -1};
    if (cursor_accept(cursor, "overwrite") || cursor_accept(cursor, "do update full"))
        option.value = "overwrite";
    else if (cursor_accept(cursor, "ignore") || cursor_accept(cursor, "do nothing"))
        option.value = "ignore";
    else if (cursor_accept(cursor, "do update if not null"))
        option.value = "if_not_null";
    else
        return cursor_error(cursor);
    if (cursor_is(cursor, "with") && token_is(&cursor->dialect->list, cursor->index + 1, "version"))
        return error_set(cursor->error, STATUS_FEATURE_NOT_SUPPORTED, "WITH VERSION COLUMN is not supported");
    ARENA_APPEND(cursor->dialect->arena, table->options.items, table->options.count, option);
    return OK;
}

/* One clause of the tail at the cursor; *is_read false: it isn't ours. */
static Status parse_tail_clause(Parser *parser, TokenCursor *cursor, bool *is_read) {
    SyntaxCreateTable *table = &parser->clauses.table;
    const TokenList *list = tokens_of(parser);
    *is_read = true;
    if (cursor_is(cursor, "with") && token_is_symbol(list, cursor->index + 1, '(')) {
        cursor->index++;
        TRY(clause_options(cursor, &table->options));
        take_append_only(table);
        return OK;
    }
    if (cursor_accept(cursor, "on conflict"))
        return parse_on_conflict(cursor, table);
    if (cursor_accept(cursor, "append only")) {
        table->is_append_only = true;
        return OK;
    }
    if (cursor_accept(cursor, "include")) {
        SyntaxInclude include = {0};
        TRY(clause_include(parser, cursor, &include));
        ARENA_APPEND(parser->arena, table->includes, table->include_count, include);
        return OK;
    }
    if (cursor_accept(cursor, "partitioned by"))
        return parse_partitioned_by(cursor, &table->partitioned_by);
    if (cursor_accept(cursor, "comment")) {
        cursor_accept_symbol(cursor, '=');
        return cursor_string(cursor, &table->comment);
    }
    return clause_format(cursor, &table->format, is_read);
}

/* Blanks our clauses from the cursor on; stops at AS, at what isn't ours, or at the end. */
static Status rewrite_tail(Parser *parser, TokenCursor *cursor) {
    bool is_read = true;
    while (!cursor_at_end(cursor) && !cursor_is(cursor, "as")) {
        int first = cursor->index;
        TRY(parse_tail_clause(parser, cursor, &is_read));
        if (!is_read)
            return OK;
        dialect_blank(&parser->dialect, first, cursor->index);
    }
    return OK;
}

/* The query behind AS: its range, with EMIT cut off. */
static void set_query(Parser *parser, int first, int *end) {
    const TokenList *list = tokens_of(parser);
    int query_end = *end;
    if (query_end - 2 > first && token_is(list, query_end - 1, "data") &&
        (token_is(list, query_end - 2, "with") || token_is(list, query_end - 2, "no")))
        query_end -= token_is(list, query_end - 2, "no") ? 3 : 2;
    if (first >= query_end)
        return;
    parser->clauses.query_start = list->tokens[first].start;
    parser->clauses.query_length = tokens_text_end(list, query_end) - list->tokens[first].start;
    int cut = query_end;
    parser->clauses.emit = dialect_cut_emit(&parser->dialect, first, &cut, &parser->clauses.emit_position);
    if (query_end == *end)
        *end = cut;
}

/* Skips a qualified name. */
static void skip_name(Parser *parser, TokenCursor *cursor) {
    const TokenList *list = tokens_of(parser);
    if (!cursor_at_end(cursor) && token_is_name(list, cursor->index))
        cursor->index++;
    while (cursor_is_symbol(cursor, '.'))
        cursor->index += 2;
}

Status rewrite_create_table(Parser *parser, int first, int *end) {
    TokenList *list = tokens_of(parser);
    TokenCursor cursor = parser_cursor(parser, first + 1, *end);
    while (cursor_accept(&cursor, "temporary") || cursor_accept(&cursor, "temp") ||
           cursor_accept(&cursor, "unlogged") || cursor_accept(&cursor, "local") ||
           cursor_accept(&cursor, "global"))
        continue;
    if (cursor_is(&cursor, "source")) {
        memcpy(list->text + list->tokens[cursor.index].start, "TABLE ", 6);
        parser->clauses.table.is_source = true;
    }
    cursor.index++;
    cursor_accept(&cursor, "if not exists");
    skip_name(parser, &cursor);
    bool has_elements = cursor_is_symbol(&cursor, '(');
    if (has_elements) {
        int close = token_closing(list, cursor.index, *end);
        if (close < 0)
            return OK;
        TRY(rewrite_elements(parser, cursor.index, close));
        cursor.index = close + 1;
    }
    int tail = cursor.index;
    TRY(rewrite_tail(parser, &cursor));
    if (cursor_accept(&cursor, "as"))
        set_query(parser, cursor.index, end);
    else if (!has_elements &&
             cursor.index > tail) /* columns come from elsewhere: () in the place of the first clause */
        memcpy(list->text + list->tokens[tail].start, "()", 2);
    return OK;
}

Status rewrite_create_view(Parser *parser, int first, int *end) {
    TokenCursor cursor = parser_cursor(parser, first + 1, *end);
    cursor_accept(&cursor, "or replace");
    while (cursor_accept(&cursor, "temporary") || cursor_accept(&cursor, "temp") ||
           cursor_accept(&cursor, "recursive"))
        continue;
    bool is_materialized = cursor_accept(&cursor, "materialized");
    if (!cursor_accept(&cursor, "view"))
        return OK;
    int exists = cursor.index;
    if (cursor_accept(&cursor, "if not exists") && !is_materialized) {
        parser->clauses.if_not_exists = true;
        dialect_blank(&parser->dialect, exists, cursor.index);
    }
    skip_name(parser, &cursor);
    if (cursor_is_symbol(&cursor, '(')) {
        int close = token_closing(tokens_of(parser), cursor.index, *end);
        if (close < 0)
            return OK;
        cursor.index = close + 1;
    }
    if (cursor_is(&cursor, "with")) {
        int with = cursor.index++;
        TRY(clause_options(&cursor, &parser->clauses.options));
        dialect_blank(&parser->dialect, with, cursor.index);
    }
    if (cursor_accept(&cursor, "as"))
        set_query(parser, cursor.index, end);
    return OK;
}

/* The tokens at which the expression of a DEFAULT ends, at depth 0. */
static bool ends_default(const TokenList *list, int index) {
    static const char *const words[] = {"check", "primary", "unique", "constraint", "references", "generated",
        "default", "deferrable", "initially"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(list, index, words[i]))
            return true;
    if (token_is(list, index, "not"))
        return token_is(list, index + 1, "null") || token_is(list, index + 1, "enforced") ||
               token_is(list, index + 1, "deferrable");
    bool is_clause = token_is(list, index, "null") || token_is(list, index, "metadata") ||
                     (token_is(list, index, "comment") && list->tokens[index + 1].kind == TOKEN_STRING);
    return is_clause && token_ends_operand(list, index - 1);
}

static int token_at(const TokenList *list, int position) {
    int low = 0, high = list->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (list->tokens[middle].start < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void expression_range(const Parser *parser, int position, int *start, int *length) {
    const TokenList *list = &parser->dialect.list;
    int first = token_at(list, position), end;
    if (token_is(list, first, "constraint"))
        first += 2;
    if (token_is(list, first, "default")) {
        end = ++first;
        for (int depth = 0; end < list->count; end++) {
            if (depth == 0 && end > first &&
                (token_is_symbol(list, end, ',') || token_is_symbol(list, end, ';') ||
                    ends_default(list, end)))
                break;
            depth += token_is_symbol(list, end, '(') + token_is_symbol(list, end, '[') -
                     token_is_symbol(list, end, ')') - token_is_symbol(list, end, ']');
            if (depth < 0)
                break;
        }
    } else {
        while (first < list->count && !token_is_symbol(list, first, '('))
            first++;
        end = token_closing(list, first++, list->count);
    }
    *start = list->tokens[first].start;
    *length = end > first ? tokens_text_end(list, end) - *start : 0;
}
