/* Jobs: jobs are changed under its lock, by one thread, which reads them without. */
#include "executor/engine/job/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/job/job_type.h"

typedef struct NamedRelation {
    uint32_t object_id;
    Relation *relation;
} NamedRelation;

typedef struct NamedRelations {
    NamedRelation *items;
    int count, capacity;
} NamedRelations;

struct Jobs {
    pthread_mutex_t lock;
    JobList all;       /* in order of creation */
    JobList by_id;     /* the same, ascending */
    JobList announced; /* being made or built */
    JobList lists[LIST_COUNT];
    uint64_t version;
    NamedRelations own;  /* of no job */
    NamedRelations kept; /* what readers are given while the jobs are made again */
    JobList leaving;
};

Jobs *jobs_create(void) {
    Jobs *jobs = NEW(Jobs);
    pthread_mutex_init(&jobs->lock, NULL);
    return jobs;
}

void jobs_destroy(Jobs *jobs) {
    assert(jobs->all.count == 0 && jobs->announced.count == 0 && jobs->leaving.count == 0);
    assert(jobs->own.count == 0 && jobs->kept.count == 0);
    pthread_mutex_destroy(&jobs->lock);
    for (int l = 0; l < LIST_COUNT; l++)
        memory_free(jobs->lists[l].jobs);
    memory_free(jobs->all.jobs);
    memory_free(jobs->by_id.jobs);
    memory_free(jobs->announced.jobs);
    memory_free(jobs->leaving.jobs);
    memory_free(jobs->own.items);
    memory_free(jobs->kept.items);
    memory_free(jobs);
}

