/* pg_catalog: what the language has: types, functions, operators, casts, collations. */
#include <stdio.h>
#include <string.h>

#include "executor/functions/aggregate.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/made_types.h"
#include "server/catalog/system/system_rows.h"

typedef struct TypeFacts {
    uint32_t oid, input, output, receive, send, modifier_in, modifier_out;
    char alignment, storage;
    uint32_t collation, element;
} TypeFacts;

static const TypeFacts type_facts[] = {
#define TYPE_PROCS(type, input, input_name, output, output_name, receive, receive_name, send, send_name, in, \
    in_name, out, out_name, ...)                                                                             \
    {type, input, output, receive, send, in, out, __VA_ARGS__},
#include "server/catalog/system/type_procs.def"
#undef TYPE_PROCS
};

static void row_letter(SystemRows *rows, char letter) {
    row_text(rows, (const char[]){letter, 0});
}

static const TypeFacts *facts_of(uint32_t oid) {
    for (size_t i = 0; i < sizeof type_facts / sizeof *type_facts; i++)
        if (type_facts[i].oid == oid)
            return &type_facts[i];
    return NULL;
}

static void give_type_row(SystemRows *rows, Type type, const TypeFacts *element_facts) {
    TypeFacts facts = *element_facts;
    uint32_t array = type_oid(type_array_of((TypeId)type.id));
    char name[64] = "_";
    strncat(name, type_pg_name((TypeId)type.id), sizeof name - 2);
    if (type.is_array)
        facts = (TypeFacts){array, 750, 751, 2400, 2401, facts.modifier_in, facts.modifier_out,
            facts.alignment == 'd' ? 'd' : 'i', 'x', facts.collation, element_facts->oid};
    int length = type_length(type);
    row_int(rows, facts.oid);
    row_text(rows, type.is_array ? name : name + 1);
    row_int(rows, SCHEMA_CATALOG);
    row_int(rows, ROLE_OWNER);
    row_int(rows, length);
    row_bool(rows, length == 1 || length == 2 || length == 4 || length == 8);
    row_letter(rows, type_category(type_of((TypeId)type.id)) == 'P' ? 'p' : 'b');
    row_letter(rows, type_category(type));
    row_bool(rows, type_is_preferred(type));
    row_fields(rows, "t|,|0|-");
    row_int(rows, facts.element);
    row_int(rows, type.is_array ? 0 : array);
    row_int(rows, facts.input);
    row_int(rows, facts.output);
    row_int(rows, facts.receive);
    row_int(rows, facts.send);
    row_int(rows, facts.modifier_in);
    row_int(rows, facts.modifier_out);
    row_int(rows, 0);
    row_letter(rows, facts.alignment);
    row_letter(rows, facts.storage);
    row_fields(rows, "f|0|-1|0");
    row_int(rows, facts.collation);
    row_nulls(rows, 3);
}

static Status give_type(SystemRows *rows, Error *error) {
    for (int id = TYPE_UNKNOWN + 1; id < TYPE_COUNT; id++) {
        Type type = type_of((TypeId)id), array = type_array_of((TypeId)id);
        const TypeFacts *facts = facts_of(type_oid(type));
        if (facts == NULL)
            continue;
        give_type_row(rows, type, facts);
        if (type_oid(array) != 0)
            give_type_row(rows, array, facts);
    }
    return OK;
}

/* A type of CREATE TYPE, or that of a relation's rows, and its array. */
static void give_made_type(SystemRows *rows, const Object *object, bool is_array) {
    const CatalogRelation *relation = &object->relation;
    uint32_t oid = catalog_type_oid(relation->id);
    bool is_enum = relation->is_enum && !is_array;
    char name[256];
    snprintf(name, sizeof name, "%s%s", is_array ? "_" : "", relation->name);
    row_int(rows, oid + is_array);
    row_text(rows, name);
    row_int(rows, schema_oid(rows->facts->snapshot, relation->schema));
    row_int(rows, object->owner_id);
    row_int(rows, is_enum ? 4 : -1);
    row_bool(rows, is_enum);
    row_text(rows, is_array ? "b" : is_enum ? "e" : "c");
    row_text(rows, is_array ? "A" : is_enum ? "E" : "C");
    row_fields(rows, "f|t|,");
    row_int(rows, is_array || is_enum ? 0 : relation->id);
    row_fields(rows, "-");
    row_int(rows, is_array ? oid : 0);
    row_int(rows, is_array ? 0 : oid + 1);
    row_fields(rows, is_array  ? "750|751|2400|2401"
                     : is_enum ? "3506|3507|3532|3533"
                               : "2290|2291|2402|2403");
    row_fields(rows, "0|0|0");
    row_text(rows, is_enum || (is_array && relation->is_enum) ? "i" : "d");
    row_text(rows, is_enum ? "p" : "x");
    row_fields(rows, "f|0|-1|0|0");
    row_nulls(rows, 3);
}

