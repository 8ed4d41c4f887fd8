/* CREATE TABLE and CREATE SOURCE. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "server/catalog/definition_text.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/class_entries.h"
#include "server/commands/command.h"
#include "server/commands/sequence.h"
#include "server/commands/role.h"

enum { COLUMNS_MAX = 1600 };

/* What is being put together. */
typedef struct Definition {
    Analysis *analysis;
    Session *session;
    const SyntaxCreateTable *syntax;
    Object *object;
    CatalogColumn *columns;
    const char **metadata;
    int count, capacity;
    bool has_connector; /* its rows come from there; a source stores nothing of them */
    const Object *like; /* what is being copied from */
} Definition;

static int find_column(const Definition *definition, const char *name) {
    for (int i = 0; i < definition->count; i++)
        if (strcmp(definition->columns[i].name, name) == 0)
            return i;
    return -1;
}

static Status add_column(
    Definition *definition, const CatalogColumn *column, const char *metadata, int position, Error *error) {
    if (find_column(definition, column->name) >= 0) {
        error_set(error, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once", column->name);
        return analysis_error_at(definition->analysis, position, error);
    }
    if (definition->count >= COLUMNS_MAX && !column->is_hidden)
        return error_set(error, STATUS_TOO_MANY_COLUMNS, "tables can have at most %d columns", COLUMNS_MAX);
    definition->columns[definition->count] = *column;
    definition->metadata[definition->count++] = metadata;
    return OK;
}

static const CatalogDefinition *text_of(const Definition *definition, int start, int length) {
    return definition_of_text(definition->object->arena, definition->analysis->sql + start, (size_t)length);
}

TypeId ddl_serial_type(const SyntaxType *type) {
    static const struct {
        const char *name;
        TypeId type;
    } serials[] = {{"serial", TYPE_INT4}, {"serial4", TYPE_INT4}, {"bigserial", TYPE_INT8},
        {"serial8", TYPE_INT8}, {"smallserial", TYPE_INT2}, {"serial2", TYPE_INT2}};
    for (size_t i = 0; type != NULL && type->name.part_count == 1 && type->array_dimensions == 0 &&
                       i < sizeof serials / sizeof *serials;
         i++)
        if (strcmp(type->name.parts[0], serials[i].name) == 0)
            return serials[i].type;
    return TYPE_UNKNOWN;
}

static Status add_syntax_column(
    Definition *definition, const SyntaxColumn *syntax, PlannerContext *planner, Error *error) {
    Arena *arena = definition->object->arena;
    CatalogColumn column = {.name = arena_strdup(arena, syntax->name),
        .type = type_of(TYPE_UNKNOWN),
        .is_not_null = syntax->is_not_null || syntax->is_primary_key};
    TypeId serial = ddl_serial_type(syntax->type);
    if (serial != TYPE_UNKNOWN)
        column.type = type_of(serial);
    else if (syntax->type != NULL)
        TRY(plan_type(planner, syntax->type, &column.type, error));
    if ((serial != TYPE_UNKNOWN || syntax->identity != 0) && syntax->default_value != NULL) {
        error_set(error, STATUS_SYNTAX_ERROR,
            syntax->identity != 0 ? "both default and identity specified for column \"%s\" of table \"%s\""
                                  : "multiple default values specified for column \"%s\" of table \"%s\"",
            syntax->name, definition->object->relation.name);
        return analysis_error_at(definition->analysis, syntax->position, error);
    }
    if ((serial != TYPE_UNKNOWN || syntax->identity != 0) && definition->has_connector)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "DEFAULT is not supported where a connector brings the rows");
    if (syntax->identity != 0 && column.type.id != TYPE_INT2 && column.type.id != TYPE_INT4 &&
        column.type.id != TYPE_INT8)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "identity column type must be smallint, integer, or bigint");
    column.identity = syntax->identity;
    if (serial != TYPE_UNKNOWN || syntax->identity != 0)
        TRY(sequence_for_column(
            definition->session, definition->object, &column, &syntax->identity_options, error));
    if (syntax->default_value != NULL) {
        if (definition->has_connector)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "DEFAULT is not supported where a connector brings the rows");
        column.default_value = text_of(definition, syntax->default_start, syntax->default_length);
    }
    if (syntax->computed != NULL)
        column.computed = text_of(definition, syntax->computed_start, syntax->computed_length);
    const char *metadata = NULL;
    if (syntax->is_metadata)
        metadata = arena_strdup(arena, syntax->metadata_key != NULL ? syntax->metadata_key : syntax->name);
    return add_column(definition, &column, metadata, syntax->position, error);
}

