/* A view: all that is particular to it lies in its operators. */
#include "executor/engine/job/job_type.h"

const JobType view_job = {
    .size = sizeof(Job),
    .traits = {.is_rebuildable = true},
    .has_rows = true,
    .list = LIST_COUNT,
};
