/* CreateStatement: clause by clause, in the order in which the grammar has them. */
#include "server/catalog/system/create_statement.h"

#include <ctype.h>
#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/catalog/definition_text.h"
#include "server/catalog/system/class_entries.h"

typedef struct Printing {
    const Naming *naming;
    const Object *object;
    const CatalogRelation *relation;
    Text *out;
    int item_count; /* of the list that is open */
} Printing;

static void begin_item(Printing *printing) {
    text_add_string(printing->out, printing->item_count++ == 0 ? "" : ", ");
}

static void add_relation_name(Printing *printing, const CatalogRelation *relation) {
    naming_add(printing->naming, relation->schema, relation->name, printing->out);
}

static void add_create(Printing *printing, const char *kind) {
    bool is_temporary = schema_is_temporary(printing->relation->schema);
    text_printf(printing->out, "CREATE %s%s ", is_temporary ? "TEMPORARY " : "", kind);
    if (is_temporary)
        deparse_identifier(printing->relation->name, printing->out);
    else
        add_relation_name(printing, printing->relation);
}

/* Columns and constraints */

static void add_sequence_options(const SequenceSpec *sequence, Text *out) {
    text_printf(out, "START WITH %lld INCREMENT BY %lld MINVALUE %lld MAXVALUE %lld CACHE %lld",
        (long long)sequence->start, (long long)sequence->increment, (long long)sequence->minimum,
        (long long)sequence->maximum, (long long)sequence->cache);
    text_add_string(out, sequence->is_cycle ? " CYCLE" : "");
}

static void add_value(Printing *printing, const CatalogColumn *column) {
    bool is_stored =
        printing->relation->kind == RELATION_TABLE && !printing->relation->has_connector && !column->is_clock;
    Text *out = printing->out;
    if (column->identity != 0)
        text_printf(out, " GENERATED %s AS IDENTITY", column->identity == 'a' ? "ALWAYS" : "BY DEFAULT");
    else if (column->default_value != NULL) {
        text_add_string(out, " DEFAULT ");
        column_add_default(printing->naming, column, out);
    }
    if (column->computed == NULL)
        return;
    Text text = {0};
    definition_add(printing->naming, printing->relation, column->computed, &text);
    text_printf(out, text_is_wrapped(text_string(&text)) ? "%s AS %s%s" : "%s AS (%s)%s",
        is_stored ? " GENERATED ALWAYS" : "", text_string(&text), is_stored ? " STORED" : "");
    text_free(&text);
}

static void add_column(Printing *printing, int number) {
    const CatalogColumn *column = &printing->relation->columns[number];
    const char *metadata = printing->object->metadata == NULL ? NULL : printing->object->metadata[number];
    begin_item(printing);
    deparse_identifier(column->name, printing->out);
    text_add_char(printing->out, ' ');
    type_add_name(column->type, printing->out);
    add_value(printing, column);
    if (metadata != NULL) {
        text_add_string(printing->out, " METADATA FROM ");
        deparse_string(metadata, printing->out);
    }
    if (column->is_not_null && column->identity == 0)
        text_add_string(printing->out, " NOT NULL");
}

static void begin_constraint(Printing *printing, const char *name) {
    begin_item(printing);
    text_add_string(printing->out, "CONSTRAINT ");
    deparse_identifier(name, printing->out);
    text_add_char(printing->out, ' ');
}

/* Rows of a source have the key that its user says they have. */
static void add_declared_key(Printing *printing) {
    CatalogRelation declared = *printing->relation;
    declared.key = declared.declared;
    declared.key_count = declared.declared_count;
    begin_item(printing);
    key_constraint_define(&declared, printing->out);
    text_add_string(printing->out, " NOT ENFORCED");
}

static void add_constraints(Printing *printing) {
    const CatalogRelation *relation = printing->relation;
    if (relation_has_key(relation)) {
        begin_constraint(printing, relation->key_name);
        key_constraint_define(relation, printing->out);
    }
    if (relation->declared_count > 0)
        add_declared_key(printing);
    for (int i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].is_constraint) {
            begin_constraint(printing, relation->indexes[i].name);
            unique_constraint_define(relation, &relation->indexes[i], printing->out);
        }
    for (int i = 0; i < relation->check_count; i++) {
        begin_constraint(printing, relation->check_names[i]);
        check_constraint_define(printing->naming, relation, i, false, printing->out);
    }
    if (relation->watermark_column >= 0) {
        begin_item(printing);
        text_add_string(printing->out, "WATERMARK FOR ");
        deparse_identifier(relation->columns[relation->watermark_column].name, printing->out);
        text_add_string(printing->out, " AS ");
        definition_add(printing->naming, relation, relation->watermark, printing->out);
    }
}

static void add_elements(Printing *printing) {
    text_add_string(printing->out, " (");
    for (int i = 0; i < printing->relation->column_count; i++)
        if (!printing->relation->columns[i].is_hidden)
            add_column(printing, i);
    add_constraints(printing);
    text_add_char(printing->out, ')');
}

/* Options */

/* Words with dots between them need no quotes. */
static void add_option_name(const char *name, Text *out) {
    bool is_plain = isalpha((unsigned char)name[0]);
    for (const char *c = name; *c != 0; c++)
        is_plain &= islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_' || *c == '.';
    if (is_plain)
        text_add_string(out, name);
    else
        deparse_string(name, out);
}

static void add_option(Printing *printing, const char *name, const char *value) {
    text_add_string(printing->out, printing->item_count == 0 ? " WITH (" : "");
    begin_item(printing);
    add_option_name(name, printing->out);
    text_add_string(printing->out, " = ");
    deparse_string(value, printing->out);
}