/* Another table's definition, to be bound anew over the columns of this one, which are called the same. */
static const CatalogDefinition *like_definition(const Definition *definition, const CatalogDefinition *from) {
    const Naming naming = naming_of(definition->session, definition->analysis->snapshot);
    Text text = {0};
    if (from == NULL)
        return NULL;
    definition_add(&naming, &definition->like->relation, from, &text);
    const CatalogDefinition *like =
        definition_of_text(definition->object->arena, text_string(&text), text.length);
    text_free(&text);
    return like;
}

static Status add_like_columns(Definition *definition, const SyntaxLike *like, Error *error) {
    Object *from;
    Arena *arena = definition->object->arena;
    TRY(analysis_find(definition->analysis, &like->name, &from, error));
    definition->like = from;
    for (int i = 0; i < from->relation.column_count; i++) {
        CatalogColumn column = from->relation.columns[i];
        if (column.is_hidden)
            continue;
        column.name = arena_strdup(arena, column.name);
        column.default_value = like->with_defaults ? like_definition(definition, column.default_value) : NULL;
        column.computed = like->with_generated ? like_definition(definition, column.computed) : NULL;
        /* What is known of the other's rows does not hold for these. */
        column.has_watermark = column.is_window_bound = column.is_clock = false;
        column.arrival = 0;
        TRY(add_column(definition, &column, NULL, like->name.position, error));
    }
    for (int i = 0; like->with_comments && i < from->comment_count; i++)
        if (from->comments[i].part == COMMENT_COLUMN)
            object_set_comment(
                definition->object, COMMENT_COLUMN, from->comments[i].name, from->comments[i].text);
    return OK;
}

/* INCLUDE what ['header'] AS alias: a metadata column of its own. */
static Status add_include(
    Definition *definition, const SyntaxInclude *include, PlannerContext *planner, Error *error) {
    static const struct {
        const char *what;
        TypeId type;
    } kinds[] = {{"key", TYPE_TEXT}, {"partition", TYPE_INT4}, {"offset", TYPE_INT8},
        {"timestamp", TYPE_TIMESTAMPTZ}, {"payload", TYPE_TEXT}, {"topic", TYPE_TEXT},
        {"headers", TYPE_JSONB}, {"header", TYPE_JSONB}};
    bool is_header = strcmp(include->what, "header") == 0;
    if (include->argument != NULL && !is_header) {
        error_set(error, STATUS_SYNTAX_ERROR, "INCLUDE %s takes no name", include->what);
        return analysis_error_at(definition->analysis, include->position, error);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].what, include->what) != 0)
            continue;
        Arena *arena = definition->object->arena;
        const char *metadata = is_header ? "headers" : kinds[i].what;
        CatalogColumn column = {
            .type = type_of(kinds[i].type), .name = arena_printf(arena, "_%s", include->what)};
        if (include->argument != NULL) {
            metadata = arena_printf(arena, "header:%s", include->argument);
            column = (CatalogColumn){
                .type = type_of(TYPE_TEXT), .name = arena_printf(arena, "_header_%s", include->argument)};
        }
        if (include->alias != NULL)
            column.name = arena_strdup(arena, include->alias);
        if (include->type != NULL)
            TRY(plan_type(planner, include->type, &column.type, error));
        return add_column(definition, &column, metadata, include->position, error);
    }
    error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "INCLUDE %s is not supported", include->what);
    return analysis_error_at(definition->analysis, include->position, error);
}

static void publish_columns(Definition *definition) {
    definition->object->relation.columns = definition->columns;
    definition->object->relation.column_count = definition->count;
    definition->object->metadata = definition->metadata;
}

