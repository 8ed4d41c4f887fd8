/* pg_catalog: what objects are: relations, columns, keys, checks, connectors as foreign servers. */
#include <stdio.h>
#include <string.h>

#include "server/catalog/definition_text.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/made_types.h"
#include "server/catalog/search_path.h"
#include "server/catalog/role.h"
#include "server/catalog/system/system_rows.h"

static void row_letter(SystemRows *rows, char letter) {
    row_text(rows, (const char[]){letter, 0});
}

static void row_taken(SystemRows *rows, Text *text) {
    row_text(rows, text_string(text));
    text_free(text);
}

static bool is_stored(char kind) {
    return kind == 'r' || kind == 'm';
}

static uint32_t owner_of(const ClassEntry *entry) {
    return entry->object == NULL ? ROLE_OWNER : entry->object->owner_id;
}

static void row_owner_name(SystemRows *rows, const ClassEntry *entry) {
    char room[16];
    row_text(rows, role_name_of(rows->facts->snapshot, owner_of(entry), room));
}

static void row_acl(SystemRows *rows, bool is_changed, Text *text) {
    if (is_changed)
        row_parse(rows, text_string(text));
    else
        row_null(rows);
    text_free(text);
}

static Status give_class(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        bool is_index = entry.kind == 'i', is_user = entry.object != NULL;
        row_int(rows, entry.oid);
        row_text(rows, entry.name);
        row_int(rows, schema_oid(rows->facts->snapshot, entry.relation->schema));
        row_int(
            rows, is_user && !is_index && object_has_type(entry.object) ? catalog_type_oid(entry.oid) : 0);
        row_int(rows, 0);
        row_int(rows, owner_of(&entry));
        row_int(rows, is_index ? ACCESS_BTREE : is_stored(entry.kind) ? ACCESS_HEAP : 0);
        row_int(rows, is_index || is_stored(entry.kind) ? entry.oid : 0);
        row_fields(rows, "0|0");
        row_float(rows, -1);
        row_fields(rows, "0|0");
        row_bool(rows,
            !is_index && is_user && (relation_has_key(entry.relation) || entry.relation->index_count > 0));
        row_fields(rows, schema_is_temporary(entry.relation->schema) ? "f|t" : "f|p");
        row_letter(rows, entry.kind);
        row_int(rows, is_index ? entry.key_count : relation_visible_count(entry.relation));
        row_int(rows, is_index ? 0 : entry.relation->check_count);
        row_bool(rows, entry.kind == 'v' || entry.kind == 'm');
        row_fields(rows, "f|f|f|f|t");
        row_letter(rows, is_user && is_stored(entry.kind) ? 'd' : 'n');
        row_fields(rows, "f|0|0|0");
        Text acl = {0};
        bool is_changed = is_user && !is_index && object_acl_text(rows->facts->snapshot, entry.object, &acl);
        row_acl(rows, is_changed, &acl);
        row_nulls(rows, 2);
    }
    return OK;
}

const SystemRelation pg_class_relation = {1259, "pg_catalog", "pg_class",
    "oid oid!, relname name!, relnamespace oid!, reltype oid!, reloftype oid!, relowner oid!, relam oid!, "
    "relfilenode oid!, "
    "reltablespace oid!, relpages int4!, reltuples float4!, relallvisible int4!, reltoastrelid oid!, "
    "relhasindex bool!, "
    "relisshared bool!, relpersistence char!, relkind char!, relnatts int2!, relchecks int2!, relhasrules "
    "bool!, "
    "relhastriggers bool!, relhassubclass bool!, relrowsecurity bool!, relforcerowsecurity bool!, "
    "relispopulated bool!, "
    "relreplident char!, relispartition bool!, relrewrite oid!, relfrozenxid xid!, relminmxid xid!, relacl "
    "aclitem[], "
    "reloptions text[], relpartbound text",
    give_class};

static int type_collation(Type type) {
    if (type.id == TYPE_NAME)
        return COLLATION_C;
    return type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR ? COLLATION_DEFAULT : 0;
}

