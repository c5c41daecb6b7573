/* The stored settings: any document is refused or gives valid settings, which are then dumped and loaded to
 * the same. */
#include "agent/settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct settings *configured(void)
{
    struct settings *s = settings_new("eth0");
    struct setting_limit l = {
        .name = "c", .metric = "load/load:shortterm", .direction = LIMIT_ABOVE, .status = ROW_ACTIVE};

    if (!decimal_set(&l.threshold, "8", 1) || !settings_add_portal(s, "p", PORTAL_ADMIN_HOLD) ||
        !settings_add_limit(s, &l))
        abort();
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings *s = configured(), *again = configured();
    unsigned skipped;
    char err[200];
    size_t len;

    if (settings_load(s, (const char *)data, size, &skipped, err, sizeof err)) {
        char *text = settings_dump(s, &len);
        if (text == NULL || !settings_load(again, text, len, &skipped, err, sizeof err) || skipped != 0 ||
            !settings_equal(s, again))
            abort();
        free(text);
    }
    settings_release(s);
    settings_release(again);
    return 0;
}