static Status set_key(
    Definition *definition, const char *name, const char *const *names, int count, Error *error) {
    Object *object = definition->object;
    if (object->relation.key_count >= 0)
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
            "multiple primary keys for table \"%s\" are not allowed", object->relation.name);
    int *key = ARENA_ARRAY(object->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        key[i] = find_column(definition, names[i]);
        if (key[i] < 0)
            return error_set(
                error, STATUS_UNDEFINED_COLUMN, "column \"%s\" named in key does not exist", names[i]);
        definition->columns[key[i]].is_not_null = true;
    }
    object->relation.key = key;
    object->relation.key_count = count;
    return ddl_name_key(definition->session, object, name, error);
}

/* UNIQUE: an index, reserved under its name like a table. */
static Status add_unique(
    Definition *definition, const char *name, const char *const *names, int count, Error *error) {
    Object *object = definition->object;
    int *key = ARENA_ARRAY(object->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        key[i] = find_column(definition, names[i]);
        if (key[i] < 0)
            return error_set(
                error, STATUS_UNDEFINED_COLUMN, "column \"%s\" named in key does not exist", names[i]);
    }
    if (definition->has_connector)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "UNIQUE constraints are not supported where a connector brings the rows");
    CatalogIndex index = {.is_unique = true, .is_constraint = true, .key = key, .key_count = count};
    publish_columns(definition);
    TRY(ddl_name_index(definition->session, object, name, &index, error));
    return ddl_append_index(definition->analysis->instance, object, &index, error);
}

/* Names that are NULL are made when the columns are known. */
static void append_check(Definition *definition, const char *name, const CatalogDefinition *check) {
    CatalogRelation *relation = &definition->object->relation;
    Arena *arena = definition->object->arena;
    const char **names = (const char **)relation->check_names;
    const CatalogDefinition **checks = (const CatalogDefinition **)relation->checks;
    int count = relation->check_count;
    ARENA_APPEND(arena, names, count, arena_strdup(arena, name));
    ARENA_APPEND(arena, checks, relation->check_count, check);
    relation->check_names = names;
    relation->checks = checks;
}

static Status add_check(Definition *definition, const SyntaxCheck *check, Error *error) {
    const CatalogRelation *relation = &definition->object->relation;
    for (int i = 0; i < relation->check_count && check->name != NULL; i++)
        if (relation->check_names[i] != NULL && strcmp(relation->check_names[i], check->name) == 0)
            return error_set(
                error, STATUS_DUPLICATE_OBJECT, "check constraint \"%s\" already exists", check->name);
    append_check(definition, check->name, text_of(definition, check->start, check->length));
    return OK;
}

