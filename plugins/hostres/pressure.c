#include "plugins/hostres/pressure.h"

#include <stdbool.h>
#include <string.h>

#include "plugins/hostres/scan.h"

static const char *const kinds[PRESSURE_KINDS] = {[PRESSURE_SOME] = "some ", [PRESSURE_FULL] = "full "};

static bool read_total(const char *line, size_t len, uint64_t *us)
{
    static const char key[] = " total=";
    const char *p = memmem(line, len, key, sizeof key - 1);

    if (p == NULL)
        return false;
    p = scan_u64(p + sizeof key - 1, us);
    return p != NULL && (*p == '\n' || *p == ' ' || *p == '\0');
}

size_t pressure_parse(const char *text, size_t len, struct pressure *out)
{
    const char *end = text + len, *next;
    size_t bad = 0;

    memset(out, 0, sizeof *out);
    for (const char *line = text; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            next = end;
        size_t n = (size_t)(next - line);
        for (unsigned k = 0; k < PRESSURE_KINDS; k++) {
            if (n < 5 || memcmp(line, kinds[k], 5) != 0)
                continue;
            if (read_total(line, n, &out->total_us[k]))
                out->has |= 1U << k;
            else
                bad++;
        }
    }
    return bad;
}
