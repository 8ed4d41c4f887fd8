/* Runs libpg_query on rewritten text and turns what comes back, trees and errors, into ours. */
#include "planner/parse/from_pg_query.h"

#include <assert.h>
#include <string.h>

#include "executor/base/text.h"
#include "planner/dialect/library_status.h"

/* The text that libpg_query gets: prefix, the tokens' text with an alias inserted where a derived table lacks
   one, suffix. */
typedef struct LibraryText {
    const char *prefix, *suffix;
    const char *body;
    int start, length; /* of the body, in the user's text */
} LibraryText;

static const char insertion_text[] = " \"" ANONYMOUS_ALIAS "\"";
enum { INSERTION_LENGTH = sizeof insertion_text - 1 };

int convert_position(const Conversion *conversion, int location) {
    if (location < 0 || conversion->parser->is_own)
        return -1;
    int position = location + conversion->base;
    for (int i = 0; i < conversion->insertion_count && conversion->insertions[i] < position; i++)
        position -= position - conversion->insertions[i] < INSERTION_LENGTH
                        ? position - conversion->insertions[i]
                        : INSERTION_LENGTH;
    return position;
}

const char *convert_text(const Conversion *conversion, const char *text) {
    return text == NULL || *text == 0 ? NULL : arena_strdup(conversion->arena, text);
}

