/* Command: how one kind of statement is analysed and run. One const record a file, listed in commands.def. */
#ifndef LEAT_COMMANDS_COMMAND_H
#define LEAT_COMMANDS_COMMAND_H

#include "planner/planner.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"
#include "server/engine/write_set.h"
#include "server/engine/instance.h"
#include "server/session/session.h"

typedef struct Command Command;

/* One analysed statement: what the engine keeps behind a Prepared. Everything lies in its arena. */
typedef struct Analysis {
    Prepared prepared;
    const Command *command;
    Instance *instance;
    Session *session;
    Arena *arena;
    const SyntaxStatement *syntax;
    const char *sql;
    CatalogSnapshot *snapshot;
    const char *search_path; /* the setting, as it was */
    const char *role_name;   /* whom the session acted as */
    struct Role *role;
    CatalogView view;
    int parameter_count;
    Type *parameter_types;
    void *plan; /* the command's own */
} Analysis;

struct Command {
    SyntaxStatementKind kind;
    bool is_forbidden_in_block; /* 25001 in a transaction block */
    bool is_read_only;
    bool is_definition; /* its changes wait for the transaction's commit: see ddl.h */
    /* Sets what prepared says of results and parameters. NULL: none of either. */
    Status (*prepare)(Analysis *analysis, Error *error);
    Status (*execute)(
        Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error);
};

extern const Engine leat_engine; /* context: the Instance */

/* What the planner needs; parameters may be NULL (analysing). Types found are written back by
   analysis_keep_parameters. */
void analysis_context(Analysis *analysis, Session *session, const Value *parameters, PlannerContext *context);
void analysis_keep_parameters(Analysis *analysis, const PlannerContext *context);
/* Result columns of a schema's first `count` columns. */
/* origins by column; NULL: none is a relation's own. */
void analysis_set_columns(Analysis *analysis, const Schema *schema, const ColumnOrigin *origins, int count);
/* The same for fixed text columns, as of SHOW. */
void analysis_set_text_columns(Analysis *analysis, int count, const char *const *names);

/* The text of a part of the user's statement. */
const char *analysis_text(const Analysis *analysis, int start, int length);
/* The object that a name means: 42P01 at its position when there is none, 3F000 for an unknown schema. */
Status analysis_find(const Analysis *analysis, const SyntaxName *name, Object **object, Error *error);
/* The schema of a new object and its name: 3F000 when there is no such schema, or none in the search path. */
Status analysis_new_name(
    const Analysis *analysis, const SyntaxName *name, const char **schema, const char **out, Error *error);
Status analysis_error_at(
    const Analysis *analysis, int position, Error *error); /* error_at of a byte position */

/* A statement that is not a query. run is called once, on a thread that may block for a moment: it may add
   result rows, and may leave something to await. */
typedef struct SimpleExecution SimpleExecution;
struct SimpleExecution {
    Execution base;
    Analysis *analysis;
    Session *session;
    const Value *parameters;
    Status (*run)(SimpleExecution *execution, Error *error);
    void (*cancel)(SimpleExecution *execution); /* while awaiting; NULL: only stops waiting */
    Status (*finish)(SimpleExecution *execution, const Error *outcome,
        Error *error);  /* after what was awaited; NULL: passes outcome on; may leave more to await */
    void *finish_state; /* its own */
    void (*finish_free)(void *finish_state); /* NULL: nothing to free */
    bool has_run;
    struct Await *await;
    BatchList rows;
    int row;
    void *state;
};
Execution *simple_execution(Analysis *analysis, Session *session, const Value *parameters,
    Status (*run)(SimpleExecution *execution, Error *error));
/* Appends one row of texts (NULL: NULL). */
void simple_add_row(SimpleExecution *execution, int count, const char *const *texts);
void simple_tag(SimpleExecution *execution, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something that the coordinator completes later. Reference counted: by the execution and by the completion.
 */
typedef struct Await Await;
Await *await_create(Execution *execution);
Completion await_completion(Await *await);        /* takes one reference over */
bool await_is_done(Await *await, Error *outcome); /* outcome: copied, empty when well */
void await_detach(Await *await);                  /* no wake from now on; drops the execution's reference */

/* A query over one published state. */
typedef struct QueryContext QueryContext;
QueryContext *query_context_create(
    Analysis *analysis, Session *session); /* pins: the transaction's state, or the newest */
void query_context_destroy(QueryContext *context);
/* What the transaction writes from now on is not seen. */
void query_context_freeze(QueryContext *context);
/* The rows of a system relation that a plan has made for itself ("$with.0"): taken over, instead of what was
   given before. */
void query_context_give(QueryContext *context, const char *relation, BatchList *rows);
/* Runs a plan to its end. */
Status query_context_run(QueryContext *context, const OperatorSpec *root, SessionFacts *facts,
    const Execution *execution, Status (*take)(void *argument, Batch *batch, Error *error), void *argument,
    Error *error);
Environment *query_context_environment(QueryContext *context);
/* The session's settings as they are when the query begins: a set_config() in it does not change them. */
const TypeSettings *query_context_settings(const QueryContext *context);
const Published *query_context_published(const QueryContext *context);

/* What the engine keeps of a session. */
typedef struct SessionState {
    Instance *instance;
    const Published *pinned; /* of a REPEATABLE READ transaction, from its first query on */
    WriteSet *writes;        /* of the open transaction; NULL: none */
    const char *
        retry; /* the text of the transaction's one DML statement, which may be evaluated again; NULL: none */
    Type *retry_types;
    Value *retry_parameters;
    int retry_count;    /* of parameters */
    Arena *retry_arena; /* holds all three */
    bool is_retriable;
    SessionLink link;
    SystemFacts system; /* over the newest catalog when names were last asked for */
    TypeNames names;
    SessionFacts facts;
    struct CatalogChange *changes; /* what the open transaction has defined and dropped: see ddl.h */
    int change_count, change_capacity;
    uint64_t change_serial;
    CatalogSnapshot *catalog; /* the newest with the changes over it, as last made; NULL: none */
    uint64_t catalog_base;
    struct {
        uint32_t id;
        int64_t value;
    } * seen; /* of sequences: what currval gives */
    int seen_count, seen_capacity;
    uint32_t last_sequence;  /* lastval's */
    bool has_temporary;      /* objects, or had them */
    struct Notices *notices; /* notify.c; NULL: none yet */
    int held;                /* holds on the coordinator by this session */
} SessionState;
static inline SessionState *session_state(const Session *session) {
    return session_engine_state(session);
}

/* The catalog as the session sees it: the newest, with what the open transaction has changed. A reference. */
CatalogSnapshot *session_catalog(SessionState *state);

/* dml.c: evaluates a DML statement into the session's write set; rows of RETURNING go to `returning` (may be
   NULL). */
Status dml_evaluate(Analysis *analysis, Session *session, const Value *parameters, const Execution *execution,
    int64_t *row_count, BatchList *returning, Error *error);
/* The command tag of a statement that has changed so many rows. */
void dml_tag(const Analysis *analysis, int64_t row_count, Execution *execution);

#define COMMAND(name) extern const Command name##_command;
#include "server/commands/commands.def"
#undef COMMAND

#endif