static const char *type_alignment(Type type) {
    if (type.is_array)
        return "i|x";
    switch (type_length(type)) {
    case 1:
        return "c|p";
    case 2:
        return "s|p";
    case 4:
        return "i|p";
    case 8:
        return "d|p";
    default:
        break;
    }
    if (type.id == TYPE_INTERVAL || type.id == TYPE_RECORD)
        return type.id == TYPE_RECORD ? "d|x" : "d|p";
    if (type.id == TYPE_UUID || type.id == TYPE_NAME)
        return "c|p";
    return type.id == TYPE_NUMERIC ? "i|m" : "i|x";
}

static void give_column(SystemRows *rows, const ClassEntry *entry, const CatalogColumn *column, int number) {
    bool is_index = entry->kind == 'i';
    int length = type_length(column->type);
    row_int(rows, entry->oid);
    row_text(rows, column->name);
    row_int(rows, column->is_hidden ? 0 : type_oid(column->type));
    row_int(rows, -1);
    row_int(rows, length);
    row_int(rows, number);
    row_int(rows, column->type.is_array);
    row_int(rows, -1);
    row_int(rows, column->type.modifier);
    row_bool(rows, length == 1 || length == 2 || length == 4 || length == 8);
    row_fields(rows, type_alignment(column->type));
    row_text(rows, "");
    row_bool(rows, column->is_not_null && !is_index);
    row_bool(rows, column_has_expression(column) && !is_index);
    row_fields(rows, "f");
    row_text(rows, is_index ? "" : (const char[]){column->identity, 0});
    row_text(rows, column->computed != NULL && !is_index ? "s" : "");
    row_bool(rows, column->is_hidden);
    row_fields(rows, "t|0");
    row_int(rows, type_collation(column->type));
    row_nulls(rows, 4);
}

/* Numbers have no gaps for pg_dump: what is hidden between two columns is shown as one that was dropped. */
static void give_hidden(SystemRows *rows, const ClassEntry *entry, int number) {
    char name[48];
    snprintf(name, sizeof name, "........pg.dropped.%d........", number);
    CatalogColumn dropped = {.name = name, .type = type_of(TYPE_INT8), .is_hidden = true};
    give_column(rows, entry, &dropped, number);
}

static Status give_attribute(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        const CatalogRelation *relation = entry.relation;
        for (int i = 0; entry.kind == 'i' && i < entry.key_count; i++)
            give_column(rows, &entry, &relation->columns[entry.key[i]], i + 1);
        int count = relation->column_count;
        while (count > 0 && relation->columns[count - 1].is_hidden)
            count--;
        for (int i = 0; entry.kind != 'i' && i < count; i++)
            if (relation->columns[i].is_hidden)
                give_hidden(rows, &entry, i + 1);
            else
                give_column(rows, &entry, &relation->columns[i], i + 1);
    }
    return OK;
}

const SystemRelation pg_attribute_relation = {1249, "pg_catalog", "pg_attribute",
    "attrelid oid!, attname name!, atttypid oid!, attstattarget int4!, attlen int2!, attnum int2!, attndims "
    "int4!, "
    "attcacheoff int4!, atttypmod int4!, attbyval bool!, attalign char!, attstorage char!, attcompression "
    "char!, "
    "attnotnull bool!, atthasdef bool!, atthasmissing bool!, attidentity char!, attgenerated char!, "
    "attisdropped bool!, "
    "attislocal bool!, attinhcount int4!, attcollation oid!, attacl aclitem[], attoptions text[], "
    "attfdwoptions text[], "
    "attmissingval text",
    give_attribute};

static Status give_attrdef(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const CatalogRelation *relation = &rows->facts->snapshot->objects[i]->relation;
        for (int c = 0; c < relation->column_count; c++) {
            const CatalogColumn *column = &relation->columns[c];
            if (column->is_hidden || !column_has_expression(column))
                continue;
            row_int(rows, derived_oid(DERIVED_DEFAULT, relation->id, c + 1));
            row_int(rows, relation->id);
            row_int(rows, c + 1);
            Text text = {0};
            if (column->computed != NULL)
                definition_add(&rows->naming, relation, column->computed, &text);
            else
                column_add_default(&rows->naming, column, &text);
            row_taken(rows, &text);
        }
    }
    return OK;
}

const SystemRelation pg_attrdef_relation = {
    2604, "pg_catalog", "pg_attrdef", "oid oid!, adrelid oid!, adnum int2!, adbin text!", give_attrdef};

