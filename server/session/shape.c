/* Shapes: a scanner for the plainest of SQL, and a small table of statements by shape. What the scanner does
   not know goes the usual way. */
#include "server/session/shape.h"

#include <ctype.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "server/session/own_statement.h"

/* Stand for a literal in a key: none of them is in a text that is read. */
enum { MARK_INT4 = 1, MARK_INT8 = 2, MARK_TEXT = 3, MARK_PARSE = 4 };

typedef struct Scan {
    const char *text;
    int length;
    int at;
    char last; /* the last character that is no blank */
    Shape *shape;
} Scan;

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static void keep(Scan *scan, int count) {
    memcpy(scan->shape->key + scan->shape->key_length, scan->text + scan->at, (size_t)count);
    scan->shape->key_length += count;
    scan->at += count;
}

static bool add_literal(Scan *scan, Literal literal, int end, char mark) {
    Shape *shape = scan->shape;
    if (shape->literal_count == SHAPE_LITERALS_MAX)
        return false;
    shape->literals[shape->literal_count++] = literal;
    shape->key[shape->key_length++] = mark;
    scan->at = end;
    return true;
}

/* Digits; a sign belongs to them where the grammar takes it for the number's. */
static bool scan_number(Scan *scan) {
    int end = scan->at;
    bool is_negative = scan->text[end] == '-';
    int64_t number = 0;
    for (end += is_negative; end < scan->length && isdigit((unsigned char)scan->text[end]); end++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, scan->text[end] - '0', &number))
            return false;
    if (end < scan->length && (is_word(scan->text[end]) || scan->text[end] == '.'))
        return false;
    bool is_short = number <= INT32_MAX; /* as the grammar has it: the sign comes later */
    Literal literal = {.type = type_of(is_short ? TYPE_INT4 : TYPE_INT8),
        .position = scan->at,
        .number = is_negative ? -number : number};
    return add_literal(scan, literal, end, is_short ? MARK_INT4 : MARK_INT8);
}

static bool scan_string(Scan *scan) {
    const char *begin = scan->text + scan->at + 1,
               *end = memchr(begin, '\'', (size_t)(scan->length - scan->at - 1));
    if (end == NULL || end[1] == '\'' ||
        is_word(scan->last)) /* a quote in it; E'', B'' and the like, DATE '' */
        return false;
    Literal literal = {
        .type = type_of(TYPE_UNKNOWN), .position = scan->at, .text = begin, .length = (int)(end - begin)};
    return add_literal(scan, literal, (int)(end + 1 - scan->text), MARK_TEXT);
}

static bool scan_one(Scan *scan) {
    const char *c = scan->text + scan->at;
    int count = 1;
    if (isdigit((unsigned char)*c) ||
        (*c == '-' && isdigit((unsigned char)c[1]) && (scan->last == '=' || scan->last == '(')))
        return scan->last != '.' && scan_number(scan);
    if (*c == '\'')
        return scan_string(scan);
    if (is_word(*c)) {
        while (is_word(c[count]))
            count++;
    } else if (*c == '"') {
        const char *end = memchr(c + 1, '"', (size_t)(scan->length - scan->at - 1));
        if (end == NULL)
            return false;
        count = (int)(end + 1 - c);
    } else if (*c == '$' && isdigit((unsigned char)c[1])) {
        while (is_word(c[count]))
            count++;
    } else if (strchr("$\\`;{}@#", *c) != NULL || (*c == '-' && c[1] == '-') || (*c == '/' && c[1] == '*')) {
        return false;
    }
    keep(scan, count);
    return true;
}

bool shape_read(const char *text, size_t length, Shape *shape) {
    while (length > 0 && (text[length - 1] == ';' || text[length - 1] == ' ' || text[length - 1] == '\n'))
        length--;
    if (length == 0 || length >= SHAPE_LENGTH_MAX || strchr("SIUDsiud", *text) == NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80 ||
            ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != '\r'))
            return false;
    shape->key_length = shape->literal_count = 0;
    Scan scan = {.text = text, .length = (int)length, .shape = shape};
    while (scan.at < scan.length) {
        char last = scan.text[scan.at];
        if (!scan_one(&scan))
            return false;
        scan.last = is_word(last) ? 'x' : isspace((unsigned char)last) ? scan.last : last;
    }
    return true;
}

bool shape_of_parse(Shape *shape, const Type *types, int type_count) {
    if (shape->literal_count > 0 || shape->key_length + 1 + 2 * type_count > SHAPE_LENGTH_MAX)
        return false;
    shape->key[shape->key_length++] = MARK_PARSE;
    for (int i = 0; i < type_count; i++) {
        shape->key[shape->key_length++] = (char)types[i].id;
        shape->key[shape->key_length++] = (char)types[i].is_array;
    }
    return true;
}

static Status literal_value(
    const Literal *literal, Type type, const TypeSettings *settings, Arena *arena, Value *out, Error *error) {
    *out = (Value){.type = type};
    if (literal->type.id == TYPE_UNKNOWN) {
        const char *text = arena_copy(arena, literal->text, (size_t)literal->length);
        return datum_parse(type, text, (size_t)literal->length, settings, arena, &out->datum, error);
    }
    if (literal->type.id == TYPE_INT4)
        out->datum.int4 = (int32_t)literal->number;
    else
        out->datum.int8 = literal->number;
    return OK;
}

