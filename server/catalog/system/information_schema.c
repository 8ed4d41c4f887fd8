/* information_schema: the standard's view of relations, columns and constraints. */
#include <stdio.h>
#include <string.h>

#include "server/catalog/search_path.h"
#include "server/catalog/definition_text.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/role.h"
#include "server/catalog/system/system_rows.h"
#include "executor/types/definition.h"
#include "server/catalog/made_types.h"
#include "server/session/session.h"

static void row_catalog(SystemRows *rows) {
    row_text(rows, session_database(rows->facts->session));
}

/* Relations in the standard's sense: indexes are none. */
static bool next_relation(ClassIterator *iterator, ClassEntry *entry) {
    while (class_next(iterator, entry))
        if (entry->kind != 'i')
            return true;
    return false;
}

static void row_relation(SystemRows *rows, const CatalogRelation *relation) {
    row_catalog(rows);
    row_text(rows, relation->schema);
    row_text(rows, relation->name);
}

/* PostgreSQL leaves materialized views out, as the standard has none; here they are what one works with. */
static const char *table_type(const ClassEntry *entry) {
    if (entry->kind == 'r' && schema_is_temporary(entry->relation->schema))
        return "LOCAL TEMPORARY";
    switch (entry->kind) {
    case 'v':
        return "VIEW";
    case 'm':
        return "MATERIALIZED VIEW";
    case 'f':
        return "FOREIGN";
    default:
        return "BASE TABLE";
    }
}

static Status give_tables(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (next_relation(&iterator, &entry)) {
        row_relation(rows, entry.relation);
        row_text(rows, table_type(&entry));
        row_nulls(rows, 5);
        row_text(
            rows, entry.relation->kind == RELATION_TABLE && !entry.relation->has_connector ? "YES" : "NO");
        row_fields(rows, "NO|NULL");
    }
    return OK;
}

const SystemRelation information_schema_tables_relation = {13425, "information_schema", "tables",
    "table_catalog name, table_schema name, table_name name, table_type varchar, "
    "self_referencing_column_name name, "
    "reference_generation varchar, user_defined_type_catalog name, user_defined_type_schema name, "
    "user_defined_type_name name, "
    "is_insertable_into varchar, is_typed varchar, commit_action varchar",
    give_tables};

static void row_optional(SystemRows *rows, bool is_given, int64_t value) {
    if (is_given)
        row_int(rows, value);
    else
        row_null(rows);
}

typedef struct NumberFacts {
    int precision, radix, scale; /* −1: not given */
} NumberFacts;

static NumberFacts number_facts(Type type) {
    switch (type.is_array ? TYPE_UNKNOWN : (TypeId)type.id) {
    case TYPE_INT2:
        return (NumberFacts){16, 2, 0};
    case TYPE_INT4:
        return (NumberFacts){32, 2, 0};
    case TYPE_INT8:
        return (NumberFacts){64, 2, 0};
    case TYPE_FLOAT4:
        return (NumberFacts){24, 2, -1};
    case TYPE_FLOAT8:
        return (NumberFacts){53, 2, -1};
    case TYPE_NUMERIC:
        if (type.modifier < 4)
            return (NumberFacts){-1, 10, -1};
        return (NumberFacts){
            (type.modifier - 4) >> 16 & 0xffff, 10, (((type.modifier - 4) & 0x7ff) ^ 1024) - 1024};
    default:
        return (NumberFacts){-1, -1, -1};
    }
}

static void give_type_columns(SystemRows *rows, Type type) {
    bool is_string = !type.is_array && (type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR),
         has_length = is_string && type.modifier >= 4;
    bool is_time =
        !type.is_array && (type.id == TYPE_TIME || type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ);
    NumberFacts number = number_facts(type);
    bool is_bits = !type.is_array && (type.id == TYPE_BIT || type.id == TYPE_VARBIT) && type.modifier >= 0;
    row_optional(rows, has_length || is_bits, is_bits ? type.modifier : type.modifier - 4);
    row_optional(rows, is_string || (!type.is_array && type.id == TYPE_TEXT),
        has_length ? 4 * (type.modifier - 4) : 1 << 30);
    row_optional(rows, number.precision >= 0, number.precision);
    row_optional(rows, number.radix >= 0, number.radix);
    row_optional(rows, number.scale >= 0 || (type.id == TYPE_NUMERIC && number.precision >= 0), number.scale);
    if (!type.is_array && type.id == TYPE_DATE)
        row_int(rows, 0);
    else
        row_optional(rows, is_time || (!type.is_array && type.id == TYPE_INTERVAL),
            is_time && type.modifier >= 0 ? type.modifier : 6);
    row_nulls(rows, 2);
}