/* "1 2", or with a constant for every column of the key. */
static void row_vector(SystemRows *rows, const ClassEntry *index, const char *constant) {
    Text text = {0};
    for (int i = 0; i < index->key_count; i++)
        if (constant != NULL)
            text_printf(&text, "%s%s", i == 0 ? "" : " ", constant);
        else
            text_printf(&text, "%s%d", i == 0 ? "" : " ", index->key[i] + 1);
    for (int i = 0; constant == NULL && index->index != NULL && i < index->index->included_count; i++)
        text_printf(&text, " %d", index->index->included[i] + 1);
    row_taken(rows, &text);
}

static Status give_index(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        if (entry.kind != 'i')
            continue;
        row_int(rows, entry.oid);
        row_int(rows, entry.relation->id);
        row_int(rows, entry.key_count + (entry.index == NULL ? 0 : entry.index->included_count));
        row_int(rows, entry.key_count);
        row_bool(rows, entry.index == NULL || entry.index->is_unique);
        row_fields(rows, "f");
        row_bool(rows, entry.index == NULL);
        row_fields(rows, "f|t|f|t|f|t|t|f");
        row_vector(rows, &entry, NULL);
        row_vector(rows, &entry, "0");
        row_vector(rows, &entry, "0");
        row_vector(rows, &entry, "0");
        row_nulls(rows, 2);
    }
    return OK;
}

const SystemRelation pg_index_relation = {2610, "pg_catalog", "pg_index",
    "indexrelid oid!, indrelid oid!, indnatts int2!, indnkeyatts int2!, indisunique bool!, "
    "indnullsnotdistinct bool!, "
    "indisprimary bool!, indisexclusion bool!, indimmediate bool!, indisclustered bool!, indisvalid bool!, "
    "indcheckxmin bool!, "
    "indisready bool!, indislive bool!, indisreplident bool!, indkey int2vector!, indcollation oidvector!, "
    "indclass oidvector!, indoption int2vector!, indexprs text, indpred text",
    give_index};

/* number: of the table's index, −1: the primary key's. */
static void give_key_constraint(SystemRows *rows, const CatalogRelation *table, int number) {
    const CatalogIndex *index = number < 0 ? NULL : &table->indexes[number];
    Text columns = {0};
    int key_count = index == NULL ? table->key_count : index->key_count;
    for (int i = 0; i < key_count; i++)
        text_printf(&columns, "%s%d", i == 0 ? "{" : ",", (index == NULL ? table->key : index->key)[i] + 1);
    text_add_char(&columns, '}');
    row_int(rows, index == NULL ? derived_oid(DERIVED_KEY, table->id, 0)
                                : derived_oid(DERIVED_UNIQUE, table->id, number));
    row_text(rows, index == NULL ? table->key_name : index->name);
    row_int(rows, schema_oid(rows->facts->snapshot, table->schema));
    row_fields(rows, index == NULL ? "p|f|f|t" : "u|f|f|t");
    row_int(rows, table->id);
    row_int(rows, 0);
    row_int(rows, index == NULL ? derived_oid(DERIVED_KEY_INDEX, table->id, 0) : index->id);
    row_fields(rows, "0|0| | | |t|0|t");
    row_parse(rows, text_string(&columns));
    text_free(&columns);
    row_nulls(rows, 7);
}

static void give_check_constraint(SystemRows *rows, const CatalogRelation *table, int check) {
    row_int(rows, derived_oid(DERIVED_CHECK, table->id, check));
    row_text(rows, table->check_names[check]);
    row_int(rows, schema_oid(rows->facts->snapshot, table->schema));
    row_fields(rows, "c|f|f|t");
    row_int(rows, table->id);
    row_fields(rows, "0|0|0|0| | | |t|0|f");
    Text columns = {0}, text = {0};
    int count = 0;
    for (int i = 0; i < table->column_count; i++)
        if (definition_uses(table->checks[check], 0, i))
            text_printf(&columns, "%s%d", count++ == 0 ? "{" : ",", i + 1);
    text_add_char(&columns, '}');
    if (count > 0)
        row_parse(rows, text_string(&columns));
    else
        row_null(rows);
    text_free(&columns);
    row_nulls(rows, 6);
    definition_add(&rows->naming, table, table->checks[check], &text);
    row_taken(rows, &text);
}

