/* Random: the system's random bytes. */
#include "executor/base/random.h"

#include <errno.h>
#include <sys/random.h>

Status random_secure(void *bytes, size_t size, Error *error) {
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)bytes + done, size - done, 0);
        if (got < 0 && errno != EINTR)
            return error_set(error, STATUS_SYSTEM_ERROR, "could not get random bytes: %m");
        done += got < 0 ? 0 : (size_t)got;
    }
    return OK;
}

void random_mark_uuid(unsigned char bytes[16]) {
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
}
