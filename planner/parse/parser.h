/* Parser: what the files of this folder share while one text is being parsed. Not for others. */
#ifndef LEAT_PARSE_PARSER_H
#define LEAT_PARSE_PARSER_H

#include "planner/dialect/cursor.h"
#include "planner/dialect/dialect.h"
#include "planner/parse/syntax_statement.h"

/* What was taken out of one column's or constraint's definition. */
typedef struct ColumnClause {
    int key; /* the definition's first byte */
    bool is_computed;
    bool has_type; /* c int AS e, rather than c AS e */
    DialectFragment computed;
    bool is_metadata;
    const char *metadata_key;
    bool is_not_enforced;
    const char *comment;
} ColumnClause;

/* What was taken out of a statement before libpg_query sees it, for the conversion of the tree that comes
   back. */
typedef struct StatementClauses {
    SyntaxCreateTable table;
    bool has_watermark;
    SyntaxWatermark watermark;
    ColumnClause *columns;
    int column_count;
    SyntaxOptions options; /* of a view, of FETCH */
    SyntaxFormat format;
    bool if_not_exists; /* where PostgreSQL has none */
    SyntaxEmit emit;
    int emit_position;
    int query_start, query_length;
    SyntaxSubscribe *subscribe; /* stood where SELECT stands now */
    const char *drop_kind;
    const char **notices; /* clauses without effect */
    int notice_count;
} StatementClauses;

typedef struct Parser {
    Dialect dialect;
    Arena *arena;
    Error *error;
    StatementClauses clauses; /* of the statement at hand */
    bool is_own;              /* the text is one of ours: no position in it is the user's */
} Parser;

/* statement.c: any statement in tokens [first, end). */
Status parser_statement(Parser *parser, int first, int end, SyntaxStatement **statement);
/* A query in tokens [first, end), a trailing EMIT included. */
Status parser_query(Parser *parser, int first, int end, SyntaxSelect **query);
TokenCursor parser_cursor(Parser *parser, int first, int end);
SyntaxStatement *parser_new_statement(
    Parser *parser, SyntaxStatementKind kind, const char *tag, int first, int end);
/* The command's name as PostgreSQL's tags spell it, from its first words: "CREATE FUNCTION", "CALL". */
const char *parser_command_name(const Parser *parser, int first, int end);

/* One of our own queries, a constant text. */
Status parse_own_query(Parser *parser, const char *sql, SyntaxSelect **query);

/* from_pg_query.c: what libpg_query makes of the rewritten text, as our tree. */
Status pg_query_statement(Parser *parser, int first, int end, SyntaxStatement **statement);
Status pg_query_expression(Parser *parser, const DialectFragment *fragment, SyntaxExpression **expression);
Status pg_query_type(Parser *parser, const DialectFragment *fragment, SyntaxType **type);

/* clauses.c: each reads its clause at the cursor. */
Status clause_options(TokenCursor *cursor, SyntaxOptions *options); /* (k = v, …) */
/* FORMAT …, ENCODE …, KEY ENCODE …; true in *is_read when one was there. */
Status clause_format(TokenCursor *cursor, SyntaxFormat *format, bool *is_read);
Status clause_include(Parser *parser, TokenCursor *cursor, SyntaxInclude *include); /* behind INCLUDE */

/* create_table.c: takes our clauses out of CREATE TABLE | SOURCE and CREATE VIEW; the range then suits
   libpg_query. */
Status rewrite_create_table(Parser *parser, int first, int *end);
Status rewrite_create_view(Parser *parser, int first, int *end);
/* The user's bytes of the expression behind DEFAULT, or inside CHECK ( ), GENERATED ALWAYS AS ( ), whose word
   starts at `position`. */
void expression_range(const Parser *parser, int position, int *start, int *length);
/* The column's or constraint's clauses, or NULL. */
const ColumnClause *column_clause_find(const Parser *parser, int key);

/* token_statement.c: statements that libpg_query never sees, or not always: their parser, by their first
   words; NULL: another statement. */
typedef Status (*StatementParser)(Parser *parser, int first, int end, SyntaxStatement **statement);
StatementParser token_statement_parser(Parser *parser, int first, int end);
Status parse_subscribe(Parser *parser, int first, int end, SyntaxSubscribe **subscribe);
/* The tokens [first, end) as words. */
Status parse_words(Parser *parser, int first, int end, SyntaxWord **words, int *count);

/* foreign_statement.c: statements of other systems, as those of ours that they mean; *statement stays NULL
   for all others. */
Status parse_foreign(Parser *parser, int first, int end, SyntaxStatement **statement);
/* What other systems write between EXPLAIN and the statement. */
Status parse_explain_prefix(Parser *parser, TokenCursor *cursor);
/* MATERIALIZED VIEW v, VIEW v or SINK s to explain; explain->statement stays NULL when it is none. */
Status parse_explained_object(Parser *parser, TokenCursor *cursor, SyntaxExplain *explain);
/* Takes IN CLUSTER c and DISTRIBUTED BY (…) out of the statement, with a notice. */
Status cut_placement(Parser *parser, int first, int *end);
/* ALTER … SET knob = …: the token of SET, 0 when there is none. */
int find_knob(const TokenList *list, int first, int end);
/* The statement's execution begins with this notice. */
void parser_notice(Parser *parser, const char *text);

#endif