static Status give_constraint(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const CatalogRelation *table = &rows->facts->snapshot->objects[i]->relation;
        if (relation_has_key(table))
            give_key_constraint(rows, table, -1);
        for (int index = 0; index < table->index_count; index++)
            if (table->indexes[index].is_constraint)
                give_key_constraint(rows, table, index);
        for (int check = 0; check < table->check_count; check++)
            give_check_constraint(rows, table, check);
    }
    return OK;
}

const SystemRelation pg_constraint_relation = {2606, "pg_catalog", "pg_constraint",
    "oid oid!, conname name!, connamespace oid!, contype char!, condeferrable bool!, condeferred bool!, "
    "convalidated bool!, "
    "conrelid oid!, contypid oid!, conindid oid!, conparentid oid!, confrelid oid!, confupdtype char!, "
    "confdeltype char!, "
    "confmatchtype char!, conislocal bool!, coninhcount int4!, connoinherit bool!, conkey int2[], confkey "
    "int2[], "
    "conpfeqop oid[], conppeqop oid[], conffeqop oid[], confdelsetcols int2[], conexclop oid[], conbin text",
    give_constraint};

/* "name=value", quoted as an array's element. */
static void add_option(Text *out, const char *name, const char *value) {
    text_add_string(out, out->length == 0 ? "{\"" : ",\"");
    for (int part = 0; part < 2; part++) {
        for (const char *c = part == 0 ? name : value; *c != 0; c++)
            text_printf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        text_add_char(out, part == 0 ? '=' : '"');
    }
}

static void row_options(SystemRows *rows, const Object *object) {
    Text text = {0};
    for (int i = 0; i < object->option_count; i++)
        add_option(&text, object->option_names[i], object_option_shown(object, i));
    if (object->format != NULL)
        add_option(&text, "format", object->format);
    if (object->encode != NULL)
        add_option(&text, "encode", object->encode);
    if (text.length > 0) {
        text_add_char(&text, '}');
        row_parse(rows, text_string(&text));
    } else {
        row_null(rows);
    }
    text_free(&text);
}

static Status give_foreign_table(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const Object *object = rows->facts->snapshot->objects[i];
        if (object->is_transient || object->connector == NULL ||
            (object->relation.kind != RELATION_SOURCE && object->relation.kind != RELATION_SINK))
            continue;
        row_int(rows, object->relation.id);
        row_int(rows, FOREIGN_SERVERS + connector_number(object->connector));
        row_options(rows, object);
    }
    return OK;
}

const SystemRelation pg_foreign_table_relation = {3118, "pg_catalog", "pg_foreign_table",
    "ftrelid oid!, ftserver oid!, ftoptions text[]", give_foreign_table};

static Status give_foreign_server(SystemRows *rows, Error *error) {
    const ConnectorType *const *all = connectors_all();
    for (int i = 0; all[i] != NULL; i++) {
        row_int(rows, FOREIGN_SERVERS + i);
        row_text(rows, all[i]->name);
        row_int(rows, ROLE_OWNER);
        row_int(rows, FOREIGN_WRAPPER);
        row_nulls(rows, 4);
    }
    return OK;
}

const SystemRelation pg_foreign_server_relation = {1417, "pg_catalog", "pg_foreign_server",
    "oid oid!, srvname name!, srvowner oid!, srvfdw oid!, srvtype text, srvversion text, srvacl aclitem[], "
    "srvoptions text[]",
    give_foreign_server};

static Status give_foreign_data_wrapper(SystemRows *rows, Error *error) {
    row_int(rows, FOREIGN_WRAPPER);
    row_fields(rows, "leat|10|0|0|NULL|NULL");
    return OK;
}

const SystemRelation pg_foreign_data_wrapper_relation = {2328, "pg_catalog", "pg_foreign_data_wrapper",
    "oid oid!, fdwname name!, fdwowner oid!, fdwhandler oid!, fdwvalidator oid!, fdwacl aclitem[], "
    "fdwoptions text[]",
    give_foreign_data_wrapper};

/* Views of the above. */

