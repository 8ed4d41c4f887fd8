/* Submission: owns its rows. */
#include "executor/engine/submission.h"

#include "executor/base/memory.h"

Submission *submission_create(TableChange *changes, int count, Completion done) {
    Submission *submission = NEW(Submission);
    *submission = (Submission){.changes = changes, .count = count, .done = done};
    return submission;
}

void submission_free(Submission *submission) {
    for (int i = 0; i < submission->count; i++) {
        batch_list_clear(&submission->changes[i].removed);
        batch_list_clear(&submission->changes[i].added);
    }
    memory_free(submission->changes);
    memory_free(submission);
}
