/* Resolution: which of several functions or operators of a name is meant: PostgreSQL's func_select_candidate
   (manual, chapter 10). */
#include <string.h>

#include "planner/bind/binder.h"

typedef struct Candidate {
    const Function *function;
    Type *types; /* one an argument given, variadic ones repeated */
} Candidate;

typedef struct Candidates {
    Candidate *items;
    int count;
} Candidates;

static bool is_polymorphic(Type type) {
    return type.id == TYPE_ANYELEMENT || type.id == TYPE_ANYARRAY || type.id == TYPE_ANY ||
           type_is_generic(type);
}

/* All arguments of such a type have the same element. */
static bool needs_element(Type declared) {
    return declared.id == TYPE_ANYELEMENT || declared.id == TYPE_ANYARRAY ||
           (declared.id == TYPE_ENUM && type_is_generic(declared));
}

/* PostgreSQL's anycompatible: the elements' common type is taken. */
static bool finds_common_element(const Function *function) {
    static const char *const names[] = {"||", "array_append", "array_prepend", "array_cat", "array_position",
        "array_positions", "array_remove", "array_replace", "width_bucket"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], function->name) == 0)
            return true;
    return false;
}

static bool widen_element(Type *element, Type given) {
    if (type_category(*element) != type_category(given))
        return false;
    if (can_coerce(given, *element, COERCE_IMPLICIT))
        return true;
    Type narrow = *element;
    *element = given;
    return can_coerce(narrow, given, COERCE_IMPLICIT);
}

/* What anyelement stands for in this call, UNKNOWN when nothing says; false when the arguments contradict
   each other. */
static bool element_type(const Candidate *candidate, const Type *types, int count, Type *element) {
    *element = type_of(TYPE_UNKNOWN);
    for (int i = 0; i < count; i++) {
        Type declared = candidate->types[i], given = types[i];
        if (!needs_element(declared) || given.id == TYPE_UNKNOWN)
            continue;
        if (declared.id == TYPE_ANYARRAY) {
            if (!given.is_array)
                return false;
            given = type_element(given);
        }
        if (element->id == TYPE_UNKNOWN)
            *element = given;
        else if (!type_is_same(*element, given) &&
                 !(finds_common_element(candidate->function) && widen_element(element, given)))
            return false;
    }
    element->modifier = -1;
    return true;
}

static bool accepts(const Candidate *candidate, const Type *types, int count) {
    Type element;
    bool is_joined = strcmp(candidate->function->name, "||") == 0;
    for (int i = 0; i < count; i++)
        if (!can_coerce(types[i], candidate->types[i], COERCE_IMPLICIT) ||
            (is_joined && candidate->types[i].id == TYPE_ANY &&
                types[i].is_array)) /* PostgreSQL's anynonarray */
            return false;
    return element_type(candidate, types, count, &element);
}

static bool takes_count(const Function *function, int count) {
    return function->is_variadic ? count >= function->argument_count : count == function->argument_count;
}

static Candidates gather(Arena *arena, const char *name, int count) {
    Candidates candidates = {0};
    int total;
    const Function *const *functions = functions_named(name, &total);
    for (int i = 0; i < total; i++) {
        if (!takes_count(functions[i], count))
            continue;
        Candidate candidate = {functions[i], ARENA_ARRAY(arena, Type, count + 1)};
        for (int j = 0; j < count; j++)
            candidate.types[j] =
                functions[i]
                    ->arguments[j < functions[i]->argument_count ? j : functions[i]->argument_count - 1];
        ARENA_APPEND(arena, candidates.items, candidates.count, candidate);
    }
    return candidates;
}

/* The one with exactly these types; not variadic before variadic. */
static const Candidate *find_exact(const Candidates *candidates, const Type *types, int count) {
    const Candidate *found = NULL;
    for (int i = 0; i < candidates->count; i++) {
        const Candidate *candidate = &candidates->items[i];
        bool is_exact = true;
        for (int j = 0; j < count && is_exact; j++)
            is_exact = type_is_same(candidate->types[j], types[j]) && types[j].id != TYPE_UNKNOWN;
        if (is_exact && (found == NULL || found->function->is_variadic))
            found = candidate;
    }
    return found;
}

