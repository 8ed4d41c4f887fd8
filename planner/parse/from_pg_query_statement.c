/* Statements out of protobuf: those about sessions, cursors and transactions here, the others by their own
   files. */
#include <stdint.h>
#include <string.h>

#include "planner/parse/from_pg_query.h"

/* PostgreSQL's CURSOR_OPT_* bits. */
enum { CURSOR_BINARY = 0x1, CURSOR_SCROLL = 0x2, CURSOR_NO_SCROLL = 0x4, CURSOR_HOLD = 0x20 };

SyntaxStatement *convert_new_statement(Conversion *conversion, SyntaxStatementKind kind, const char *tag) {
    return parser_new_statement(conversion->parser, kind, tag, conversion->first, conversion->end);
}

static Status convert_transaction_modes(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxTransaction *transaction) {
    transaction->read_only = transaction->deferrable = -1;
    for (size_t i = 0; i < node_count; i++) {
        const PgQuery__DefElem *mode = nodes[i]->def_elem;
        const PgQuery__AConst *value = mode->arg->a_const;
        if (strcmp(mode->defname, "transaction_isolation") == 0)
            transaction->isolation = arena_strdup(conversion->arena, value->sval->sval);
        else if (strcmp(mode->defname, "transaction_read_only") == 0)
            transaction->read_only = value->ival->ival;
        else if (strcmp(mode->defname, "transaction_deferrable") == 0)
            transaction->deferrable = value->ival->ival;
        else
            return convert_unsupported(conversion, mode->location, mode->defname);
    }
    return OK;
}

static Status convert_transaction(
    Conversion *conversion, const PgQuery__TransactionStmt *from, SyntaxStatement **statement) {
    static const struct {
        SyntaxTransactionKind kind;
        const char *tag;
    } kinds[] = {
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN] = {SYNTAX_TRANSACTION_BEGIN, "BEGIN"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START] = {SYNTAX_TRANSACTION_BEGIN, "START TRANSACTION"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT] = {SYNTAX_TRANSACTION_COMMIT, "COMMIT"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK] = {SYNTAX_TRANSACTION_ROLLBACK, "ROLLBACK"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT] = {SYNTAX_TRANSACTION_SAVEPOINT, "SAVEPOINT"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE] = {SYNTAX_TRANSACTION_RELEASE, "RELEASE"},
        [PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO] = {SYNTAX_TRANSACTION_ROLLBACK_TO,
            "ROLLBACK"},
    };
    if ((size_t)from->kind >= sizeof kinds / sizeof *kinds || kinds[from->kind].tag == NULL)
        return OK; /* PREPARE TRANSACTION and the like: convert_statement names the command */
    SyntaxTransaction *transaction = ARENA_NEW(conversion->arena, SyntaxTransaction);
    transaction->kind = kinds[from->kind].kind;
    TRY(convert_transaction_modes(conversion, from->options, from->n_options, transaction));
    transaction->is_chain = from->chain;
    transaction->savepoint = convert_text(conversion, from->savepoint_name);
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_TRANSACTION, kinds[from->kind].tag);
    (*statement)->transaction = transaction;
    return OK;
}

/* SET TRANSACTION …, SET SESSION CHARACTERISTICS AS TRANSACTION … . */
static Status convert_set_transaction(
    Conversion *conversion, const PgQuery__VariableSetStmt *from, SyntaxStatement **statement) {
    SyntaxTransaction *transaction = ARENA_NEW(conversion->arena, SyntaxTransaction);
    if (strcmp(from->name, "TRANSACTION SNAPSHOT") == 0)
        return convert_unsupported(conversion, -1, "SET TRANSACTION SNAPSHOT");
    transaction->kind =
        strcmp(from->name, "TRANSACTION") == 0 ? SYNTAX_TRANSACTION_SET : SYNTAX_TRANSACTION_SET_SESSION;
    TRY(convert_transaction_modes(conversion, from->args, from->n_args, transaction));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_TRANSACTION, "SET");
    (*statement)->transaction = transaction;
    return OK;
}