static void row_type_names(SystemRows *rows, Type type) {
    char name[256] = "_";
    const Object *made =
        type.definition == NULL ? NULL : made_type_object(rows->facts->snapshot, type.definition->oid);
    strncat(name, made != NULL ? made->relation.name : type_pg_name((TypeId)type.id), sizeof name - 2);
    row_catalog(rows);
    row_text(rows, made != NULL ? made->relation.schema : "pg_catalog");
    row_text(rows, type.is_array ? name : name + 1);
}

static void give_identity(SystemRows *rows, const CatalogRelation *relation, const CatalogColumn *column) {
    const Object *sequence =
        column->identity == 0 ? NULL : catalog_find_owned(rows->facts->snapshot, relation->id, column->name);
    if (sequence == NULL) {
        row_fields(rows, "NO|NULL|NULL|NULL|NULL|NULL|NO");
        return;
    }
    row_fields(rows, column->identity == 'a' ? "YES|ALWAYS" : "YES|BY DEFAULT");
    row_number_text(rows, sequence->sequence.start);
    row_number_text(rows, sequence->sequence.increment);
    row_number_text(rows, sequence->sequence.maximum);
    row_number_text(rows, sequence->sequence.minimum);
    row_text(rows, sequence->sequence.is_cycle ? "YES" : "NO");
}

static void give_column(SystemRows *rows, const CatalogRelation *relation, int number) {
    const CatalogColumn *column = &relation->columns[number];
    row_relation(rows, relation);
    row_text(rows, column->name);
    row_int(rows, number + 1);
    Text text = {0};
    if (column->computed == NULL && column_has_expression(column))
        column_add_default(&rows->naming, column, &text);
    row_text(rows, text.length > 0 ? text_string(&text) : NULL);
    text_free(&text);
    row_text(rows, column->is_not_null ? "NO" : "YES");
    row_text(rows, column->type.is_array ? "ARRAY"
                   : column->type.definition != NULL && column->type.definition->oid != 0
                       ? "USER-DEFINED"
                       : type_sql_name((TypeId)column->type.id));
    give_type_columns(rows, column->type);
    row_nulls(rows, 9); /* character set, collation, domain */
    row_type_names(rows, column->type);
    row_nulls(rows, 4);
    char identifier[16];
    snprintf(identifier, sizeof identifier, "%d", number + 1);
    row_text(rows, identifier);
    row_fields(rows, "NO");
    give_identity(rows, relation, column);
    row_text(rows, column->computed != NULL ? "ALWAYS" : "NEVER");
    text = (Text){0};
    if (column->computed != NULL)
        definition_add(&rows->naming, relation, column->computed, &text);
    row_text(rows, column->computed != NULL ? text_string(&text) : NULL);
    text_free(&text);
    row_text(rows, relation->kind == RELATION_TABLE && !relation->has_connector ? "YES" : "NO");
}

static Status give_columns(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (next_relation(&iterator, &entry))
        for (int i = 0; i < entry.relation->column_count; i++)
            if (!entry.relation->columns[i].is_hidden)
                give_column(rows, entry.relation, i);
    return OK;
}