/* Keeps the candidates with the highest score. */
static void keep_best(Candidates *candidates, const Type *types, int count,
    int (*score)(const Candidate *candidate, const Type *types, int count)) {
    int best = -1, kept = 0;
    for (int i = 0; i < candidates->count; i++) {
        int points = score(&candidates->items[i], types, count);
        if (points < best)
            continue;
        if (points > best)
            kept = 0;
        best = points;
        candidates->items[kept++] = candidates->items[i];
    }
    candidates->count = kept;
}

static int exact_matches(const Candidate *candidate, const Type *types, int count) {
    int points = 0;
    for (int i = 0; i < count; i++)
        points += types[i].id != TYPE_UNKNOWN && type_is_same(candidate->types[i], types[i]);
    return points;
}

static int exact_or_preferred(const Candidate *candidate, const Type *types, int count) {
    int points = 0;
    for (int i = 0; i < count; i++)
        if (types[i].id != TYPE_UNKNOWN)
            points += type_is_same(candidate->types[i], types[i]) ||
                      (type_category(candidate->types[i]) == type_category(types[i]) &&
                          type_is_preferred(candidate->types[i]));
    return points;
}

static int is_not_variadic(const Candidate *candidate, const Type *types, int count) {
    return !candidate->function->is_variadic;
}

/* PostgreSQL has no operators of varchar: beside bpchar its own count. */
static int is_not_of_varchar(const Candidate *candidate, const Type *types, int count) {
    for (int i = 0; i < count; i++)
        if (candidate->types[i].id == TYPE_VARCHAR)
            return 0;
    return 1;
}

/* The category that an unknown argument should have by the candidates; 0 when they disagree. */
static char unknown_category(const Candidates *candidates, int argument, bool *has_preferred) {
    char category = 0;
    bool is_in_conflict = false;
    *has_preferred = false;
    for (int i = 0; i < candidates->count; i++) {
        Type type = candidates->items[i].types[argument];
        char own = type_category(type);
        if (category == 0 || own == category) {
            category = own;
            *has_preferred |= type_is_preferred(type);
        } else if (own == 'S') {
            category = own;
            *has_preferred = type_is_preferred(type);
            is_in_conflict = true;
        } else
            is_in_conflict = true;
    }
    return is_in_conflict && category != 'S' ? 0 : category;
}

static void resolve_unknown_by_category(Candidates *candidates, const Type *types, int count) {
    char categories[128];
    bool preferred[128];
    for (int i = 0; i < count; i++)
        if (types[i].id == TYPE_UNKNOWN) {
            categories[i] = unknown_category(candidates, i, &preferred[i]);
            if (categories[i] == 0)
                return;
        }
    Candidate *kept = candidates->items;
    int kept_count = 0;
    for (int c = 0; c < candidates->count; c++) {
        bool fits = true;
        for (int i = 0; i < count && fits; i++)
            if (types[i].id == TYPE_UNKNOWN) {
                Type type = candidates->items[c].types[i];
                fits = type_category(type) == categories[i] && (!preferred[i] || type_is_preferred(type));
            }
        if (fits) {
            Candidate swap = kept[kept_count];
            kept[kept_count++] = candidates->items[c];
            candidates->items[c] = swap;
        }
    }
    if (kept_count > 0)
        candidates->count = kept_count;
}

/* If all known types are the same, unknown ones are assumed to be it too. */
static const Candidate *resolve_unknown_as_known(const Candidates *candidates, const Type *types, int count) {
    Type known = type_of(TYPE_UNKNOWN), same[128];
    for (int i = 0; i < count; i++)
        if (types[i].id != TYPE_UNKNOWN) {
            if (known.id != TYPE_UNKNOWN && !type_is_same(known, types[i]))
                return NULL;
            known = types[i];
        }
    if (known.id == TYPE_UNKNOWN)
        return NULL;
    for (int i = 0; i < count; i++)
        same[i] = known;
    const Candidate *found = NULL;
    for (int i = 0; i < candidates->count; i++)
        if (accepts(&candidates->items[i], same, count)) {
            if (found != NULL)
                return NULL;
            found = &candidates->items[i];
        }
    return found;
}