static Status unsupported_at(Conversion *conversion, int position, const char *what) {
    error_set(conversion->error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
    return error_at(conversion->error, syntax_character(conversion->parser->dialect.list.sql, position));
}

Status convert_unsupported(Conversion *conversion, int location, const char *what) {
    return unsupported_at(conversion, convert_position(conversion, location), what);
}

void convert_emit(Conversion *conversion, SyntaxSelect *query) {
    StatementClauses *clauses = &conversion->parser->clauses;
    query->emit = clauses->emit;
    clauses->emit = SYNTAX_EMIT_DEFAULT;
}

static void build_text(const Conversion *conversion, const LibraryText *text, Text *built) {
    text_reset(built);
    text_add_string(built, text->prefix);
    int done = 0;
    for (int i = 0; i < conversion->insertion_count; i++) {
        int place = conversion->insertions[i] - text->start;
        text_add(built, text->body + done, (size_t)(place - done));
        text_add(built, insertion_text, INSERTION_LENGTH);
        done = place;
    }
    text_add(built, text->body + done, (size_t)(text->length - done));
    text_add_string(built, text->suffix);
}

/* The byte at which character `character` (1-based) starts. */
static int byte_of_character(const char *text, int character) {
    int byte = 0;
    while (--character > 0 && text[byte] != 0)
        do
            byte++;
        while (((unsigned char)text[byte] & 0xC0) == 0x80);
    return byte;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
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

/* Notes an alias to be inserted behind the derived table whose ( is at byte `position`. */
static bool insert_alias(Conversion *conversion, int position) {
    const TokenList *list = &conversion->parser->dialect.list;
    int close = token_closing(list, token_at(list, position), list->count);
    if (close < 0 || conversion->insertion_count == DERIVED_TABLES_MAX)
        return false;
    int place = list->tokens[close].end, i = conversion->insertion_count++;
    for (; i > 0 && conversion->insertions[i - 1] > place; i--)
        conversion->insertions[i] = conversion->insertions[i - 1];
    conversion->insertions[i] = place;
    return true;
}

/* Makes libpg_query's error ours. OK: the text was mended, try again. Where a derived table lacks its alias
   the grammar itself must say: by tokens FROM ( of IS DISTINCT FROM (…), EXTRACT(… FROM (…)) and a query's
   FROM are told apart only by parsing. */
static Status library_error(
    Conversion *conversion, const LibraryText *text, const char *parsed, const PgQueryError *error) {
    const TokenList *list = &conversion->parser->dialect.list;
    int position = error->cursorpos <= 0
                       ? -1
                       : convert_position(conversion, byte_of_character(parsed, error->cursorpos));
    if (position > text->start + text->length)
        position = text->start + text->length;
    if (strstr(error->message, " in FROM must have an alias") != NULL && insert_alias(conversion, position))
        return OK;
    if (starts_with(error->message, "syntax error at ") && position >= 0)
        return syntax_error_at(list, position, conversion->error);
    Status status = error_set(conversion->error, library_status(error->message, false), "%s", error->message);
    error_at(conversion->error, syntax_character(list->sql, position));
    return status;
}

/* Parses; the caller frees *result. */
static Status library_parse(Conversion *conversion, const LibraryText *text, PgQuery__ParseResult **result) {
    Text built = {0};
    Status status = OK;
    *result = NULL;
    conversion->base = text->start - (int)strlen(text->prefix);
    while (*result == NULL && status == OK) {
        build_text(conversion, text, &built);
        PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(text_string(&built));
        if (parsed.error != NULL)
            status = library_error(conversion, text, text_string(&built), parsed.error);
        else {
            *result = pg_query__parse_result__unpack(
                NULL, parsed.parse_tree.len, (const uint8_t *)parsed.parse_tree.data);
            assert(*result != NULL);
        }
        pg_query_free_protobuf_parse_result(parsed);
    }
    text_free(&built);
    return status;
}

static Conversion conversion_open(Parser *parser) {
    return (Conversion){.parser = parser, .arena = parser->arena, .error = parser->error};
}

Status pg_query_statement(Parser *parser, int first, int end, SyntaxStatement **statement) {
    const TokenList *list = &parser->dialect.list;
    Conversion conversion = conversion_open(parser);
    conversion.first = first;
    conversion.end = end;
    int start = list->tokens[first].start;
    LibraryText text = {.prefix = "",
        .suffix = "",
        .body = list->text + start,
        .start = start,
        .length = tokens_text_end(list, end) - start};
    PgQuery__ParseResult *result;
    TRY(library_parse(&conversion, &text, &result));
    Status status;
    if (result->n_stmts != 1 || result->stmts[0]->stmt == NULL)
        status = syntax_error_at(list, start, parser->error);
    else
        status = convert_statement(&conversion, result->stmts[0]->stmt, statement);
    pg_query__parse_result__free_unpacked(result, NULL);
    return status;
}

/* The only target of the only statement. */
static const PgQuery__Node *only_target(const PgQuery__ParseResult *result) {
    assert(result->n_stmts == 1 && result->stmts[0]->stmt->node_case == NODE(SELECT_STMT));
    const PgQuery__SelectStmt *select = result->stmts[0]->stmt->select_stmt;
    assert(select->n_target_list == 1 && select->target_list[0]->node_case == NODE(RES_TARGET));
    return select->target_list[0]->res_target->val;
}

static Status parse_fragment(Parser *parser, const DialectFragment *fragment, const char *prefix,
    const char *suffix, SyntaxExpression **expression) {
    Conversion conversion = conversion_open(parser);
    LibraryText text = {.prefix = prefix,
        .suffix = suffix,
        .body = fragment->text,
        .start = fragment->start,
        .length = fragment->length};
    PgQuery__ParseResult *result;
    TRY(library_parse(&conversion, &text, &result));
    Status status = convert_expression(&conversion, only_target(result), expression);
    pg_query__parse_result__free_unpacked(result, NULL);
    return status;
}

Status pg_query_expression(Parser *parser, const DialectFragment *fragment, SyntaxExpression **expression) {
    return parse_fragment(parser, fragment, "SELECT (", "\n)", expression);
}

Status pg_query_type(Parser *parser, const DialectFragment *fragment, SyntaxType **type) {
    SyntaxExpression *cast;
    TRY(parse_fragment(parser, fragment, "SELECT CAST(NULL AS ", "\n)", &cast));
    assert(cast->kind == SYNTAX_CAST);
    *type = cast->cast.type;
    return OK;
}