/* The first place in by_id whose id is not below. */
static int place_of(const JobList *by_id, uint32_t object_id) {
    int low = 0, high = by_id->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (by_id->jobs[middle]->definition.object_id < object_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Job *jobs_find(const Jobs *jobs, uint32_t object_id) {
    const JobList *by_id = &jobs->by_id;
    int place = place_of(by_id, object_id);
    bool is_there = place < by_id->count && by_id->jobs[place]->definition.object_id == object_id;
    return is_there ? by_id->jobs[place] : NULL;
}

Job *jobs_find_any(const Jobs *jobs, uint32_t object_id) {
    Job *job = jobs_find(jobs, object_id);
    for (int i = 0; (job == NULL || job->is_suspended) && i < jobs->announced.count; i++)
        if (jobs->announced.jobs[i]->definition.object_id == object_id)
            return jobs->announced.jobs[i];
    return job;
}

int jobs_place(const Jobs *jobs, const Job *job) {
    assert(job->is_registered);
    return place_of(&jobs->by_id, job->definition.object_id);
}

const JobList *jobs_all(const Jobs *jobs) {
    return &jobs->all;
}

static void insert(JobList *list, int place, Job *job) {
    GROW(list->jobs, list->capacity, list->count + 1);
    memmove(list->jobs + place + 1, list->jobs + place, sizeof(Job *) * (size_t)(list->count - place));
    list->jobs[place] = job;
    list->count++;
}

static void take_out(JobList *list, const Job *job) {
    int place = 0;
    while (place < list->count && list->jobs[place] != job)
        place++;
    assert(place < list->count);
    list->count--;
    memmove(list->jobs + place, list->jobs + place + 1, sizeof(Job *) * (size_t)(list->count - place));
}

void jobs_announce(Jobs *jobs, Job *job) {
    assert(!job->is_registered);
    insert(&jobs->announced, jobs->announced.count, job);
}

void jobs_retract(Jobs *jobs, Job *job) {
    take_out(&jobs->announced, job);
}

const JobList *jobs_announced(const Jobs *jobs) {
    return &jobs->announced;
}

void jobs_count_reads(Jobs *jobs, Job *job, int by) {
    jobs->version++;
    for (int i = 0; i < job->definition.dependency_count; i++) {
        Job *read = jobs_find(jobs, job->definition.dependencies[i]);
        if (read == NULL)
            continue;
        read->reader_count += by;
        assert(read->reader_count >= 0);
        if (read->type->read_changed != NULL)
            read->type->read_changed(read);
    }
}

void jobs_add(Jobs *jobs, Job *job) {
    uint32_t id = job->definition.object_id;
    assert(!job->is_registered && jobs_find(jobs, id) == NULL);
    pthread_mutex_lock(&jobs->lock);
    insert(&jobs->by_id, place_of(&jobs->by_id, id), job);
    insert(&jobs->all, jobs->all.count, job);
    job->is_registered = true;
    pthread_mutex_unlock(&jobs->lock);
    jobs->version++;
    if (job->type->list != LIST_COUNT)
        jobs_enlist(jobs, job->type->list, job);
    if (!job->is_suspended)
        jobs_count_reads(jobs, job, 1);
}

void jobs_remove(Jobs *jobs, Job *job) {
    assert(job->is_registered);
    pthread_mutex_lock(&jobs->lock);
    take_out(&jobs->by_id, job);
    take_out(&jobs->all, job);
    job->is_registered = false;
    pthread_mutex_unlock(&jobs->lock);
    for (int l = 0; l < LIST_COUNT; l++)
        jobs_delist(jobs, (JobListName)l, job);
    jobs->version++;
    if (!job->is_suspended)
        jobs_count_reads(jobs, job, -1);
}

uint64_t jobs_version(const Jobs *jobs) {
    return jobs->version;
}

const JobList *jobs_list(const Jobs *jobs, JobListName list) {
    return &jobs->lists[list];
}

void jobs_enlist(Jobs *jobs, JobListName list, Job *job) {
    if (job->lists & 1u << list)
        return;
    insert(&jobs->lists[list], jobs->lists[list].count, job);
    job->lists |= 1u << list;
}

void jobs_delist(Jobs *jobs, JobListName list, Job *job) {
    if (!(job->lists & 1u << list))
        return;
    take_out(&jobs->lists[list], job);
    job->lists &= ~(1u << list);
}

void jobs_clear(Jobs *jobs, JobListName list) {
    JobList *members = &jobs->lists[list];
    for (int i = 0; i < members->count; i++)
        members->jobs[i]->lists &= ~(1u << list);
    members->count = 0;
}

void jobs_filter(Jobs *jobs, JobListName list, bool (*keeps)(void *argument, Job *job), void *argument) {
    JobList *members = &jobs->lists[list];
    int kept = 0;
    for (int i = 0; i < members->count; i++) {
        Job *job = members->jobs[i];
        if (keeps(argument, job))
            members->jobs[kept++] = job;
        else
            job->lists &= ~(1u << list);
    }
    members->count = kept;
}

void jobs_suspend(Jobs *jobs, Job *job, const Error *cause) {
    assert(job->is_registered && !job->is_suspended && cause->status != OK);
    pthread_mutex_lock(&jobs->lock);
    job->is_suspended = true;
    error_copy(&job->trouble, cause);
    pthread_mutex_unlock(&jobs->lock);
    jobs_delist(jobs, LIST_PUBLISHED, job);
}

void jobs_explain(Jobs *jobs, Job *job, const Error *cause) {
    assert(job->is_suspended);
    pthread_mutex_lock(&jobs->lock);
    error_clear(&job->trouble);
    error_copy(&job->trouble, cause);
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_set_rebuilt(Jobs *jobs, Job *job, bool is_rebuilt) {
    assert(job->is_suspended && job->is_rebuilt != is_rebuilt);
    pthread_mutex_lock(&jobs->lock);
    job->is_rebuilt = is_rebuilt;
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_rename(Jobs *jobs, uint32_t object_id, const char *name, const char *key_name) {
    Job *job = jobs_find(jobs, object_id), *built = jobs_find_any(jobs, object_id);
    if (job == NULL)
        return;
    pthread_mutex_lock(&jobs->lock);
    built->definition.name = name;
    job->definition.name = name;
    job->definition.table.key_name = key_name;
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_redefine(Jobs *jobs, Job *job, const JobDefinition *definition) {
    pthread_mutex_lock(&jobs->lock);
    job->definition.spec = definition->spec;
    job->definition.stored.relation = definition->stored.relation;
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_drop_relation(Jobs *jobs, Job *job) {
    pthread_mutex_lock(&jobs->lock);
    Relation *relation = job->relation;
    job->relation = NULL;
    pthread_mutex_unlock(&jobs->lock);
    if (relation != NULL)
        relation_release(relation);
}

static Relation *find_named(const NamedRelations *relations, uint32_t object_id) {
    for (int i = 0; i < relations->count; i++)
        if (relations->items[i].object_id == object_id)
            return relations->items[i].relation;
    return NULL;
}

static void add_named(NamedRelations *relations, uint32_t object_id, Relation *relation) {
    GROW(relations->items, relations->capacity, relations->count + 1);
    relations->items[relations->count++] = (NamedRelation){object_id, relation};
}

void jobs_set_relation(Jobs *jobs, uint32_t object_id, Relation *relation) {
    NamedRelations *own = &jobs->own;
    int kept = 0;
    pthread_mutex_lock(&jobs->lock);
    for (int i = 0; i < own->count; i++)
        if (own->items[i].object_id != object_id)
            own->items[kept++] = own->items[i];
    own->count = kept;
    if (relation != NULL)
        add_named(own, object_id, relation);
    pthread_mutex_unlock(&jobs->lock);
}

static Status suspended_error(const Job *job, Error *error) {
    const JobDefinition *definition = &job->definition;
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended", definition->name);
    error_detail(error, "%s", job->trouble.message);
    if (job->is_rebuilt)
        error_hint(error, "It is being built again.");
    else if (job->type->traits.is_rebuildable && !definition->is_transient)
        error_hint(error, "ALTER MATERIALIZED VIEW ... RESUME builds it again.");
    return STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE;
}

Status jobs_relation(Jobs *jobs, uint32_t object_id, Relation **out, Error *error) {
    Status status = OK;
    pthread_mutex_lock(&jobs->lock);
    const Job *job = jobs_find(jobs, object_id);
    Relation *relation = find_named(jobs->kept.count > 0 ? &jobs->kept : &jobs->own, object_id);
    if (relation == NULL && jobs->kept.count == 0 && job != NULL && job->is_suspended)
        status = suspended_error(job, error);
    else if (relation == NULL && jobs->kept.count == 0 && job != NULL)
        relation = job->relation;
    *out = relation == NULL ? NULL : relation_retain(relation);
    pthread_mutex_unlock(&jobs->lock);
    return status;
}

Relation *jobs_open_relation(const Jobs *jobs, uint32_t object_id) {
    Relation *own = find_named(&jobs->own, object_id);
    const Job *job = own != NULL ? NULL : jobs_find_any(jobs, object_id);
    return job == NULL ? own : job->relation;
}

/* The first attempt's are those that stood when the commit failed. */
static void keep_relations(Jobs *jobs) {
    for (int i = 0; i < jobs->all.count; i++) {
        const Job *job = jobs->all.jobs[i];
        if (job->relation != NULL && !job->is_suspended)
            add_named(&jobs->kept, job->definition.object_id, relation_retain(job->relation));
    }
    for (int i = 0; i < jobs->own.count; i++)
        add_named(&jobs->kept, jobs->own.items[i].object_id, relation_retain(jobs->own.items[i].relation));
}

JobList jobs_take_all(Jobs *jobs) {
    assert(jobs->announced.count == 0); /* builds have ended */
    for (int l = 0; l < LIST_COUNT; l++)
        jobs_clear(jobs, (JobListName)l);
    pthread_mutex_lock(&jobs->lock);
    if (jobs->kept.count == 0)
        keep_relations(jobs);
    JobList all = jobs->all;
    for (int i = 0; i < all.count; i++)
        all.jobs[i]->is_registered = false;
    jobs->all = (JobList){0};
    jobs->by_id.count = 0;
    pthread_mutex_unlock(&jobs->lock);
    jobs->version++;
    return all;
}

void jobs_drop_kept(Jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    for (int i = 0; i < jobs->kept.count; i++)
        relation_release(jobs->kept.items[i].relation);
    jobs->kept.count = 0;
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_leave(Jobs *jobs, Job *job) {
    assert(!job->is_registered);
    pthread_mutex_lock(&jobs->lock);
    insert(&jobs->leaving, jobs->leaving.count, job);
    pthread_mutex_unlock(&jobs->lock);
}

JobList jobs_take_leaving(Jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    JobList leaving = jobs->leaving;
    jobs->leaving = (JobList){0};
    pthread_mutex_unlock(&jobs->lock);
    return leaving;
}
