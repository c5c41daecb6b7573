/* scalemon status: one row per host. */
#include "console/verb.h"

int cmd_status(const struct globals *globals, int argc, char **argv)
{
    return verb_usage(argv[0], "%s", "not built yet");
}