static void add_duration(Printing *printing, const char *name, int64_t microseconds, int64_t otherwise) {
    if (microseconds == otherwise)
        return;
    Text text = {0};
    Interval interval = {.microseconds = microseconds};
    if (microseconds != INT64_MAX)
        datum_format(type_of(TYPE_INTERVAL), &interval, &type_settings_default, &text);
    add_option(printing, name, microseconds == INT64_MAX ? "off" : text_string(&text));
    text_free(&text);
}

static void add_options(Printing *printing) {
    const Object *object = printing->object;
    bool is_read = object->connector != NULL && printing->relation->kind != RELATION_SINK;
    printing->item_count = 0;
    if (object->connector != NULL)
        add_option(printing, "connector", object->connector);
    for (int i = 0; i < object->option_count; i++)
        add_option(printing, object->option_names[i], object_option_shown(object, i));
    if (is_read) {
        add_duration(printing, "source_idle_timeout", object->idle_timeout, IDLE_TIMEOUT_DEFAULT);
        add_duration(printing, "source_drift_max", object->drift_max, DRIFT_MAX_DEFAULT);
    }
    text_add_string(printing->out, printing->item_count == 0 ? "" : ")");
}

static void add_upper(const char *word, Text *out) {
    for (; *word != 0; word++)
        text_add_char(out, (char)toupper((unsigned char)*word));
}

static void add_format(Printing *printing) {
    const Object *object = printing->object;
    if (object->format == NULL && object->encode == NULL)
        return;
    text_add_string(printing->out, " FORMAT ");
    add_upper(object->format == NULL ? "plain" : object->format, printing->out);
    if (object->encode == NULL)
        return;
    text_add_string(printing->out, " ENCODE ");
    add_upper(object->encode, printing->out);
    for (int i = 0; i < object->encode_option_count; i++) {
        text_add_string(printing->out, i == 0 ? " (" : ", ");
        add_option_name(object->encode_option_names[i], printing->out);
        text_add_string(printing->out, " = ");
        deparse_string(object->encode_option_values[i], printing->out);
    }
    text_add_string(printing->out, object->encode_option_count > 0 ? ")" : "");
}

/* Kinds */

static void print_table(Printing *printing) {
    static const char *const on_commit[] = {"", " ON COMMIT DELETE ROWS", " ON COMMIT DROP"};
    const CatalogRelation *relation = printing->relation;
    bool is_source = relation->kind == RELATION_SOURCE;
    add_create(printing, is_source ? "SOURCE" : "TABLE");
    add_elements(printing);
    text_add_string(printing->out, on_commit[printing->object->on_commit]);
    if (relation->is_append_only && !is_source && !relation->has_connector)
        text_add_string(printing->out, " APPEND ONLY");
    add_options(printing);
    add_format(printing);
}

static void print_query(Printing *printing) {
    bool is_plain = printing->relation->kind == RELATION_VIEW;
    add_create(printing, is_plain ? "VIEW" : "MATERIALIZED VIEW");
    if (view_is_renamed(printing->relation)) {
        text_add_char(printing->out, ' ');
        view_add_columns(printing->relation, printing->out);
    }
    text_add_string(printing->out, " AS ");
    definition_add(printing->naming, NULL, printing->relation->definition, printing->out);
}

static void print_sink(Printing *printing) {
    add_create(printing, "SINK");
    const Object *from = catalog_find_id(printing->naming->snapshot, printing->object->dependencies[0]);
    if (printing->relation->definition != NULL) {
        text_add_string(printing->out, " AS ");
        definition_add(printing->naming, NULL, printing->relation->definition, printing->out);
    } else if (from != NULL) {
        text_add_string(printing->out, " FROM ");
        add_relation_name(printing, &from->relation);
    }
    add_options(printing);
    add_format(printing);
}

static void print_sequence(Printing *printing) {
    add_create(printing, "SEQUENCE");
    text_add_string(printing->out, " AS ");
    type_add_name(printing->object->sequence.type, printing->out);
    text_add_char(printing->out, ' ');
    add_sequence_options(&printing->object->sequence, printing->out);
}

static void print_type(Printing *printing) {
    const CatalogRelation *relation = printing->relation;
    add_create(printing, "TYPE");
    text_add_string(printing->out, relation->is_enum ? " AS ENUM (" : " AS (");
    for (int i = 0; i < relation->column_count; i++) {
        begin_item(printing);
        if (relation->is_enum)
            deparse_string(relation->columns[i].name, printing->out);
        else {
            deparse_identifier(relation->columns[i].name, printing->out);
            text_add_char(printing->out, ' ');
            type_add_name(relation->columns[i].type, printing->out);
        }
    }
    text_add_char(printing->out, ')');
}

void create_statement(const Naming *naming, const Object *object, Text *out) {
    Printing printing = {naming, object, &object->relation, out, 0};
    switch (object->relation.kind) {
    case RELATION_TABLE:
    case RELATION_SOURCE:
        print_table(&printing);
        break;
    case RELATION_VIEW:
    case RELATION_MATERIALIZED_VIEW:
        print_query(&printing);
        break;
    case RELATION_SINK:
        print_sink(&printing);
        break;
    case RELATION_SEQUENCE:
        print_sequence(&printing);
        break;
    case RELATION_TYPE:
        print_type(&printing);
        break;
    case RELATION_SCHEMA:
    case RELATION_FUNCTION:
    case RELATION_ROLE:
    case RELATION_INDEX:
    case RELATION_SYSTEM:
        break;
    }
}
