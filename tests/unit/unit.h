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

/* Ends a test that cannot run here, with the reason. Not cmocka's skip(): its TAP line says "not ok", which automake takes for a
 * failure. */
#define PASS_OVER(why)                                                                                                 \
    do {                                                                                                               \
        print_message("# passed over: %s\n", why);                                                                     \
        return;                                                                                                        \
    } while (0)

#endif