static const Candidate *select_candidate(Candidates *candidates, const Type *types, int count) {
    keep_best(candidates, types, count, exact_matches);
    if (candidates->count == 1)
        return &candidates->items[0];
    keep_best(candidates, types, count, exact_or_preferred);
    if (candidates->count == 1)
        return &candidates->items[0];
    bool has_unknown = false;
    for (int i = 0; i < count; i++)
        has_unknown |= types[i].id == TYPE_UNKNOWN;
    if (has_unknown) {
        resolve_unknown_by_category(candidates, types, count);
        if (candidates->count == 1)
            return &candidates->items[0];
        const Candidate *found = resolve_unknown_as_known(candidates, types, count);
        if (found != NULL)
            return found;
    }
    keep_best(candidates, types, count, is_not_of_varchar);
    keep_best(candidates, types, count, is_not_variadic);
    return candidates->count == 1 ? &candidates->items[0] : NULL;
}

static Type concrete(Type declared, Type element, Type given) {
    if (declared.id == TYPE_ANYELEMENT || (declared.id == TYPE_ENUM && needs_element(declared)))
        return element;
    if (declared.id == TYPE_RECORD && type_is_generic(declared))
        return type_takes(declared, given) ? given : declared;
    if (declared.id == TYPE_ANYARRAY)
        return type_array(element);
    if (declared.id == TYPE_ANY)
        return given.id == TYPE_UNKNOWN ? type_of(TYPE_TEXT) : given;
    return declared;
}

/* Some argument's type is needed that nothing tells. */
static bool lacks_element(const Candidate *candidate, int count, Type element) {
    bool is_needed = false;
    for (int i = 0; i < count; i++)
        is_needed |= needs_element(candidate->types[i]);
    return is_needed && element.id == TYPE_UNKNOWN && !finds_common_element(candidate->function);
}

static ResolveResult finish(
    Binder *binder, const Candidate *candidate, const Type *types, int count, Resolution *resolution) {
    Type element;
    element_type(candidate, types, count, &element);
    if (lacks_element(candidate, count, element))
        return RESOLVE_UNKNOWN;
    if (element.id == TYPE_UNKNOWN)
        element = type_of(TYPE_TEXT);
    resolution->function = candidate->function;
    resolution->arguments = ARENA_ARRAY(binder->arena, Type, count + 1);
    for (int i = 0; i < count; i++) {
        resolution->arguments[i] = concrete(candidate->types[i], element, types[i]);
        if (strcmp(candidate->function->name, "pg_typeof") == 0)
            resolution->arguments[i] = types[i];
        resolution->arguments[i].modifier = -1;
    }
    resolution->result = is_polymorphic(candidate->function->result)
                             ? concrete(candidate->function->result, element, element)
                             : candidate->function->result;
    resolution->result.modifier = -1;
    return RESOLVE_FOUND;
}

ResolveResult resolve_function(Binder *binder, const Wanted *wanted, Resolution *resolution) {
    const Type *types = wanted->types;
    int count = wanted->count > 100 ? 100 : wanted->count;
    Candidates candidates = gather(binder->arena, wanted->name, count);
    const Candidate *found = find_exact(&candidates, types, count);
    if (found == NULL && wanted->is_operator && count == 2 &&
        (types[0].id == TYPE_UNKNOWN) != (types[1].id == TYPE_UNKNOWN)) {
        Type known = types[0].id == TYPE_UNKNOWN ? types[1] : types[0], both[2] = {known, known};
        found = find_exact(&candidates, both, count);
    }
    if (found == NULL) {
        int kept = 0;
        for (int i = 0; i < candidates.count; i++)
            if (accepts(&candidates.items[i], types, count))
                candidates.items[kept++] = candidates.items[i];
        candidates.count = kept;
        if (kept == 0)
            return RESOLVE_NONE;
        found = kept == 1 ? &candidates.items[0] : select_candidate(&candidates, types, count);
        if (found == NULL)
            return RESOLVE_AMBIGUOUS;
    }
    return finish(binder, found, types, count, resolution);
}

static ResolveResult resolve(Binder *binder, const Call *call, bool is_operator, Resolution *resolution) {
    Type *types = ARENA_ARRAY(binder->arena, Type, call->count + 1);
    for (int i = 0; i < call->count; i++)
        types[i] = call->arguments[i]->type;
    Wanted wanted = {call->name, types, call->count, is_operator};
    return resolve_function(binder, &wanted, resolution);
}