static Status add_named_columns(Definition *definition, const CatalogRelation *from, const int *key,
    int count, bool is_primary, Error *error) {
    const char **names = ARENA_ARRAY(definition->object->arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        names[i] = from->columns[key[i]].name;
    return is_primary ? set_key(definition, NULL, names, count, error)
                      : add_unique(definition, NULL, names, count, error);
}

/* INCLUDING CONSTRAINTS and INDEXES of LIKE. */
static Status add_like_constraints(Definition *definition, const SyntaxLike *like, Error *error) {
    Object *from;
    TRY(analysis_find(definition->analysis, &like->name, &from, error));
    const CatalogRelation *relation = &from->relation;
    definition->like = from;
    for (int i = 0; like->with_constraints && i < relation->check_count; i++)
        append_check(definition, relation->check_names[i], like_definition(definition, relation->checks[i]));
    if (like->with_indexes && relation_has_key(relation))
        TRY(add_named_columns(definition, relation, relation->key, relation->key_count, true, error));
    for (int i = 0; like->with_indexes && i < relation->index_count; i++)
        if (relation->indexes[i].is_unique)
            TRY(add_named_columns(definition, relation, relation->indexes[i].key,
                relation->indexes[i].key_count, false, error));
    return OK;
}

static Status add_constraints(Definition *definition, Error *error) {
    const SyntaxCreateTable *syntax = definition->syntax;
    for (int i = 0; i < syntax->like_count; i++)
        TRY(add_like_constraints(definition, &syntax->likes[i], error));
    for (int i = 0; i < syntax->column_count; i++) {
        if (syntax->columns[i].is_primary_key)
            TRY(set_key(definition, syntax->columns[i].key_name, &syntax->columns[i].name, 1, error));
        if (syntax->columns[i].is_unique)
            TRY(add_unique(definition, syntax->columns[i].unique_name, &syntax->columns[i].name, 1, error));
        for (int c = 0; c < syntax->columns[i].check_count; c++)
            TRY(add_check(definition, &syntax->columns[i].checks[c], error));
    }
    for (int i = 0; i < syntax->constraint_count; i++) {
        const SyntaxConstraint *constraint = &syntax->constraints[i];
        switch (constraint->kind) {
        case SYNTAX_CONSTRAINT_PRIMARY_KEY:
            TRY(set_key(definition, constraint->name, constraint->columns, constraint->column_count, error));
            break;
        case SYNTAX_CONSTRAINT_UNIQUE:
            TRY(add_unique(
                definition, constraint->name, constraint->columns, constraint->column_count, error));
            break;
        case SYNTAX_CONSTRAINT_CHECK:
            TRY(add_check(definition, &constraint->check, error));
            break;
        }
    }
    if (definition->has_connector && definition->object->relation.check_count > 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "CHECK constraints are not supported where a connector brings the rows");
    return OK;
}

/* A source's time is that of whoever reads it; a table's rows keep what they came with, but for PROCTIME().
 */
static bool is_clock(const Definition *definition, const Expression *expression) {
    const Expression *clock = expression_find(expression, FUNCTION_CLOCK);
    return clock != NULL &&
           (definition->syntax->is_source || clock->function->meaning == MEANING_PROCESSING_TIME);
}

/* A computed column without a type takes its expression's. */
static Status check_expressions(Definition *definition, PlannerContext *planner, Error *error) {
    publish_columns(definition);
    const CatalogRelation *relation = &definition->object->relation;
    for (int i = 0; i < definition->count; i++) {
        CatalogColumn *column = &definition->columns[i];
        Expression *expression;
        if (column->default_value != NULL) {
            CatalogRelation none = *relation;
            none.column_count = 0;
            TRY(plan_definition(planner, &column->default_value, &none, column->type, &expression, error));
        }
        if (column->computed != NULL) {
            TRY(plan_definition(planner, &column->computed, relation, column->type, &expression, error));
            column->type = expression->type.id == TYPE_UNKNOWN ? type_of(TYPE_TEXT)
                           : column->type.id == TYPE_UNKNOWN   ? expression->type
                                                               : column->type;
            column->is_clock = is_clock(definition, expression);
        }
    }
    for (int i = 0; i < relation->check_count; i++) {
        Expression *expression;
        const CatalogDefinition **check = (const CatalogDefinition **)&relation->checks[i];
        TRY(plan_definition(planner, check, relation, type_of(TYPE_BOOL), &expression, error));
        if (relation->check_names[i] == NULL)
            ((const char **)relation->check_names)[i] = ddl_name_check(definition->object, *check);
    }
    return OK;
}

static Status set_watermark(
    Definition *definition, PlannerContext *planner, const char *default_column, Error *error) {
    const SyntaxWatermark *syntax = definition->syntax->watermark;
    CatalogRelation *relation = &definition->object->relation;
    if (syntax == NULL && (default_column == NULL || !relation->is_append_only))
        return OK;
    bool has_changes = changes_are_by_key(changes_kind(definition->object->format));
    if (definition->has_connector && !relation->is_append_only && !has_changes)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "WATERMARK is not supported with a PRIMARY KEY and a connector: its rows may be changed");
    const char *name = syntax != NULL ? syntax->column : default_column;
    int column = find_column(definition, name);
    if (column < 0) {
        error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", name);
        return analysis_error_at(definition->analysis, syntax != NULL ? syntax->position : -1, error);
    }
    TypeId type = (TypeId)definition->columns[column].type.id;
    if (type != TYPE_TIMESTAMP && type != TYPE_TIMESTAMPTZ) {
        error_set(error, STATUS_DATATYPE_MISMATCH, "WATERMARK column \"%s\" must be a timestamp, not %s",
            name, type_sql_name(type));
        return analysis_error_at(definition->analysis, syntax != NULL ? syntax->position : -1, error);
    }
    if (definition->columns[column].is_clock) {
        error_set(error, STATUS_INVALID_TABLE_DEFINITION, "processing time \"%s\" needs no WATERMARK", name);
        return analysis_error_at(definition->analysis, syntax != NULL ? syntax->position : -1, error);
    }
    relation->watermark_column = column;
    if (syntax != NULL)
        relation->watermark = text_of(definition, syntax->start, syntax->length);
    else {
        const char *text = arena_printf(definition->object->arena, "\"%s\" - INTERVAL '4' SECOND", name);
        relation->watermark = definition_of_text(definition->object->arena, text, strlen(text));
    }
    Expression *expression;
    TRY(plan_definition(
        planner, &relation->watermark, relation, definition->columns[column].type, &expression, error));
    definition->columns[column].has_watermark = true;
    definition->columns[column].is_window_bound = has_changes; /* late changes are not applied */
    if (!definition->has_connector && !definition->syntax->is_append_only) {
        error_set(error, STATUS_INVALID_TABLE_DEFINITION, "a table with a WATERMARK must be APPEND ONLY");
        return error_hint(error, "Write APPEND ONLY behind the column list.");
    }
    return OK;
}

