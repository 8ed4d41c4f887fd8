/* leat: the one binary. */
#include <stdio.h>

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    fprintf(stderr, "usage: leat serve --data DIR --port N --workers N\n");
    return 1;
}