/* Types that no column has, but that functions are said to take or give. */
static const char *const further_types[] = {
    "1263|_cstring|11|10|-1|f|b|A|f|t|,|0|-|2275|0|750|751|2400|2401|0|0|-|i|x|f|0|-1|0|0",
    "2275|cstring|11|10|-2|f|p|P|f|t|,|0|-|0|1263|2292|2293|2500|2501|0|0|-|c|p|f|0|-1|0|0",
    "2279|trigger|11|10|4|t|p|P|f|t|,|0|-|0|0|2300|2301|0|0|0|0|-|i|p|f|0|-1|0|0",
    "2281|internal|11|10|8|t|p|P|f|t|,|0|-|0|0|2304|2305|0|0|0|0|-|d|p|f|0|-1|0|0",
    "3500|anyenum|11|10|4|t|p|P|f|t|,|0|-|0|0|3504|3505|0|0|0|0|-|i|p|f|0|-1|0|0",
    "4072|jsonpath|11|10|-1|f|b|U|f|t|,|0|-|0|4073|4001|4003|4002|4004|0|0|-|i|x|f|0|-1|0|0",
    "4073|_jsonpath|11|10|-1|f|b|A|f|t|,|0|-|4072|0|750|751|2400|2401|0|0|-|i|x|f|0|-1|0|0",
};

static Status give_types(SystemRows *rows, Error *error) {
    const CatalogSnapshot *snapshot = rows->facts->snapshot;
    for (size_t i = 0; i < sizeof further_types / sizeof *further_types; i++) {
        row_fields(rows, further_types[i]);
        row_nulls(rows, 3);
    }
    for (int i = 0; i < snapshot->count; i++)
        if (!snapshot->objects[i]->is_transient && object_has_type(snapshot->objects[i])) {
            give_made_type(rows, snapshot->objects[i], false);
            give_made_type(rows, snapshot->objects[i], true);
        }
    return give_type(rows, error);
}

static Status give_enum(SystemRows *rows, Error *error) {
    const CatalogSnapshot *snapshot = rows->facts->snapshot;
    for (int i = 0; i < snapshot->count; i++) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        for (int label = 0; relation->is_enum && label < relation->column_count; label++) {
            row_int(rows, derived_oid(DERIVED_ENUM_LABEL, relation->id, label));
            row_int(rows, catalog_type_oid(relation->id));
            row_float(rows, label + 1);
            row_text(rows, relation->columns[label].name);
        }
    }
    return OK;
}

const SystemRelation pg_enum_relation = {3501, "pg_catalog", "pg_enum",
    "oid oid!, enumtypid oid!, enumsortorder float4!, enumlabel name!", give_enum};

const SystemRelation pg_type_relation = {1247, "pg_catalog", "pg_type",
    "oid oid!, typname name!, typnamespace oid!, typowner oid!, typlen int2!, typbyval bool!, typtype char!, "
    "typcategory char!, typispreferred bool!, typisdefined bool!, typdelim char!, typrelid oid!, "
    "typsubscript regproc!, "
    "typelem oid!, typarray oid!, typinput regproc!, typoutput regproc!, typreceive regproc!, typsend "
    "regproc!, "
    "typmodin regproc!, typmodout regproc!, typanalyze regproc!, typalign char!, typstorage char!, "
    "typnotnull bool!, "
    "typbasetype oid!, typtypmod int4!, typndims int4!, typcollation oid!, typdefaultbin text, typdefault "
    "text, "
    "typacl aclitem[]",
    give_types};

