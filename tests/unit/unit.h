/* What every cmocka program here includes first. */
#ifndef SCM_TESTS_UNIT_H
#define SCM_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Ends a test that cannot run here: skipped, with the reason. tests/unit/run makes TAP of it. */
#define CANNOT_RUN(why)                                                                                                \
    do {                                                                                                               \
        print_message("# cannot run: %s\n", why);                                                                      \
        skip();                                                                                                        \
    } while (0)

#endif
