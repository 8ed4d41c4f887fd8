/* ObjectBuild: a view or sink that is built beside the running jobs and then enters the catalog.
   Coordinator's thread. */
#ifndef LEAT_ENGINE_OBJECT_BUILD_H
#define LEAT_ENGINE_OBJECT_BUILD_H

#include "server/engine/instance.h"

typedef struct ObjectBuildSpec {
    Object
        *object; /* the reference is taken over, also on error; its name is reserved until the build ends */
    uint32_t replaced; /* the object whose place it takes, in the same commit; 0: none */
    bool is_again;     /* a suspended view, which is in the catalog already */
} ObjectBuildSpec;

/* Begins it. done (its function may be NULL): when the object is in the catalog, or the build failed; not
   called on error. A background build is stored with the next commit, and begins anew after a crash. */
Status object_build_begin(Instance *instance, const ObjectBuildSpec *spec, Completion done, Error *error);
/* Begins the stored background builds. What cannot begin is a failed build. */
Status object_builds_resume(Instance *instance, Error *error);

#endif
