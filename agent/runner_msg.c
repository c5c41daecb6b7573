#include "agent/runner_msg.h"

#include <string.h>

bool runner_request_parse(const void *buf, size_t len, uint32_t n_scripts, struct runner_request *out)
{
    struct runner_request request;
    if (len != sizeof request)
        return false;
    memcpy(&request, buf, sizeof request);
    if (request.magic != RUNNER_MAGIC)
        return false;
    switch (request.kind) {
    case RUNNER_READY:
    case RUNNER_ALIVE:
        if (request.script != 0 || request.run != 0)
            return false;
        break;
    case RUNNER_RUN:
        if (request.script >= n_scripts || request.run == 0)
            return false;
        break;
    case RUNNER_CANCEL:
        if (request.script >= n_scripts)
            return false;
        break;
    default:
        return false;
    }
    *out = request;
    return true;
}

bool runner_event_parse(const void *buf, size_t len, uint32_t n_scripts, struct runner_event *out)
{
    struct runner_event event;
    if (len != sizeof event)
        return false;
    memcpy(&event, buf, sizeof event);
    if (event.magic != RUNNER_MAGIC || event.outcome >= RUNNER_OUTCOMES || event.output_len > RUNNER_OUTPUT_MAX)
        return false;
    switch (event.kind) {
    case RUNNER_HELLO:
        break;
    case RUNNER_RUNNING:
    case RUNNER_RESULT:
        if (event.script >= n_scripts || event.code < 0 || event.code > 255)
            return false;
        break;
    default:
        return false;
    }
    *out = event;
    return true;
}

/* Bytes of the well-formed UTF-8 character (RFC 3629) that begins at p, or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    size_t n;
    unsigned min = 0x80, max = 0xbf;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (p[0] == 0xe0)
        min = 0xa0; /* no overlong forms, no surrogates, nothing above U+10FFFF */
    else if (p[0] == 0xed)
        max = 0x9f;
    else if (p[0] == 0xf0)
        min = 0x90;
    else if (p[0] == 0xf4)
        max = 0x8f;
    if (left < n || p[1] < min || p[1] > max)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return n;
}

void runner_output_text(const char *output, size_t len, char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)output;
    size_t at = 0, used = 0;
    while (at < len && at < 3 && (p[at] & 0xc0) == 0x80)
        at++; /* the rest of a character whose beginning is not there */
    while (at < len) {
        size_t n = utf8_length(p + at, len - at);
        if (n <= 1) {
            char c = n == 0 ? '?' : (char)p[at];
            at++;
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
                continue;
            if (used + 1 >= size)
                break;
            text[used++] = c;
            continue;
        }
        if (used + n >= size)
            break;
        /* U+0080 to U+009F are control characters as well */
        if (!(p[at] == 0xc2 && p[at + 1] < 0xa0)) {
            memcpy(text + used, p + at, n);
            used += n;
        }
        at += n;
    }
    text[used] = '\0';
}