static Status add_hidden(Definition *definition, const char *name, TypeId type, Error *error) {
    CatalogColumn column = {.name = name, .type = type_of(type), .is_hidden = true, .is_not_null = true};
    return add_column(definition, &column, NULL, -1, error);
}

static void copy_options(Arena *arena, const SyntaxOptions *options, const char *skip, int *count,
    const char ***names, const char ***values) {
    *names = ARENA_ARRAY(arena, const char *, options->count + 1);
    *values = ARENA_ARRAY(arena, const char *, options->count + 1);
    *count = 0;
    for (int i = 0; i < options->count; i++) {
        if (skip != NULL && strcmp(options->items[i].name, skip) == 0)
            continue;
        (*names)[*count] = arena_strdup(arena, options->items[i].name);
        (*values)[(*count)++] =
            arena_strdup(arena, options->items[i].value == NULL ? "true" : options->items[i].value);
    }
}

Status ddl_set_connector(
    Object *object, const SyntaxOptions *options, const SyntaxFormat *format, Error *error) {
    Arena *arena = object->arena;
    for (int i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, "connector") == 0)
            object->connector = arena_strdup(arena, options->items[i].value);
    copy_options(
        arena, options, "connector", &object->option_count, &object->option_names, &object->option_values);
    copy_options(arena, &format->encode_options, NULL, &object->encode_option_count,
        &object->encode_option_names, &object->encode_option_values);
    object->format = arena_strdup(arena, format->format);
    object->encode = arena_strdup(arena, format->encode);
    if (object->connector == NULL)
        return OK;
    ConnectorSpelling spelling = {object->connector, object->format, object->encode, object->option_count,
        object->option_names, object->option_values};
    TRY(connector_respell(&spelling, arena, error));
    object->connector = spelling.connector;
    object->format = spelling.format;
    object->encode = spelling.encode;
    object->option_count = spelling.option_count;
    const ConnectorType *type = connector_by_name(object->connector);
    for (int i = 0; type != NULL && i < object->option_count; i++)
        object->option_names[i] = connector_option_name(type, object->option_names[i]);
    for (int i = 0; i < object->option_count; i++)
        for (int other = 0; other < i; other++)
            if (strcmp(object->option_names[i], object->option_names[other]) == 0)
                return error_set(
                    error, STATUS_SYNTAX_ERROR, "option \"%s\" is given twice", object->option_names[i]);
    return type != NULL ? OK : connector_refuse(object->connector, error);
}