Status shape_parameters(const Shape *shape, Session *session, const Prepared *prepared, Arena *arena,
    const Value **out, Error *error) {
    Value *values = ARENA_ARRAY(arena, Value, shape->literal_count + 1);
    const TypeSettings *settings = session_type_settings(session);
    for (int i = 0; i < shape->literal_count; i++)
        TRY(literal_value(
            &shape->literals[i], prepared->parameter_types[i], settings, arena, &values[i], error));
    *out = values;
    return OK;
}

/* The table */

static void forget(ShapeEntry *entry) {
    statement_release(entry->statement);
    memory_free(entry->key);
    *entry = (ShapeEntry){0};
}

void session_forget_shapes(Session *session) {
    for (int i = 0; i < SHAPES_KEPT; i++)
        forget(&session->shapes.entries[i]);
}

static ShapeEntry *entry_of(Session *session, const Shape *shape) {
    uint64_t hash = hash_bytes_64(shape->key, (size_t)shape->key_length);
    ShapeEntry *entry = &session->shapes.entries[hash % SHAPES_KEPT];
    if (entry->hash == hash && entry->key_length == shape->key_length &&
        memcmp(entry->key, shape->key, (size_t)shape->key_length) == 0)
        return entry;
    forget(entry);
    entry->hash = hash;
    entry->key = memory_copy_text(shape->key, (size_t)shape->key_length);
    entry->key_length = shape->key_length;
    return entry;
}

Statement *session_shaped(Session *session, const Shape *shape, bool *may_make) {
    ShapeEntry *entry = entry_of(session, shape);
    if (entry->statement != NULL && !statement_is_current(session, entry->statement)) {
        statement_release(entry->statement);
        entry->statement = NULL;
        entry->seen_count = 1;
    }
    /* What is not worth it is tried again more and more seldom: the catalog may change. */
    unsigned seen = entry->statement == NULL ? ++entry->seen_count : 0;
    *may_make = seen > 1 && (seen & (seen - 1)) == 0;
    return entry->statement;
}

/* Making */

static void find_literal(SyntaxExpression *operand, const Shape *shape, SyntaxExpression **found) {
    if (operand == NULL || operand->kind != SYNTAX_CONSTANT)
        return;
    for (int i = 0; i < shape->literal_count; i++)
        if (shape->literals[i].position == operand->position)
            found[i] = operand;
}

static void find_literals(SyntaxExpression *where, const Shape *shape, SyntaxExpression **found) {
    if (where->kind == SYNTAX_BOOLEAN && where->boolean.kind == SYNTAX_AND)
        for (int i = 0; i < where->boolean.count; i++)
            find_literals(where->boolean.arguments[i], shape, found);
    if (where->kind != SYNTAX_OPERATOR || where->operation.kind != SYNTAX_OPERATOR_PLAIN ||
        strcmp(where->operation.name.parts[0], "=") != 0)
        return;
    find_literal(where->operation.left, shape, found);
    find_literal(where->operation.right, shape, found);
}

/* The statement with its literals as parameters; NULL when it can't be made, is not bounded, or the client
   would have been told something. */
static Statement *analyse(Session *session, const Shape *shape, Script *script) {
    Type types[SHAPE_LITERALS_MAX];
    for (int i = 0; i < shape->literal_count; i++)
        types[i] = shape->literals[i].type;
    int notices = session->notice_count;
    Error ignored = {0};
    Statement *statement = NULL;
    Status status = statement_create(
        session, script, script->statements[0], "", types, shape->literal_count, &statement, &ignored);
    error_clear(&ignored);
    const Prepared *prepared = status == OK ? statement->prepared : NULL;
    if (prepared != NULL && prepared->is_bounded && prepared->parameter_count == shape->literal_count &&
        session->notice_count == notices)
        return statement;
    statement_release(statement);
    while (session->notice_count > notices)
        error_clear(&session->notices[--session->notice_count].error);
    return NULL;
}

void session_keep_shaped(Session *session, const Shape *shape, Statement *statement) {
    const Prepared *prepared = statement->prepared;
    if (prepared != NULL && prepared->is_bounded && prepared->run_own == NULL &&
        session->notice_at == session->notice_count)
        entry_of(session, shape)->statement = statement_retain(statement);
}

Statement *session_make_shaped(Session *session, const Shape *shape, Script *script) {
    const SyntaxStatement *syntax = script->count == 1 ? script->statements[0] : NULL;
    if (syntax == NULL || syntax->kind != SYNTAX_STATEMENT_SELECT || own_statement_claims(session, syntax) ||
        syntax->select->where == NULL)
        return NULL;
    SyntaxExpression *found[SHAPE_LITERALS_MAX] = {0};
    find_literals(syntax->select->where, shape, found);
    for (int i = 0; i < shape->literal_count; i++)
        if (found[i] == NULL)
            return NULL;
    for (int i = 0; i < shape->literal_count; i++)
        *found[i] =
            (SyntaxExpression){.kind = SYNTAX_PARAMETER, .position = found[i]->position, .parameter = i + 1};
    ShapeEntry *entry = entry_of(session, shape);
    entry->statement = analyse(session, shape, script);
    return entry->statement;
}