static bool is_aggregate(const Function *function) {
    return function->kernel == NULL && !function->is_set &&
           aggregate_by_signature(function->signature) != NULL;
}

static void row_argument_types(SystemRows *rows, const Function *function) {
    Text text = {0};
    for (int i = 0; i < function->argument_count; i++) {
        Type type = function->arguments[i];
        bool is_rest = function->is_variadic && i == function->argument_count - 1 && type.id != TYPE_ANY;
        text_printf(
            &text, "%s%u", i == 0 ? "" : " ", type_oid(is_rest ? type_array_of((TypeId)type.id) : type));
    }
    row_text(rows, text_string(&text));
    text_free(&text);
}

static void give_function(SystemRows *rows, const Function *function, uint32_t oid) {
    bool is_variadic = function->is_variadic && function->argument_count > 0;
    Type last = is_variadic ? function->arguments[function->argument_count - 1] : type_of(TYPE_UNKNOWN);
    row_int(rows, oid);
    row_text(rows, function->name);
    row_fields(rows, "11|10|12");
    row_float(rows, 1);
    row_float(rows, function->is_set ? 1000 : 0);
    row_int(rows, is_variadic ? type_oid(last) : 0);
    row_int(rows, 0);
    row_letter(rows, is_aggregate(function) ? 'a' : 'f');
    row_fields(rows, "f|f");
    row_bool(rows, !(function->flags & FUNCTION_NOT_STRICT));
    row_bool(rows, function->is_set);
    row_letter(rows, function->flags & FUNCTION_VOLATILE                      ? 'v'
                     : function->flags & (FUNCTION_STABLE | FUNCTION_CATALOG) ? 's'
                                                                              : 'i');
    row_text(rows, "s");
    row_int(rows, function->argument_count);
    row_int(rows, 0);
    row_int(rows, type_oid(function->result));
    row_argument_types(rows, function);
    row_nulls(rows, 5);
    row_text(rows, is_aggregate(function) ? "aggregate_dummy" : function->name);
    row_nulls(rows, 4);
}

/* A function that reads or prints a type. */
static void give_type_proc(SystemRows *rows, uint32_t oid, const char *name, int argument_count,
    const char *arguments, uint32_t result) {
    if (oid == 0)
        return;
    row_int(rows, oid);
    row_text(rows, name);
    row_fields(rows, "11|10|12|1|0|0|0|f|f|f|t|f|s|s");
    row_int(rows, argument_count);
    row_int(rows, 0);
    row_int(rows, result);
    row_text(rows, arguments);
    row_nulls(rows, 5);
    row_text(rows, name);
    row_nulls(rows, 4);
}

enum { CSTRING = 2275, BYTEA = 17 };

static void give_type_procs(SystemRows *rows) {
    char oid[16];
#define TYPE_PROCS(type, input, input_name, output, output_name, receive, receive_name, send, send_name, in, \
    in_name, out, out_name, ...)                                                                             \
    snprintf(oid, sizeof oid, "%d", type);                                                                   \
    give_type_proc(rows, input, input_name, 1, "2275", type);                                                \
    give_type_proc(rows, output, output_name, 1, oid, CSTRING);                                              \
    give_type_proc(rows, receive, receive_name, 1, "2281", type);                                            \
    give_type_proc(rows, send, send_name, 1, oid, BYTEA);                                                    \
    give_type_proc(rows, in, in_name, 1, "1263", 23);                                                        \
    give_type_proc(rows, out, out_name, 1, "23", CSTRING);
#include "server/catalog/system/type_procs.def"
#undef TYPE_PROCS
    give_type_proc(rows, 3506, "enum_in", 2, "2275 26", 3500);
    give_type_proc(rows, 3507, "enum_out", 1, "3500", CSTRING);
    give_type_proc(rows, 3532, "enum_recv", 2, "2281 26", 3500);
    give_type_proc(rows, 3533, "enum_send", 1, "3500", BYTEA);
    give_type_proc(rows, 750, "array_in", 3, "2275 26 23", 2277);
    give_type_proc(rows, 751, "array_out", 1, "2277", CSTRING);
    give_type_proc(rows, 2400, "array_recv", 3, "2281 26 23", 2277);
    give_type_proc(rows, 2401, "array_send", 1, "2277", BYTEA);
}