static Status add_default_columns(Definition *definition, const char **watermark_column, Error *error) {
    Object *object = definition->object;
    const ConnectorType *type = connector_by_name(object->connector);
    if (definition->count > 0 || type->default_columns == NULL)
        return definition->count > 0
                   ? OK
                   : error_set(error, STATUS_INVALID_TABLE_DEFINITION,
                         "a source with connector \"%s\" must declare its columns", object->connector);
    ConnectorDefinition connector;
    Schema columns;
    publish_columns(definition);
    instance_connector_definition(definition->analysis->instance, object, object->arena, &connector);
    TRY(type->default_columns(&connector, object->arena, &columns, watermark_column, error));
    if (columns.count > definition->capacity)
        return error_set(error, STATUS_TOO_MANY_COLUMNS, "the connector gives too many columns");
    for (int i = 0; i < columns.count; i++) {
        CatalogColumn column = {.name = columns.names[i], .type = columns.types[i]};
        TRY(add_column(definition, &column, NULL, -1, error));
    }
    return OK;
}

static Status plan(Definition *definition, PlannerContext *planner, Error *error) {
    Object *object = definition->object;
    ConnectorDefinition connector;
    OperatorSpec *spec;
    instance_connector_definition(definition->analysis->instance, object, object->arena, &connector);
    TRY(plan_source(planner, &object->relation, &connector.columns, &spec, error));
    ddl_set_spec(object, spec);
    return OK;
}

static Status keep_table_watermark(Definition *definition, PlannerContext *planner, Error *error) {
    Object *object = definition->object;
    const CatalogRelation *relation = &object->relation;
    if (relation->watermark == NULL)
        return OK;
    Expression *expression;
    Text bytes = {0};
    TRY(plan_expression(planner, relation->watermark, relation,
        relation->columns[relation->watermark_column].type, &expression, error));
    expression_encode(expression, &bytes);
    object->watermark = arena_copy(object->arena, bytes.bytes, bytes.length);
    object->watermark_length = (uint32_t)bytes.length;
    text_free(&bytes);
    return OK;
}

/* `off` is for ever. */
static Status read_duration(const char *value, int64_t *microseconds, Error *error) {
    *microseconds = INT64_MAX;
    if (strcmp(value, "off") == 0)
        return OK;
    Datum interval;
    Arena *arena = arena_create();
    Status status = datum_parse(
        type_of(TYPE_INTERVAL), value, strlen(value), &type_settings_default, arena, &interval, error);
    if (status == OK)
        *microseconds = interval.interval.microseconds +
                        (interval.interval.days + 30 * (int64_t)interval.interval.months) * 86400000000LL;
    arena_destroy(arena);
    return status == OK && *microseconds < 0
               ? error_set(error, STATUS_INVALID_PARAMETER_VALUE, "\"%s\" is less than no time", value)
               : status;
}

/* Options of ours that stand among the connector's. */
static Status take_own_options(Object *object, Error *error) {
    int kept = 0;
    object->idle_timeout = IDLE_TIMEOUT_DEFAULT;
    object->drift_max = DRIFT_MAX_DEFAULT;
    for (int i = 0; i < object->option_count; i++) {
        const char *name = object->option_names[i], *value = object->option_values[i];
        if (strcmp(name, "source_idle_timeout") == 0 || strcmp(name, "scan.watermark.idle-timeout") == 0) {
            TRY(read_duration(value, &object->idle_timeout, error));
            continue;
        }
        if (strcmp(name, "source_drift_max") == 0 ||
            strcmp(name, "scan.watermark.alignment.max-drift") == 0) {
            TRY(read_duration(value, &object->drift_max, error));
            continue;
        }
        object->option_names[kept] = name;
        object->option_values[kept++] = value;
    }
    object->option_count = kept;
    return OK;
}