const SystemRelation information_schema_columns_relation = {13295, "information_schema", "columns",
    "table_catalog name, table_schema name, table_name name, column_name name, ordinal_position int4, "
    "column_default varchar, "
    "is_nullable varchar, data_type varchar, character_maximum_length int4, character_octet_length int4, "
    "numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, "
    "interval_type varchar, "
    "interval_precision int4, character_set_catalog name, character_set_schema name, character_set_name "
    "name, "
    "collation_catalog name, collation_schema name, collation_name name, domain_catalog name, domain_schema "
    "name, "
    "domain_name name, udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema "
    "name, "
    "scope_name name, maximum_cardinality int4, dtd_identifier name, is_self_referencing varchar, "
    "is_identity varchar, "
    "identity_generation varchar, identity_start varchar, identity_increment varchar, identity_maximum "
    "varchar, "
    "identity_minimum varchar, identity_cycle varchar, is_generated varchar, generation_expression varchar, "
    "is_updatable varchar",
    give_columns};

static Status give_schemata(SystemRows *rows, Error *error) {
    int next = 0;
    for (const char *schema; (schema = schema_next(rows->facts->snapshot, &next)) != NULL;) {
        row_catalog(rows);
        row_text(rows, schema);
        char room[16];
        row_text(
            rows, role_name_of(rows->facts->snapshot, schema_owner(rows->facts->snapshot, schema), room));
        row_nulls(rows, 4);
    }
    return OK;
}

const SystemRelation information_schema_schemata_relation = {13382, "information_schema", "schemata",
    "catalog_name name, schema_name name, schema_owner name, default_character_set_catalog name, "
    "default_character_set_schema name, default_character_set_name name, sql_path varchar",
    give_schemata};

static Status give_views(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (next_relation(&iterator, &entry)) {
        if (entry.kind != 'v')
            continue;
        Text text = {0};
        bool is_defined = view_define(&rows->naming, &entry, &text);
        row_relation(rows, entry.relation);
        row_text(rows, is_defined ? text_string(&text) : NULL);
        row_fields(rows, "NONE|NO|NO|NO|NO|NO");
        text_free(&text);
    }
    return OK;
}

const SystemRelation information_schema_views_relation = {13483, "information_schema", "views",
    "table_catalog name, table_schema name, table_name name, view_definition varchar, check_option varchar, "
    "is_updatable varchar, is_insertable_into varchar, is_trigger_updatable varchar, is_trigger_deletable "
    "varchar, "
    "is_trigger_insertable_into varchar",
    give_views};

static void give_constraint(
    SystemRows *rows, const CatalogRelation *table, const char *name, const char *type) {
    row_catalog(rows);
    row_text(rows, table->schema);
    row_text(rows, name);
    row_relation(rows, table);
    row_text(rows, type);
    row_fields(rows, "NO|NO|YES|NULL");
}

/* The name that PostgreSQL makes up for NOT NULL. */
static void not_null_name(
    const CatalogSnapshot *snapshot, const CatalogRelation *table, int column, char name[64]) {
    snprintf(name, 64, "%u_%u_%d_not_null", schema_oid(snapshot, table->schema), table->id, column + 1);
}

static Status give_table_constraints(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const CatalogRelation *table = &rows->facts->snapshot->objects[i]->relation;
        char name[64];
        if (relation_has_key(table))
            give_constraint(rows, table, table->key_name, "PRIMARY KEY");
        for (int index = 0; index < table->index_count; index++)
            if (table->indexes[index].is_constraint)
                give_constraint(rows, table, table->indexes[index].name, "UNIQUE");
        for (int check = 0; check < table->check_count; check++)
            give_constraint(rows, table, table->check_names[check], "CHECK");
        for (int c = 0; c < table->column_count; c++)
            if (table->columns[c].is_not_null && !table->columns[c].is_hidden) {
                not_null_name(rows->facts->snapshot, table, c, name);
                give_constraint(rows, table, name, "CHECK");
            }
    }
    return OK;
}

const SystemRelation information_schema_table_constraints_relation = {13411, "information_schema",
    "table_constraints",
    "constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name, table_schema "
    "name, "
    "table_name name, constraint_type varchar, is_deferrable varchar, initially_deferred varchar, enforced "
    "varchar, "
    "nulls_distinct varchar",
    give_table_constraints};