static Status convert_set(
    Conversion *conversion, const PgQuery__VariableSetStmt *from, SyntaxStatement **statement) {
    const TokenList *list = &conversion->parser->dialect.list;
    if (from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI)
        return convert_set_transaction(conversion, from, statement);
    if (from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_CURRENT)
        return convert_unsupported(conversion, -1, "SET FROM CURRENT");
    SyntaxSet *set = ARENA_NEW(conversion->arena, SyntaxSet);
    set->is_reset_word = from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET ||
                         from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
    set->is_reset = set->is_reset_word || from->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT;
    set->name = convert_text(conversion, from->name);
    set->scope = from->is_local ? SYNTAX_SET_LOCAL : SYNTAX_SET_SESSION;
    int name = conversion->first + 1;
    name += token_is(list, name, "local") || token_is(list, name, "session");
    set->position = list->tokens[name].start;
    for (size_t i = 0; i < from->n_args; i++)
        TRY(convert_refuse_parameter(conversion, from->args[i]));
    TRY(convert_expressions(conversion, from->args, from->n_args, &set->values, &set->value_count));
    *statement =
        convert_new_statement(conversion, SYNTAX_STATEMENT_SET, set->is_reset_word ? "RESET" : "SET");
    (*statement)->set = set;
    return OK;
}

static Status convert_declare(
    Conversion *conversion, const PgQuery__DeclareCursorStmt *from, SyntaxStatement **statement) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    SyntaxDeclare *declare = ARENA_NEW(conversion->arena, SyntaxDeclare);
    declare->name = convert_text(conversion, from->portalname);
    declare->is_binary = from->options & CURSOR_BINARY;
    declare->is_scroll = from->options & CURSOR_SCROLL;
    declare->is_no_scroll = from->options & CURSOR_NO_SCROLL;
    declare->is_hold = from->options & CURSOR_HOLD;
    declare->query_start = clauses->query_start;
    declare->query_length = clauses->query_length;
    declare->subscribe = clauses->subscribe;
    if (clauses->subscribe == NULL) {
        if (from->query->node_case != NODE(SELECT_STMT))
            return convert_unsupported(conversion, -1, "DECLARE CURSOR of this statement");
        TRY(convert_select(conversion, from->query->select_stmt, &declare->query));
        convert_emit(conversion, declare->query);
    }
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_DECLARE, "DECLARE CURSOR");
    (*statement)->declare = declare;
    return OK;
}

static Status convert_fetch(
    Conversion *conversion, const PgQuery__FetchStmt *from, SyntaxStatement **statement) {
    SyntaxFetch *fetch = ARENA_NEW(conversion->arena, SyntaxFetch);
    fetch->is_move = from->ismove;
    fetch->cursor = convert_text(conversion, from->portalname);
    fetch->direction = (SyntaxFetchDirection)(from->direction - PG_QUERY__FETCH_DIRECTION__FETCH_FORWARD);
    fetch->count = from->how_many;
    fetch->options = conversion->parser->clauses.options;
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_FETCH, from->ismove ? "MOVE" : "FETCH");
    (*statement)->fetch = fetch;
    return OK;
}

static Status convert_execute(
    Conversion *conversion, const PgQuery__ExecuteStmt *from, SyntaxStatement **statement) {
    SyntaxExecute *execute = ARENA_NEW(conversion->arena, SyntaxExecute);
    execute->name = convert_text(conversion, from->name);
    TRY(convert_expressions(
        conversion, from->params, from->n_params, &execute->arguments, &execute->argument_count));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_EXECUTE, "EXECUTE");
    (*statement)->execute = execute;
    return OK;
}

/* COPY (query | SUBSCRIBE …) TO. */
static Status convert_copy_query(Conversion *conversion, const PgQuery__Node *query, SyntaxCopy *copy) {
    const StatementClauses *clauses = &conversion->parser->clauses;
    if (clauses->subscribe == NULL)
        TRY(convert_statement(conversion, query, &copy->statement));
    else {
        copy->statement = convert_new_statement(conversion, SYNTAX_STATEMENT_SUBSCRIBE, "SUBSCRIBE");
        copy->statement->subscribe = clauses->subscribe;
    }
    copy->statement->start = clauses->query_start;
    copy->statement->length = clauses->query_length;
    return OK;
}

/* protobuf has no NULL strings: COPY … FROM '' names a file, COPY … FROM STDIN none. */
static const char *copy_file(const Conversion *conversion, const PgQuery__CopyStmt *from) {
    const TokenList *list = &conversion->parser->dialect.list;
    if (from->filename[0] != 0)
        return convert_text(conversion, from->filename);
    for (int i = conversion->first; i + 1 < conversion->end; i++) {
        if (token_closing(list, i, conversion->end) >= 0)
            i = token_closing(list, i, conversion->end);
        if ((token_is(list, i, "from") || token_is(list, i, "to") || token_is(list, i, "program")) &&
            list->tokens[i + 1].kind == TOKEN_STRING)
            return "";
    }
    return NULL;
}

