/* `eperf --trigger TEST` */
#include <stdio.h>

#include "plugins/eperf/cmd.h"
#include "plugins/eperf/config.h"
#include "plugins/eperf/trigger.h"

enum { PATIENCE_MS = 5000, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREACHED = 4 };

int trigger_run(const char *path, const char *name)
{
    char error[256];
    if (!config_test_name_ok(name)) {
        fprintf(stderr, "eperf: --trigger %s: expected the name of a test in collectd's configuration\n",
                name);
        return EXIT_USAGE;
    }
    enum trigger_outcome outcome = eperf_trigger(path, name, PATIENCE_MS, error, sizeof error);
    if (outcome == TRIGGER_TAKEN)
        return 0;
    fprintf(stderr, "eperf: %s\n", error);
    return outcome == TRIGGER_UNREACHED ? EXIT_UNREACHED : EXIT_FAILED;
}
