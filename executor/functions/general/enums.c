/* Enums: their first and last label, and ranges of them. The type is the argument's; its value may be NULL.
 */
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"
#include "executor/types/definition.h"

static bool has_labels(KernelContext *context, int row, const TypeDefinition *definition) {
    if (definition != NULL && definition->count > 0)
        return true;
    KERNEL_FAIL(context, row, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "enum %s contains no values",
        definition == NULL ? "anyenum" : definition->name);
    return false;
}

static void enum_first(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        has_labels(context, i, arguments[0]->type.definition);
}

static void enum_last(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        if (has_labels(context, i, arguments[0]->type.definition))
            ((int32_t *)result->values)[i] = arguments[0]->type.definition->count - 1;
}

/* NULL bounds are open; without any the whole type. */
static void enum_range(KERNEL_PARAMETERS) {
    Type type = arguments[0]->type;
    Text bytes = {0};
    ArrayBuilder builder = {.element = type};
    for (int i = 0; i < row_count; i++) {
        int32_t first = 0, last = type.definition == NULL ? -1 : type.definition->count - 1;
        if (argument_count == 2 && !column_is_null(arguments[0], i))
            first = argument_int4(arguments, 0, i);
        if (argument_count == 2 && !column_is_null(arguments[1], i))
            last = argument_int4(arguments, 1, i);
        for (int32_t label = first; label <= last; label++)
            array_builder_add(&builder, &label);
        array_builder_finish(&builder, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

const FunctionRow enums_functions[] = {
    {"enum_first(anyenum) -> anyenum", enum_first, FUNCTION_NOT_STRICT},
    {"enum_last(anyenum) -> anyenum", enum_last, FUNCTION_NOT_STRICT},
    {"enum_range(anyenum) -> anyarray", enum_range, FUNCTION_NOT_STRICT},
    {"enum_range(anyenum, anyenum) -> anyarray", enum_range, FUNCTION_NOT_STRICT},
    {0},
};