static Status convert_copy(
    Conversion *conversion, const PgQuery__CopyStmt *from, SyntaxStatement **statement) {
    SyntaxCopy *copy = ARENA_NEW(conversion->arena, SyntaxCopy);
    copy->is_from = from->is_from;
    copy->is_program = from->is_program;
    copy->file = copy_file(conversion, from);
    if (from->relation != NULL)
        copy->table = convert_relation_name(conversion, from->relation);
    else
        TRY(convert_copy_query(conversion, from->query, copy));
    convert_strings(conversion, from->attlist, from->n_attlist, &copy->columns, &copy->column_count);
    TRY(convert_options(conversion, from->options, from->n_options, &copy->options));
    TRY(convert_expression(conversion, from->where_clause, &copy->where));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_COPY, "COPY");
    (*statement)->copy = copy;
    return OK;
}

static Status convert_truncate(
    Conversion *conversion, const PgQuery__TruncateStmt *from, SyntaxStatement **statement) {
    SyntaxDrop *truncate = ARENA_NEW(conversion->arena, SyntaxDrop);
    truncate->restarts_identity = from->restart_seqs;
    truncate->kind = "TABLE";
    truncate->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    for (size_t i = 0; i < from->n_relations; i++) {
        SyntaxName name = convert_relation_name(conversion, from->relations[i]->range_var);
        ARENA_APPEND(conversion->arena, truncate->names, truncate->count, name);
    }
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_TRUNCATE, "TRUNCATE TABLE");
    (*statement)->truncate = truncate;
    return OK;
}

static Status convert_lock(
    Conversion *conversion, const PgQuery__LockStmt *from, SyntaxStatement **statement) {
    SyntaxLock *lock = ARENA_NEW(conversion->arena, SyntaxLock);
    lock->mode = from->mode;
    for (size_t i = 0; i < from->n_relations; i++) {
        SyntaxName name = convert_relation_name(conversion, from->relations[i]->range_var);
        ARENA_APPEND(conversion->arena, lock->names, lock->count, name);
    }
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_LOCK, "LOCK TABLE");
    (*statement)->lock = lock;
    return OK;
}

static Status convert_close(
    Conversion *conversion, const PgQuery__ClosePortalStmt *from, SyntaxStatement **statement) {
    const char *name = convert_text(conversion, from->portalname);
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_CLOSE, name == NULL ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
    (*statement)->close = name;
    return OK;
}

static Status convert_deallocate(
    Conversion *conversion, const PgQuery__DeallocateStmt *from, SyntaxStatement **statement) {
    const char *name = convert_text(conversion, from->name);
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_DEALLOCATE, name == NULL ? "DEALLOCATE ALL" : "DEALLOCATE");
    (*statement)->deallocate = name;
    return OK;
}

static Status convert_discard(
    Conversion *conversion, const PgQuery__DiscardStmt *from, SyntaxStatement **statement) {
    static const char *const names[] = {[PG_QUERY__DISCARD_MODE__DISCARD_ALL] = "all",
        [PG_QUERY__DISCARD_MODE__DISCARD_PLANS] = "plans",
        [PG_QUERY__DISCARD_MODE__DISCARD_SEQUENCES] = "sequences",
        [PG_QUERY__DISCARD_MODE__DISCARD_TEMP] = "temp"};
    static const char *const tags[] = {[PG_QUERY__DISCARD_MODE__DISCARD_ALL] = "DISCARD ALL",
        [PG_QUERY__DISCARD_MODE__DISCARD_PLANS] = "DISCARD PLANS",
        [PG_QUERY__DISCARD_MODE__DISCARD_SEQUENCES] = "DISCARD SEQUENCES",
        [PG_QUERY__DISCARD_MODE__DISCARD_TEMP] = "DISCARD TEMP"};
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_DISCARD, tags[from->target]);
    (*statement)->discard = names[from->target];
    return OK;
}

/* Statements that stay words: whoever runs them reads these. */
static const char *other_tag(const PgQuery__Node *node) {
    switch (node->node_case) {
    case NODE(LISTEN_STMT):
        return "LISTEN";
    case NODE(UNLISTEN_STMT):
        return "UNLISTEN";
    case NODE(NOTIFY_STMT):
        return "NOTIFY";
    case NODE(VACUUM_STMT):
        return node->vacuum_stmt->is_vacuumcmd ? "VACUUM" : "ANALYZE";
    case NODE(CHECK_POINT_STMT):
        return "CHECKPOINT";
    case NODE(REINDEX_STMT):
        return "REINDEX";
    case NODE(CLUSTER_STMT):
        return "CLUSTER";
    case NODE(REFRESH_MAT_VIEW_STMT):
        return "REFRESH MATERIALIZED VIEW";
    case NODE(CONSTRAINTS_SET_STMT):
        return "SET CONSTRAINTS";
    default:
        return NULL;
    }
}