ResolveResult resolve_call(Binder *binder, const Call *call, Resolution *resolution) {
    return resolve(binder, call, false, resolution);
}

static Status make_call(Binder *binder, const Resolution *resolution, const Call *call, Expression **out) {
    Expression **coerced = ARENA_ARRAY(binder->arena, Expression *, call->count + 1);
    for (int i = 0; i < call->count; i++)
        TRY(coerce(binder, call->arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &coerced[i]));
    *out = expression_call(binder->arena, resolution->function, resolution->result, call->count, coerced);
    (*out)->position = call->position;
    return OK;
}

static Status element_unknown(Binder *binder, int position) {
    return bind_error(binder, position, STATUS_DATATYPE_MISMATCH,
        "could not determine polymorphic type because input has type unknown");
}

static Status operator_missing(Binder *binder, const Call *call, ResolveResult result) {
    if (result == RESOLVE_UNKNOWN)
        return element_unknown(binder, call->position);
    bool is_prefix = call->count == 1;
    const char *right = type_text(binder->arena, call->arguments[call->count - 1]->type);
    bool is_ambiguous = result == RESOLVE_AMBIGUOUS;
    Status status = is_ambiguous ? STATUS_AMBIGUOUS_FUNCTION : STATUS_UNDEFINED_FUNCTION;
    const char *what = is_ambiguous ? "operator is not unique" : "operator does not exist";
    if (is_prefix)
        bind_error(binder, call->position, status, "%s: %s %s", what, call->name, right);
    else
        bind_error(binder, call->position, status, "%s: %s %s %s", what,
            type_text(binder->arena, call->arguments[0]->type), call->name, right);
    if (is_ambiguous)
        return error_hint(binder->error,
            is_prefix
                ? "Could not choose a best candidate operator. You might need to add an explicit type cast."
                : "Could not choose a best candidate operator. You might need to add explicit type casts.");
    return error_hint(binder->error, is_prefix
                                         ? "No operator matches the given name and argument type. You might "
                                           "need to add an explicit type cast."
                                         : "No operator matches the given name and argument types. You "
                                           "might need to add explicit type casts.");
}

Status bind_operator(
    Binder *binder, const char *name, Expression *left, Expression *right, int position, Expression **out) {
    Expression *arguments[] = {left == NULL ? right : left, right};
    Call call = {name, position, arguments, left == NULL ? 1 : 2};
    static const char comparisons[] = " = <> < <= > >= ";
    if (call.count == 2 && (is_record(left->type) || is_record(right->type)) &&
        strstr(comparisons, arena_printf(binder->arena, " %s ", name)) != NULL)
        TRY(prepare_records(binder, name, arguments, position));
    Resolution resolution;
    ResolveResult result = resolve(binder, &call, true, &resolution);
    if (result != RESOLVE_FOUND)
        return operator_missing(binder, &call, result);
    return make_call(binder, &resolution, &call, out);
}

Status function_missing(Binder *binder, const Call *call, ResolveResult result) {
    if (result == RESOLVE_UNKNOWN)
        return element_unknown(binder, call->position);
    Text list = {0};
    for (int i = 0; i < call->count; i++)
        text_printf(&list, "%s%s", i ? ", " : "", type_text(binder->arena, call->arguments[i]->type));
    bool is_ambiguous = result == RESOLVE_AMBIGUOUS;
    bind_error(binder, call->position, is_ambiguous ? STATUS_AMBIGUOUS_FUNCTION : STATUS_UNDEFINED_FUNCTION,
        "function %s(%s) %s", call->name, text_string(&list),
        is_ambiguous ? "is not unique" : "does not exist");
    text_free(&list);
    return error_hint(binder->error,
        is_ambiguous
            ? "Could not choose a best candidate function. You might need to add explicit type casts."
            : "No function matches the given name and argument types. You might need to add explicit "
              "type casts.");
}

Status bind_named_call(Binder *binder, const Call *call, Expression **out) {
    Resolution resolution;
    ResolveResult result = resolve_call(binder, call, &resolution);
    if (result != RESOLVE_FOUND)
        return function_missing(binder, call, result);
    return make_call(binder, &resolution, call, out);
}
