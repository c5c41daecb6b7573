#include "plugins/hostres/loadavg.h"

#include <string.h>

#include "common/num.h"

bool loadavg_parse(const char *text, size_t len, double load[3])
{
    double v[3];

    for (size_t i = 0; i < 3; i++) {
        const char *blank = memchr(text, ' ', len);
        size_t n = blank == NULL ? len : (size_t)(blank - text);

        if (!num_decimal(text, n, &v[i]) || v[i] < 0 || (blank == NULL && i < 2))
            return false;
        if (blank != NULL)
            n++;
        text += n;
        len -= n;
    }
    memcpy(load, v, sizeof v);
    return true;
}