/* A function that a user has made. */
static void give_made_function(SystemRows *rows, const CatalogRelation *relation) {
    const CatalogFunction *function = &relation->function;
    Text types = {0};
    int default_count = 0;
    for (int i = 0; i < function->argument_count; i++) {
        text_printf(&types, "%s%u", i > 0 ? " " : "", type_oid(relation->columns[i].type));
        default_count += relation->columns[i].default_value != NULL;
    }
    row_int(rows, relation->id);
    row_text(rows, function->name);
    row_int(rows, schema_oid(rows->facts->snapshot, relation->schema));
    row_fields(rows, "10|14|100");
    row_float(rows, function->is_set ? 1000 : 0);
    row_fields(rows, "0|0|f|f|f");
    row_bool(rows, function->is_strict);
    row_bool(rows, function->is_set);
    row_letter(rows, function->volatility);
    row_text(rows, "u");
    row_int(rows, function->argument_count);
    row_int(rows, default_count);
    row_int(rows, function->is_table ? 2249 : type_oid(relation->columns[function->argument_count].type));
    row_text(rows, text_string(&types));
    row_nulls(rows, 5);
    row_text(rows, relation->definition->text);
    row_nulls(rows, 4);
    text_free(&types);
}

static Status give_proc(SystemRows *rows, Error *error) {
    for (int i = 0; i < rows->facts->snapshot->count; i++)
        if (rows->facts->snapshot->objects[i]->relation.kind == RELATION_FUNCTION)
            give_made_function(rows, &rows->facts->snapshot->objects[i]->relation);
    int count;
    const Function *const *all = functions_all(&count);
    for (int i = 0; i < count; i++)
        if (function_is_listed(all[i]))
            give_function(rows, all[i], FUNCTIONS + (uint32_t)i);
    give_type_procs(rows);
    return OK;
}

const SystemRelation pg_proc_relation = {1255, "pg_catalog", "pg_proc",
    "oid oid!, proname name!, pronamespace oid!, proowner oid!, prolang oid!, procost float4!, prorows "
    "float4!, "
    "provariadic oid!, prosupport regproc!, prokind char!, prosecdef bool!, proleakproof bool!, proisstrict "
    "bool!, "
    "proretset bool!, provolatile char!, proparallel char!, pronargs int2!, pronargdefaults int2!, "
    "prorettype oid!, "
    "proargtypes oidvector!, proallargtypes oid[], proargmodes char[], proargnames text[], proargdefaults "
    "text, "
    "protrftypes oid[], prosrc text!, probin text, prosqlbody text, proconfig text[], proacl aclitem[]",
    give_proc};

static Status give_operator(SystemRows *rows, Error *error) {
    int count;
    const Function *const *all = functions_all(&count);
    for (int i = 0; i < count; i++) {
        const Function *function = all[i];
        if (!function_is_operator(function) || function->argument_count == 0)
            continue;
        bool is_binary = function->argument_count == 2, is_equality = function->meaning == MEANING_EQUAL;
        row_int(rows, FUNCTIONS + (uint32_t)i);
        row_text(rows, function->name);
        row_fields(rows, "11|10");
        row_text(rows, is_binary ? "b" : "l");
        row_bool(rows, is_equality);
        row_bool(rows, is_equality);
        row_int(rows, is_binary ? type_oid(function->arguments[0]) : 0);
        row_int(rows, type_oid(function->arguments[is_binary]));
        row_int(rows, type_oid(function->result));
        row_fields(rows, "0|0");
        row_int(rows, FUNCTIONS + (uint32_t)i);
        row_int(rows, 0);
        row_int(rows, 0);
    }
    return OK;
}

