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

#endif
