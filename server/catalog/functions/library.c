#include "server/catalog/functions/library.h"

const FunctionLibrary catalog_library = {
    .families = (const FunctionRow *const[]){catalog_functions, privilege_functions, NULL},
    .sets = (const SetFunction *const[]){catalog_sets, NULL},
};