const SystemRelation pg_operator_relation = {2617, "pg_catalog", "pg_operator",
    "oid oid!, oprname name!, oprnamespace oid!, oprowner oid!, oprkind char!, oprcanmerge bool!, oprcanhash "
    "bool!, "
    "oprleft oid!, oprright oid!, oprresult oid!, oprcom oid!, oprnegate oid!, oprcode regproc!, oprrest "
    "regproc!, "
    "oprjoin regproc!",
    give_operator};

static Status give_cast(SystemRows *rows, Error *error) {
    int count;
    const Function *const *all = functions_named("cast", &count);
    for (int i = 0; i < count; i++) {
        row_int(rows, function_oid(all[i]));
        row_int(rows, type_oid(all[i]->arguments[0]));
        row_int(rows, type_oid(all[i]->result));
        row_int(rows, 0);
        row_text(rows, all[i]->flags & FUNCTION_CAST_IMPLICIT     ? "i"
                       : all[i]->flags & FUNCTION_CAST_ASSIGNMENT ? "a"
                                                                  : "e");
        row_text(rows, "i");
    }
    return OK;
}

const SystemRelation pg_cast_relation = {2605, "pg_catalog", "pg_cast",
    "oid oid!, castsource oid!, casttarget oid!, castfunc oid!, castcontext char!, castmethod char!",
    give_cast};

static Status give_aggregate(SystemRows *rows, Error *error) {
    int count;
    const Function *const *all = functions_all(&count);
    for (int i = 0; i < count; i++) {
        if (!is_aggregate(all[i]))
            continue;
        row_int(rows, FUNCTIONS + (uint32_t)i);
        row_fields(rows, "n|0|0|0|0|0|0|0|0|0|f|f|r|r|0|0|0|0|0|NULL|NULL");
    }
    return OK;
}

const SystemRelation pg_aggregate_relation = {2600, "pg_catalog", "pg_aggregate",
    "aggfnoid regproc!, aggkind char!, aggnumdirectargs int2!, aggtransfn regproc!, aggfinalfn regproc!, "
    "aggcombinefn regproc!, aggserialfn regproc!, aggdeserialfn regproc!, aggmtransfn regproc!, "
    "aggminvtransfn regproc!, "
    "aggmfinalfn regproc!, aggfinalextra bool!, aggmfinalextra bool!, aggfinalmodify char!, aggmfinalmodify "
    "char!, "
    "aggsortop oid!, aggtranstype oid!, aggtransspace int4!, aggmtranstype oid!, aggmtransspace int4!, "
    "agginitval text, "
    "aggminitval text",
    give_aggregate};

static Status give_collation(SystemRows *rows, Error *error) {
    row_fields(rows, "100|default|11|10|d|t|-1|NULL|NULL|NULL|NULL");
    row_fields(rows, "950|C|11|10|c|t|-1|C|C|NULL|NULL");
    row_fields(rows, "951|POSIX|11|10|c|t|-1|POSIX|POSIX|NULL|NULL");
    row_fields(rows, "12340|ucs_basic|11|10|c|t|6|C|C|NULL|NULL");
    return OK;
}

const SystemRelation pg_collation_relation = {3456, "pg_catalog", "pg_collation",
    "oid oid!, collname name!, collnamespace oid!, collowner oid!, collprovider char!, collisdeterministic "
    "bool!, "
    "collencoding int4!, collcollate text, collctype text, colliculocale text, collversion text",
    give_collation};

static Status give_language(SystemRows *rows, Error *error) {
    row_fields(rows, "12|internal|10|f|f|0|0|0|NULL");
    row_fields(rows, "14|sql|10|f|t|0|0|0|NULL");
    return OK;
}

const SystemRelation pg_language_relation = {2612, "pg_catalog", "pg_language",
    "oid oid!, lanname name!, lanowner oid!, lanispl bool!, lanpltrusted bool!, lanplcallfoid oid!, "
    "laninline oid!, "
    "lanvalidator oid!, lanacl aclitem[]",
    give_language};

static Status give_am(SystemRows *rows, Error *error) {
    row_fields(rows, "2|heap|0|t");
    row_fields(rows, "403|btree|0|i");
    return OK;
}

const SystemRelation pg_am_relation = {
    2601, "pg_catalog", "pg_am", "oid oid!, amname name!, amhandler regproc!, amtype char!", give_am};