static Status give_check_constraints(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const CatalogRelation *table = &rows->facts->snapshot->objects[i]->relation;
        for (int check = 0; check < table->check_count; check++) {
            row_catalog(rows);
            row_text(rows, table->schema);
            row_text(rows, table->check_names[check]);
            Text text = {0};
            text_add_string(&text, "((");
            definition_add(&rows->naming, table, table->checks[check], &text);
            text_add_string(&text, "))");
            row_text(rows, text_string(&text));
            text_free(&text);
        }
        for (int c = 0; c < table->column_count; c++) {
            if (!table->columns[c].is_not_null || table->columns[c].is_hidden)
                continue;
            char name[64];
            not_null_name(rows->facts->snapshot, table, c, name);
            row_catalog(rows);
            row_text(rows, table->schema);
            row_text(rows, name);
            Text text = {0};
            text_printf(&text, "%s IS NOT NULL", table->columns[c].name);
            row_text(rows, text_string(&text));
            text_free(&text);
        }
    }
    return OK;
}

const SystemRelation information_schema_check_constraints_relation = {13260, "information_schema",
    "check_constraints",
    "constraint_catalog name, constraint_schema name, constraint_name name, check_clause varchar",
    give_check_constraints};

static void give_constraint_columns(SystemRows *rows, const CatalogRelation *table, const char *name,
    const int *key, int key_count, bool with_position) {
    for (int k = 0; k < key_count; k++) {
        if (with_position) {
            row_catalog(rows);
            row_text(rows, table->schema);
            row_text(rows, name);
        }
        row_relation(rows, table);
        row_text(rows, table->columns[key[k]].name);
        if (with_position) {
            row_int(rows, k + 1);
            row_null(rows);
        } else {
            row_catalog(rows);
            row_text(rows, table->schema);
            row_text(rows, name);
        }
    }
}

/* The columns of primary keys and UNIQUE constraints; `with_position` for key_column_usage. */
static void give_key_columns(SystemRows *rows, bool with_position) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const CatalogRelation *table = &rows->facts->snapshot->objects[i]->relation;
        if (relation_has_key(table))
            give_constraint_columns(
                rows, table, table->key_name, table->key, table->key_count, with_position);
        for (int k = 0; k < table->index_count; k++)
            if (table->indexes[k].is_constraint)
                give_constraint_columns(rows, table, table->indexes[k].name, table->indexes[k].key,
                    table->indexes[k].key_count, with_position);
    }
}

static Status give_key_column_usage(SystemRows *rows, Error *error) {
    give_key_columns(rows, true);
    return OK;
}

const SystemRelation information_schema_key_column_usage_relation = {13329, "information_schema",
    "key_column_usage",
    "constraint_catalog name, constraint_schema name, constraint_name name, table_catalog name, table_schema "
    "name, "
    "table_name name, column_name name, ordinal_position int4, position_in_unique_constraint int4",
    give_key_column_usage};

static Status give_constraint_column_usage(SystemRows *rows, Error *error) {
    give_key_columns(rows, false);
    return OK;
}

const SystemRelation information_schema_constraint_column_usage_relation = {13300, "information_schema",
    "constraint_column_usage",
    "table_catalog name, table_schema name, table_name name, column_name name, constraint_catalog name, "
    "constraint_schema name, constraint_name name",
    give_constraint_column_usage};

static Status give_character_sets(SystemRows *rows, Error *error) {
    row_fields(rows, "NULL|NULL|UTF8|UCS|UTF8");
    row_catalog(rows);
    row_fields(rows, "NULL|NULL");
    return OK;
}

const SystemRelation information_schema_character_sets_relation = {13250, "information_schema",
    "character_sets",
    "character_set_catalog name, character_set_schema name, character_set_name name, character_repertoire "
    "name, "
    "form_of_use name, default_collate_catalog name, default_collate_schema name, default_collate_name name",
    give_character_sets};

static Status give_catalog_name(SystemRows *rows, Error *error) {
    row_catalog(rows);
    return OK;
}

const SystemRelation information_schema_information_schema_catalog_name_relation = {
    13227, "information_schema", "information_schema_catalog_name", "catalog_name name", give_catalog_name};
