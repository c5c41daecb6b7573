/* BER for a small SNMP responder: a reader that never leaves its bounds, and a writer that writes backwards,
 * so that a length is known when it is written. Test code: one thread, errors are sticky. */
#ifndef SCM_ANSWERS_BER_H
#define SCM_ANSWERS_BER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OID_IDS = 128, MESSAGE_MAX = 65000 };

struct name {
    size_t len;
    uint32_t id[OID_IDS];
};

struct reader {
    const uint8_t *p, *end;
    bool bad;
};

/* The content of the next element, which must have this tag (0: any; *tag_out receives it). */
struct reader ber_open(struct reader *r, int tag, int *tag_out);
int64_t ber_integer(struct reader *r);
void ber_name(struct reader *r, struct name *out);

struct writer {
    uint8_t buf[MESSAGE_MAX];
    uint8_t *p; /* the beginning of what is written */
    bool full;
};

void ber_start(struct writer *w);
size_t ber_len(const struct writer *w);
void ber_bytes(struct writer *w, const void *s, size_t len); /* raw */
void ber_close(struct writer *w, int tag, size_t from); /* header for what was written since len == from */
void ber_string(struct writer *w, int tag, const void *s, size_t len);
void ber_put_integer(struct writer *w, int tag, int64_t v);
void ber_put_name(struct writer *w, const struct name *n);

#endif
