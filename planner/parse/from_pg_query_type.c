/* Conversion of CREATE TYPE. */
#include "planner/parse/from_pg_query.h"

static SyntaxCreateType *new_type(Conversion *conversion, SyntaxStatement **statement) {
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_TYPE, "CREATE TYPE");
    return (*statement)->create_type = ARENA_NEW(conversion->arena, SyntaxCreateType);
}

Status convert_create_row_type(
    Conversion *conversion, const PgQuery__CompositeTypeStmt *from, SyntaxStatement **statement) {
    SyntaxCreateType *type = new_type(conversion, statement);
    type->name = convert_relation_name(conversion, from->typevar);
    for (size_t i = 0; i < from->n_coldeflist; i++) {
        const PgQuery__ColumnDef *column = from->coldeflist[i]->column_def;
        SyntaxColumnType field = {.name = convert_text(conversion, column->colname)};
        if (column->coll_clause != NULL)
            return convert_unsupported(conversion, column->location, "COLLATE of a field");
        TRY(convert_type(conversion, column->type_name, &field.type));
        ARENA_APPEND(conversion->arena, type->fields, type->count, field);
    }
    return OK;
}

Status convert_create_enum(
    Conversion *conversion, const PgQuery__CreateEnumStmt *from, SyntaxStatement **statement) {
    SyntaxCreateType *type = new_type(conversion, statement);
    const char **labels;
    int count;
    type->is_enum = true;
    type->name = convert_name(conversion, from->type_name, from->n_type_name, -1);
    convert_strings(conversion, from->vals, from->n_vals, &labels, &count);
    for (int i = 0; i < count; i++)
        ARENA_APPEND(conversion->arena, type->fields, type->count, ((SyntaxColumnType){.name = labels[i]}));
    return OK;
}