static Status give_tables(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        if (entry.kind != 'r')
            continue;
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.name);
        row_owner_name(rows, &entry);
        row_null(rows);
        row_bool(rows, relation_has_key(entry.relation) || entry.relation->index_count > 0);
        row_fields(rows, "f|f|f");
    }
    return OK;
}

const SystemRelation pg_tables_relation = {12033, "pg_catalog", "pg_tables",
    "schemaname name, tablename name, tableowner name, tablespace name, hasindexes bool, hasrules bool, "
    "hastriggers bool, "
    "rowsecurity bool",
    give_tables};

static void row_definition(SystemRows *rows, const ClassEntry *view) {
    Text text = {0};
    if (view_define(&rows->naming, view, &text))
        row_taken(rows, &text);
    else
        row_null(rows);
}

static Status give_views(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        if (entry.kind != 'v')
            continue;
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.name);
        row_owner_name(rows, &entry);
        row_definition(rows, &entry);
    }
    return OK;
}

const SystemRelation pg_views_relation = {12028, "pg_catalog", "pg_views",
    "schemaname name, viewname name, viewowner name, definition text", give_views};

static Status give_matviews(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        if (entry.kind != 'm')
            continue;
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.name);
        row_owner_name(rows, &entry);
        row_null(rows);
        row_bool(rows, entry.relation->index_count > 0);
        row_bool(rows, true);
        row_definition(rows, &entry);
    }
    return OK;
}

const SystemRelation pg_matviews_relation = {12038, "pg_catalog", "pg_matviews",
    "schemaname name, matviewname name, matviewowner name, tablespace name, hasindexes bool, ispopulated "
    "bool, "
    "definition text",
    give_matviews};

static Status give_indexes(SystemRows *rows, Error *error) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (class_next(&iterator, &entry)) {
        Text text = {0};
        if (!index_define(&entry, 0, false, &text))
            continue;
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.relation->name);
        row_text(rows, entry.name);
        row_null(rows);
        row_taken(rows, &text);
    }
    return OK;
}

const SystemRelation pg_indexes_relation = {12043, "pg_catalog", "pg_indexes",
    "schemaname name, tablename name, indexname name, tablespace name, indexdef text", give_indexes};

/* On a column of it, for a sequence that goes with one. */
static void give_dependence(SystemRows *rows, const Object *object, uint32_t id) {
    const Object *owner =
        object->relation.kind == RELATION_SEQUENCE ? catalog_find_id(rows->facts->snapshot, id) : NULL;
    for (int i = 0; owner != NULL && i < owner->relation.column_count; i++)
        if (strcmp(owner->relation.columns[i].name, object->sequence.owner_column) == 0) {
            row_int(rows, i + 1);
            row_text(rows, owner->relation.columns[i].identity != 0 ? "i" : "a");
            return;
        }
    row_fields(rows, "0|n");
}

static Status give_extension(SystemRows *rows, Error *error) {
    row_int(rows, EXTENSION_LEAT);
    row_text(rows, "leat");
    row_int(rows, ROLE_OWNER);
    row_int(rows, SCHEMA_LEAT);
    row_fields(rows, "f|1.0|NULL|NULL");
    return OK;
}

/* leat_catalog belongs to an extension that is built in, so that pg_dump leaves it out. */
const SystemRelation pg_extension_relation = {3079, "pg_catalog", "pg_extension",
    "oid oid!, extname name!, extowner oid!, extnamespace oid!, extrelocatable bool!, extversion text!, "
    "extconfig oid[], "
    "extcondition text[]",
    give_extension};

static void give_member(SystemRows *rows, uint32_t class, uint32_t oid) {
    row_int(rows, class);
    row_int(rows, oid);
    row_int(rows, 0);
    row_int(rows, CLASS_EXTENSION);
    row_int(rows, EXTENSION_LEAT);
    row_fields(rows, "0|e");
}

static void give_members(SystemRows *rows) {
    int count;
    const SystemRelation *const *relations = system_relations(&count);
    give_member(rows, CLASS_SCHEMA, SCHEMA_LEAT);
    give_member(rows, CLASS_WRAPPER, FOREIGN_WRAPPER);
    const ConnectorType *const *connectors = connectors_all();
    for (int i = 0; connectors[i] != NULL; i++)
        give_member(rows, CLASS_SERVER, FOREIGN_SERVERS + i);
    for (int i = 0; i < count; i++)
        if (strcmp(relations[i]->schema, "leat_catalog") == 0)
            give_member(rows, CLASS_RELATION, relations[i]->id);
}