/* What tunes PostgreSQL's storage of a table; accepted as the settings of its planner are. */
static void drop_storage_parameters(Definition *definition) {
    static const char *const known[] = {
        "fillfactor", "autovacuum_enabled", "parallel_workers", "toast_tuple_target"};
    Object *object = definition->object;
    int kept = 0;
    for (int i = 0; i < object->option_count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            is_known |= strcmp(object->option_names[i], known[k]) == 0;
        if (is_known) {
            session_notice(definition->session, SEVERITY_NOTICE, OK,
                "storage parameter \"%s\" has no effect here", object->option_names[i]);
            continue;
        }
        object->option_names[kept] = object->option_names[i];
        object->option_values[kept++] = object->option_values[i];
    }
    object->option_count = kept;
}

/* COMMENT clauses. */
static void add_comments(const Definition *definition) {
    const SyntaxCreateTable *syntax = definition->syntax;
    if (syntax->comment != NULL)
        object_set_comment(definition->object, COMMENT_OBJECT, "", syntax->comment);
    for (int i = 0; i < syntax->column_count; i++)
        if (syntax->columns[i].comment != NULL)
            object_set_comment(
                definition->object, COMMENT_COLUMN, syntax->columns[i].name, syntax->columns[i].comment);
}

/* Opens the reader, which checks that the other side answers, and resolves where the source starts: once. */
static Status open_source(Definition *definition, SourceReader **reader, Error *error) {
    Object *object = definition->object;
    ConnectorDefinition connector;
    instance_connector_definition(definition->analysis->instance, object, object->arena, &connector);
    TRY(connector_validate(&connector, false, error));
    const ConnectorType *type = connector_by_name(object->connector);
    if (type->open_source == NULL)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "connector \"%s\" has no source", object->connector);
    TRY(type->open_source(&connector, reader, error));
    Status status = (*reader)->type->partition_count(*reader, &object->partition_count, error);
    object->start_offsets = ARENA_ARRAY(object->arena, int64_t, object->partition_count + 1);
    for (int p = 0; p < object->partition_count && status == OK; p++)
        status = (*reader)->type->start_offset(*reader, p, &object->start_offsets[p], error);
    if (status != OK)
        (*reader)->type->close(*reader);
    return status;
}

/* Changes are by the declared key; a table keeps the newest row of each. Of a source's stream of rows it is
   the user's word, not proven: that has none. */
static Status set_changes(Definition *definition, Error *error) {
    Object *object = definition->object;
    CatalogRelation *relation = &object->relation;
    ChangesKind changes = changes_kind(object->format);
    bool is_stream = !changes_are_by_key(changes);
    relation->is_append_only = is_stream && (relation->kind == RELATION_SOURCE || relation->key_count <= 0);
    if (relation->is_append_only) {
        relation->declared = relation->key;
        relation->declared_count = relation->key_count > 0 ? relation->key_count : 0;
        relation->key_count = -1;
    }
    if (is_stream)
        return OK;
    const char *format = changes == CHANGES_UPSERT ? "UPSERT" : "DEBEZIUM";
    if (!connector_by_name(object->connector)->carries_changes)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "FORMAT %s is not supported for connector \"%s\"", format, object->connector);
    if (relation->key_count <= 0) {
        error_set(error, STATUS_INVALID_TABLE_DEFINITION, "FORMAT %s needs a PRIMARY KEY", format);
        return error_hint(error, "Its records change rows by their key.");
    }
    for (int k = 0; k < relation->key_count; k++)
        if (definition->columns[relation->key[k]].computed != NULL)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "a computed column in the PRIMARY KEY is not supported with FORMAT %s", format);
    return OK;
}