static Status convert_other(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    const char *tag = other_tag(node);
    if (tag == NULL) {
        const char *command = parser_command_name(conversion->parser, conversion->first, conversion->end);
        return error_set(conversion->error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", command);
    }
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_OTHER, tag);
    SyntaxOther *other = (*statement)->other = ARENA_NEW(conversion->arena, SyntaxOther);
    return parse_words(
        conversion->parser, conversion->first, conversion->end, &other->words, &other->word_count);
}

/* SELECT … INTO t is CREATE TABLE t AS SELECT …; in a set operation the clause stands in the leftmost part.
 */
static Status convert_select_into(Conversion *conversion, const PgQuery__SelectStmt *from,
    const PgQuery__IntoClause *into, SyntaxStatement **statement) {
    SyntaxCreateView *view = ARENA_NEW(conversion->arena, SyntaxCreateView);
    if (into->rel->relpersistence[0] == 'u')
        return convert_unsupported(conversion, into->rel->location, "UNLOGGED");
    view->kind = SYNTAX_TABLE_AS;
    view->is_temporary = into->rel->relpersistence[0] == 't';
    view->name = convert_relation_name(conversion, into->rel);
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_VIEW, "SELECT INTO");
    (*statement)->create_view = view;
    TRY(convert_select(conversion, from, &view->query));
    convert_emit(conversion, view->query);
    return OK;
}

static Status convert_query(
    Conversion *conversion, const PgQuery__SelectStmt *from, SyntaxStatement **statement) {
    PgQuery__SelectStmt *leftmost = (PgQuery__SelectStmt *)from;
    while (leftmost->larg != NULL)
        leftmost = leftmost->larg;
    const PgQuery__IntoClause *into = leftmost->into_clause;
    if (into != NULL) {
        leftmost->into_clause = NULL; /* so that the query is converted as any other */
        Status status = convert_select_into(conversion, from, into, statement);
        leftmost->into_clause = (PgQuery__IntoClause *)into;
        return status;
    }
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_SELECT, "SELECT");
    TRY(convert_select(conversion, from, &(*statement)->select));
    SyntaxSelect *select = (*statement)->select;
    convert_emit(conversion, select);
    if (select->position < 0)
        select->position = (*statement)->start;
    return OK;
}

/* Those of this file; NULL in *statement: another kind. */
static Status convert_session(
    Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    switch (node->node_case) {
    case NODE(SELECT_STMT):
        return convert_query(conversion, node->select_stmt, statement);
    case NODE(TRANSACTION_STMT):
        return convert_transaction(conversion, node->transaction_stmt, statement);
    case NODE(VARIABLE_SET_STMT):
        return convert_set(conversion, node->variable_set_stmt, statement);
    case NODE(DECLARE_CURSOR_STMT):
        return convert_declare(conversion, node->declare_cursor_stmt, statement);
    case NODE(FETCH_STMT):
        return convert_fetch(conversion, node->fetch_stmt, statement);
    case NODE(CLOSE_PORTAL_STMT):
        return convert_close(conversion, node->close_portal_stmt, statement);
    case NODE(DEALLOCATE_STMT):
        return convert_deallocate(conversion, node->deallocate_stmt, statement);
    case NODE(EXECUTE_STMT):
        return convert_execute(conversion, node->execute_stmt, statement);
    case NODE(COPY_STMT):
        return convert_copy(conversion, node->copy_stmt, statement);
    case NODE(TRUNCATE_STMT):
        return convert_truncate(conversion, node->truncate_stmt, statement);
    case NODE(LOCK_STMT):
        return convert_lock(conversion, node->lock_stmt, statement);
    case NODE(DISCARD_STMT):
        return convert_discard(conversion, node->discard_stmt, statement);
    default:
        return OK;
    }
}

Status convert_statement(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    *statement = NULL;
    TRY(convert_session(conversion, node, statement));
    if (*statement == NULL)
        TRY(convert_modify(conversion, node, statement));
    if (*statement == NULL)
        TRY(convert_define(conversion, node, statement));
    if (*statement == NULL)
        TRY(convert_privileges(conversion, node, statement));
    if (*statement == NULL)
        return convert_other(conversion, node, statement);
    if ((*statement)->kind == SYNTAX_STATEMENT_INSERT && (*statement)->insert->query != NULL)
        convert_emit(conversion, (*statement)->insert->query);
    return OK;
}