/* A default goes with its column, and waits for the sequences that it asks. */
static void give_defaults(SystemRows *rows, const CatalogRelation *table) {
    for (int c = 0; c < table->column_count; c++) {
        if (table->columns[c].default_value == NULL || table->columns[c].identity != 0)
            continue;
        const CatalogSnapshot *snapshot = rows->facts->snapshot;
        uint32_t oid = derived_oid(DERIVED_DEFAULT, table->id, c + 1);
        row_int(rows, CLASS_DEFAULT);
        row_int(rows, oid);
        row_int(rows, 0);
        row_int(rows, CLASS_RELATION);
        row_int(rows, table->id);
        row_int(rows, c + 1);
        row_text(rows, "a");
        for (int i = 0; i < snapshot->count; i++) {
            const CatalogRelation *sequence = &snapshot->objects[i]->relation;
            if (sequence->kind != RELATION_SEQUENCE ||
                !definition_names(table->columns[c].default_value, sequence->id))
                continue;
            row_int(rows, CLASS_DEFAULT);
            row_int(rows, oid);
            row_int(rows, 0);
            row_int(rows, CLASS_RELATION);
            row_int(rows, sequence->id);
            row_fields(rows, "0|n");
        }
    }
}

/* One row for what an object reads: what DROP … CASCADE follows. */
static Status give_depend(SystemRows *rows, Error *error) {
    give_members(rows);
    for (int i = 0; i < rows->facts->snapshot->count; i++)
        give_defaults(rows, &rows->facts->snapshot->objects[i]->relation);
    for (int i = 0; i < rows->facts->snapshot->count; i++) {
        const Object *object = rows->facts->snapshot->objects[i];
        for (int d = 0; d < object->dependency_count; d++) {
            row_int(rows, CLASS_RELATION);
            row_int(rows, object->relation.id);
            row_int(rows, 0);
            row_int(rows, CLASS_RELATION);
            row_int(rows, object->dependencies[d]);
            give_dependence(rows, object, object->dependencies[d]);
        }
    }
    return OK;
}

const SystemRelation pg_depend_relation = {2608, "pg_catalog", "pg_depend",
    "classid oid!, objid oid!, objsubid int4!, refclassid oid!, refobjid oid!, refobjsubid int4!, deptype "
    "char!",
    give_depend};

static Status give_namespace(SystemRows *rows, Error *error) {
    const CatalogSnapshot *snapshot = rows->facts->snapshot;
    int next = 0;
    for (const char *schema; (schema = schema_next(snapshot, &next)) != NULL;) {
        row_int(rows, schema_oid(snapshot, schema));
        row_text(rows, schema);
        row_int(rows, schema_owner(snapshot, schema));
        Text acl = {0};
        bool is_changed = schema_acl_text(snapshot, schema, &acl);
        row_acl(rows, is_changed, &acl);
    }
    return OK;
}

/* What the schemas that are always there allow from the start: not to be dumped. */
static Status give_init_privs(SystemRows *rows, Error *error) {
    const CatalogSnapshot *snapshot = rows->facts->snapshot;
    int next = 0;
    for (const char *schema; (schema = schema_next(snapshot, &next)) != NULL;) {
        Text acl = {0};
        if (!system_schema_exists(schema))
            continue;
        schema_acl_text(snapshot, schema, &acl);
        row_int(rows, schema_oid(snapshot, schema));
        row_int(rows, CLASS_SCHEMA);
        row_int(rows, 0);
        row_text(rows, strcmp(schema, "leat_catalog") == 0 ? "e" : "i");
        row_acl(rows, true, &acl);
    }
    return OK;
}

const SystemRelation pg_init_privs_relation = {3394, "pg_catalog", "pg_init_privs",
    "objoid oid!, classoid oid!, objsubid int4!, privtype char!, initprivs aclitem[]!", give_init_privs};

const SystemRelation pg_namespace_relation = {2615, "pg_catalog", "pg_namespace",
    "oid oid!, nspname name!, nspowner oid!, nspacl aclitem[]", give_namespace};