static Status fill(Definition *definition, SourceReader **reader, Error *error) {
    const SyntaxCreateTable *syntax = definition->syntax;
    Object *object = definition->object;
    PlannerContext planner;
    analysis_context(definition->analysis, definition->session, NULL, &planner);
    planner.arena = object->arena;
    TRY(ddl_set_connector(object, &syntax->options, &syntax->format, error));
    TRY(ddl_check_connector(definition->analysis, object, error));
    if (syntax->format.key_encode != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "KEY ENCODE is not supported");
    definition->has_connector = object->connector != NULL;
    if (syntax->is_source && object->connector == NULL)
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION, "CREATE SOURCE needs WITH (connector = …)");
    if (!definition->has_connector)
        drop_storage_parameters(definition);
    for (int i = 0; i < object->option_count && !definition->has_connector; i++)
        if (strcmp(object->option_names[i], "on_conflict") != 0)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "unrecognized parameter \"%s\"",
                object->option_names[i]);
    object_read_options(object);
    const char *on_conflict = object->relation.on_conflict;
    if (on_conflict != NULL && strcmp(on_conflict, "overwrite") != 0 && strcmp(on_conflict, "ignore") != 0 &&
        strcmp(on_conflict, "if_not_null") != 0)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "invalid value for option \"on_conflict\": \"%s\"", on_conflict);
    if (syntax->has_star)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "columns from a schema registry (*) are not supported");
    if (syntax->partitioned_by.part_count > 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "PARTITIONED BY is not supported");
    if (definition->has_connector && schema_is_temporary(object->relation.schema))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "temporary sources are not supported");
    object->relation.kind = syntax->is_source ? RELATION_SOURCE : RELATION_TABLE;
    object->relation.has_connector = definition->has_connector && !syntax->is_source;
    object->relation.is_append_only = definition->has_connector || syntax->is_append_only;
    for (int i = 0, like = 0; i <= syntax->column_count; i++) {
        for (; like < syntax->like_count && syntax->likes[like].before == i; like++)
            TRY(add_like_columns(definition, &syntax->likes[like], error));
        if (i < syntax->column_count)
            TRY(add_syntax_column(definition, &syntax->columns[i], &planner, error));
    }
    for (int i = 0; i < syntax->include_count; i++)
        TRY(add_include(definition, &syntax->includes[i], &planner, error));
    const char *default_watermark = NULL;
    if (definition->has_connector)
        TRY(add_default_columns(definition, &default_watermark, error));
    TRY(add_constraints(definition, error));
    if (definition->has_connector)
        TRY(set_changes(definition, error));
    TRY(check_expressions(definition, &planner, error));
    TRY(set_watermark(definition, &planner, default_watermark, error));
    if (!definition->has_connector && object->relation.key_count < 0)
        TRY(add_hidden(definition, "$row_id", TYPE_INT8, error));
    if (object->relation.watermark_column >= 0)
        TRY(add_hidden(definition, "$arrival",
            (TypeId)definition->columns[object->relation.watermark_column].type.id, error));
    publish_columns(definition);
    add_comments(definition);
    if (!definition->has_connector)
        return keep_table_watermark(definition, &planner, error);
    TRY(take_own_options(object, error));
    TRY(plan(definition, &planner, error));
    return open_source(definition, reader, error);
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateTable *syntax = analysis->syntax->create_table;
    Instance *instance = analysis->instance;
    const char *schema, *name;
    bool is_temporary = syntax->is_temporary;
    TRY(ddl_new_name(execution, &syntax->name, &is_temporary, &schema, &name, error));
    Status status;
    if (ddl_skips(execution->session, schema, name, syntax->if_not_exists, &status, error))
        return OK;
    TRY(status);
    Object *object = object_create(catalog_next_id(instance->catalog), RELATION_TABLE, schema, name);
    ddl_freeze_settings(object, execution->session);
    status = ddl_set_on_commit(object, syntax->on_commit, error);
    int capacity = syntax->column_count + syntax->include_count + 64;
    for (int i = 0; i < syntax->like_count; i++) {
        Object *from;
        TRY(analysis_find(analysis, &syntax->likes[i].name, &from, error));
        capacity += from->relation.column_count;
    }
    Definition definition = {
        .analysis = analysis,
        .session = execution->session,
        .syntax = syntax,
        .object = object,
        .columns = ARENA_ARRAY(object->arena, CatalogColumn, capacity),
        .metadata = ARENA_ARRAY(object->arena, const char *, capacity),
        .capacity = capacity - 4,
    };
    SourceReader *reader = NULL;
    if (status == OK)
        status = fill(&definition, &reader, error);
    if (status == OK)
        status = ddl_add(execution->session, object, reader, error);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_table_command = {.is_definition = true, .execute = create_execute};
